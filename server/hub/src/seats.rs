//! Every connection by its account, from before its first word until its task is gone: what `cut` and `drain` reach.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use domain::{AccountId, Topic};
use mqtt::QoS;
use tokio::time::timeout;

use crate::{
    Inner, Transport,
    client::{Client, Closed},
    held::held,
    session::{End, Session},
};

#[derive(Default)]
pub(crate) struct Seats {
    taken: Mutex<Taken>,
    count: AtomicUsize,
}

#[derive(Default)]
struct Taken {
    by_account: HashMap<AccountId, Vec<Arc<Client>>>,
    last: u64,
    draining: bool,
}

impl Seats {
    fn take(&self, account: AccountId) -> Arc<Client> {
        let mut taken = held(&self.taken);
        taken.last += 1;
        let client = Arc::new(Client::new(taken.last, account));
        if taken.draining {
            client.close(Closed::Draining);
        }
        let seats = taken.by_account.entry(account).or_default();
        seats.push(Arc::clone(&client));
        self.count.fetch_add(1, Ordering::Relaxed);
        client
    }

    fn leave(&self, client: &Client) {
        let mut taken = held(&self.taken);
        if let Some(seats) = taken.by_account.get_mut(&client.account) {
            seats.retain(|other| other.id != client.id);
            if seats.is_empty() {
                taken.by_account.remove(&client.account);
            }
            self.count.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// §3.1.4: the same client id again is the same client again, and its older connection is dead.
    fn name(&self, client: &Client, name: &str) {
        if name.is_empty() {
            return;
        }
        let taken = held(&self.taken);
        for other in taken.by_account.get(&client.account).into_iter().flatten() {
            if other.id != client.id && other.name.get().is_some_and(|other| **other == *name) {
                other.close(Closed::TakenOver);
            }
        }
        let _ = client.name.set(name.into());
    }

    pub(crate) fn cut(&self, account: AccountId) {
        for client in held(&self.taken)
            .by_account
            .get(&account)
            .into_iter()
            .flatten()
        {
            client.close(Closed::Cut);
        }
    }

    pub(crate) fn drain(&self) {
        let mut taken = held(&self.taken);
        taken.draining = true;
        for client in taken.by_account.values().flatten() {
            client.close(Closed::Draining);
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }
}

/// One connection's place in the hub. Dropping it, however that comes about, takes back all its subscriptions.
pub struct Seat {
    hub: Arc<Inner>,
    client: Arc<Client>,
    filters: HashMap<Topic, QoS>,
}

impl Seat {
    pub(crate) fn take(hub: Arc<Inner>, account: AccountId) -> Self {
        let client = hub.seats.take(account);
        Self {
            hub,
            client,
            filters: HashMap::new(),
        }
    }

    /// Speaks MQTT over the transport until either side ends it.
    pub async fn serve<T: Transport>(mut self, mut transport: T) {
        let client = Arc::clone(&self.client);
        let end = tokio::select! {
            // Whatever the session waits for, a write that is stuck or an answer about rights, ends here.
            biased;
            why = client.closed() => End::Closed(why),
            end = Session::new(&mut self, &mut transport).run() => end,
        };
        // Nothing may reach somebody whose socket is only about to be closed.
        client.close(Closed::Cut);
        let goodbye = self.hub.limits.goodbye;
        drop(self);
        tracing::debug!(account = %client.account, client = client.id, ?end, "connection ended");
        let _ = timeout(goodbye, transport.close()).await;
    }

    pub(crate) fn hub(&self) -> &Inner {
        &self.hub
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Whether this account has more connections than it may.
    pub(crate) fn is_too_many(&self) -> bool {
        let taken = held(&self.hub.seats.taken);
        let seats = taken.by_account.get(&self.client.account);
        seats.map_or(0, Vec::len) > self.hub.limits.connections_per_account
    }

    pub(crate) fn name(&self, name: &str) {
        self.hub.seats.name(&self.client, name);
    }

    pub(crate) fn has_room_for(&self, filter: Topic) -> bool {
        self.filters.contains_key(&filter)
            || self.filters.len() < self.hub.limits.subscriptions_per_client
    }

    pub(crate) fn add(&mut self, filter: Topic, granted: QoS) {
        self.filters.insert(filter, granted);
        self.hub.registry.add(filter, &self.client, granted);
    }

    pub(crate) fn remove(&mut self, filter: Topic) {
        if self.filters.remove(&filter).is_some() {
            self.hub.registry.remove(filter, &self.client);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        for filter in self.filters.keys() {
            self.hub.registry.remove(*filter, &self.client);
        }
        self.hub.seats.leave(&self.client);
    }
}
