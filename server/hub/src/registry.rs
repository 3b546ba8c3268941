//! Who holds which filter, and telling upstream when a filter's first subscriber comes and its last one goes.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use domain::Topic;
use mqtt::QoS;

use crate::{
    client::Client,
    held::{held, read, write},
    outside::Upstream,
};

pub(crate) struct Subscriber {
    pub(crate) client: Arc<Client>,
    pub(crate) granted: QoS,
}

/// The subscribers of each filter, by client.
type Shard = HashMap<Topic, HashMap<u64, Subscriber>>;

/// Delivering holds one of these for reading, so that pages do not wait for each other's comings and goings.
const SHARDS: usize = 16;

pub(crate) struct Registry {
    shards: [RwLock<Shard>; SHARDS],
    count: AtomicUsize,
    /// The filters that upstream believes to be wanted.
    told: Mutex<HashSet<Topic>>,
    upstream: Arc<dyn Upstream>,
}

impl Registry {
    pub(crate) fn new(upstream: Arc<dyn Upstream>) -> Self {
        Self {
            shards: Default::default(),
            count: AtomicUsize::new(0),
            told: Mutex::default(),
            upstream,
        }
    }

    pub(crate) fn add(&self, filter: Topic, client: &Arc<Client>, granted: QoS) {
        let subscriber = Subscriber {
            client: Arc::clone(client),
            granted,
        };
        let first = {
            let mut shard = write(self.shard(filter));
            let subscribers = shard.entry(filter).or_default();
            if subscribers.insert(client.id, subscriber).is_none() {
                self.count.fetch_add(1, Ordering::Relaxed);
            }
            subscribers.len() == 1
        };
        if first {
            self.tell(filter);
        }
    }

    pub(crate) fn remove(&self, filter: Topic, client: &Client) {
        let last = {
            let mut shard = write(self.shard(filter));
            let Some(subscribers) = shard.get_mut(&filter) else {
                return;
            };
            if subscribers.remove(&client.id).is_some() {
                self.count.fetch_sub(1, Ordering::Relaxed);
            }
            let last = subscribers.is_empty();
            if last {
                shard.remove(&filter);
            }
            last
        };
        if last {
            self.tell(filter);
        }
    }

    /// Everybody who is to get what is published to this topic. A filter with a wildcard is no topic: nobody.
    pub(crate) fn each(&self, topic: Topic, mut hand: impl FnMut(&Subscriber)) {
        let shard = read(self.shard(topic));
        let all = match topic {
            Topic::AllSignals(_) => return,
            // The one filter with a wildcard. It lies in the same shard, that of the page.
            Topic::Signals(page, _) => shard.get(&Topic::AllSignals(page)),
            Topic::Page(_) | Topic::Account(_) => None,
        };
        for subscribers in [shard.get(&topic), all].into_iter().flatten() {
            subscribers.values().for_each(&mut hand);
        }
    }

    /// Every subscription there is; those to accounts' topics first if `accounts`, the others otherwise.
    pub(crate) fn all(&self, accounts: bool, mut hand: impl FnMut(Topic, &Subscriber)) {
        for shard in &self.shards {
            for (filter, subscribers) in read(shard).iter() {
                if matches!(filter, Topic::Account(_)) == accounts {
                    for subscriber in subscribers.values() {
                        hand(*filter, subscriber);
                    }
                }
            }
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Called after every first coming and last going, in whatever order those calls get here: what counts is how it
    /// is now, and that only one caller at a time finds out and says so. The shard is free meanwhile, so that
    /// `want` may deliver.
    fn tell(&self, filter: Topic) {
        let mut told = held(&self.told);
        let wanted = read(self.shard(filter)).contains_key(&filter);
        let changed = if wanted {
            told.insert(filter)
        } else {
            told.remove(&filter)
        };
        if changed {
            self.upstream.want(filter, wanted);
        }
    }

    fn shard(&self, topic: Topic) -> &RwLock<Shard> {
        let id = match topic {
            Topic::Page(page) | Topic::Signals(page, _) | Topic::AllSignals(page) => page.0,
            Topic::Account(account) => account.0,
        };
        // The last bytes of a version 7 id are random, the first are time.
        &self.shards[usize::from(id.as_bytes()[15]) % SHARDS]
    }
}
