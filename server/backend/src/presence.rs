//! Who is online: whoever has a socket on some node. Each node counts its own sockets, hears from the others who is at
//! theirs, and tells its own clients what has changed. Kept in memory only.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{AccountId, Event, PageId, Timestamp, Topic};
use tokio::time::sleep;
use uuid::Uuid;

use crate::{
    Backend, Result,
    db::{Conn, fetch_all, fetch_one},
};

/// On larger pages nobody is told of each who comes and goes: that would be everybody to everybody.
const CROWD: i64 = 1_000;
/// What changed within so long is told together: a thousand who come back at once are a few events.
const TOGETHER: Duration = Duration::from_millis(400);
/// A socket that comes back so soon was never away (milliseconds).
const GRACE: i64 = 2_000;
/// Nodes say so often who is there (milliseconds)…
const AGAIN: i64 = 4_000;
/// …and one that is silent for so long is gone.
const SILENT: i64 = 12_000;

#[derive(Default)]
pub(crate) struct Presence(Mutex<State>);

#[derive(Default)]
struct State {
    /// Sockets of each account at this node.
    here: HashMap<AccountId, usize>,
    /// Whose last socket has closed, and when.
    leaving: HashMap<AccountId, Timestamp>,
    elsewhere: HashMap<Uuid, Node>,
    /// As this node's clients were told.
    told: HashSet<AccountId>,
    /// Who may have come or gone since then.
    changed: BTreeSet<AccountId>,
    said: Timestamp,
}

struct Node {
    accounts: HashSet<AccountId>,
    heard: Timestamp,
}

/// Who has come, and who has gone.
type Changes = (Vec<AccountId>, Vec<AccountId>);

impl State {
    fn came(&mut self, account: AccountId) {
        *self.here.entry(account).or_default() += 1;
        self.leaving.remove(&account);
        self.changed.insert(account);
    }

    fn went(&mut self, account: AccountId, now: Timestamp) {
        if let Some(sockets) = self.here.get_mut(&account) {
            *sockets -= 1;
            if *sockets == 0 {
                self.here.remove(&account);
                self.leaving.insert(account, now);
            }
        }
    }

    fn heard(&mut self, node: Uuid, accounts: Vec<AccountId>, now: Timestamp) {
        let accounts: HashSet<_> = accounts.into_iter().collect();
        let before = self.elsewhere.remove(&node);
        let before = before.map(|node| node.accounts).unwrap_or_default();
        self.changed.extend(before.symmetric_difference(&accounts));
        let heard = now;
        self.elsewhere.insert(node, Node { accounts, heard });
    }

    fn is_online(&self, account: AccountId) -> bool {
        self.here.contains_key(&account)
            || self.leaving.contains_key(&account)
            || self
                .elsewhere
                .values()
                .any(|node| node.accounts.contains(&account))
    }

    /// What is to be told now.
    fn take_changes(&mut self, now: Timestamp) -> Changes {
        let Self {
            leaving,
            elsewhere,
            changed,
            ..
        } = self;
        leaving.retain(|account, since| {
            let stays = now.0 - since.0 < GRACE;
            if !stays {
                changed.insert(*account);
            }
            stays
        });
        elsewhere.retain(|_, node| {
            let stays = now.0 - node.heard.0 < SILENT;
            if !stays {
                changed.extend(&node.accounts);
            }
            stays
        });
        let (mut online, mut offline) = (Vec::new(), Vec::new());
        for account in std::mem::take(&mut self.changed) {
            match (self.is_online(account), self.told.contains(&account)) {
                (true, false) => {
                    self.told.insert(account);
                    online.push(account);
                }
                (false, true) => {
                    self.told.remove(&account);
                    offline.push(account);
                }
                _ => {}
            }
        }
        (online, offline)
    }

    /// Who is at this node, if it is time to say so again.
    fn say_again(&mut self, now: Timestamp, anything_new: bool) -> Option<Vec<AccountId>> {
        // A clock that was set back must not silence the node.
        let due = (now.0 - self.said.0).abs() >= AGAIN;
        (due || anything_new).then(|| {
            self.said = now;
            self.here
                .keys()
                .chain(self.leaving.keys())
                .copied()
                .collect()
        })
    }
}

impl Presence {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody's socket; they are online while any of theirs lives.
pub struct Online {
    backend: Backend,
    account: AccountId,
    grace: bool,
}

impl Online {
    /// The socket was silent for longer than any grace: nobody waits for it to come back.
    pub fn vanished(mut self) {
        self.grace = false;
    }
}

impl Drop for Online {
    fn drop(&mut self) {
        let now = self.backend.now();
        let since = if self.grace { now.0 } else { now.0 - GRACE };
        let mut state = self.backend.0.presence.lock();
        state.went(self.account, Timestamp(since));
    }
}

impl Backend {
    pub fn come_online(&self, account: AccountId) -> Online {
        self.0.presence.lock().came(account);
        Online {
            backend: self.clone(),
            account,
            grace: true,
        }
    }

    /// Those of these accounts who are online.
    pub(crate) fn online_of(
        &self,
        accounts: impl IntoIterator<Item = AccountId>,
    ) -> Vec<AccountId> {
        let state = self.0.presence.lock();
        accounts
            .into_iter()
            .filter(|account| state.is_online(*account))
            .collect()
    }

    /// Another node has said who is there.
    pub(crate) fn heard_of(&self, node: Uuid, accounts: Vec<AccountId>) {
        let now = self.now();
        self.0.presence.lock().heard(node, accounts, now);
    }

    async fn tell_presence(&self) -> Result<()> {
        let now = self.now();
        let (online, offline, said) = {
            let mut state = self.0.presence.lock();
            let (online, offline) = state.take_changes(now);
            let news = !online.is_empty() || !offline.is_empty();
            let said = self.bus().node().and_then(|_| state.say_again(now, news));
            (online, offline, said)
        };
        if let Some(accounts) = said {
            self.bus().here(accounts);
        }
        if online.is_empty() && offline.is_empty() {
            return Ok(());
        }
        let mut pages: BTreeMap<PageId, Changes> = BTreeMap::new();
        let mut conn = self.0.db.read().await?;
        for account in online {
            for page in pages_of(&mut conn, account).await? {
                pages.entry(page).or_default().0.push(account);
            }
        }
        for account in offline {
            for page in pages_of(&mut conn, account).await? {
                pages.entry(page).or_default().1.push(account);
            }
        }
        for (page, (online, offline)) in pages {
            let (members,): (i64,) =
                fetch_one!(conn, "SELECT COUNT(*) FROM members WHERE page = $1", page.0)?;
            if members > CROWD {
                continue;
            }
            let event = Event::Presence { online, offline };
            // To the clients of this node: the others learn of it themselves.
            if let Ok(payload) = serde_json::to_vec(&event) {
                self.bus().deliver_here(Topic::Page(page), payload.into());
            }
        }
        Ok(())
    }
}

async fn pages_of(conn: &mut Conn, account: AccountId) -> Result<Vec<PageId>> {
    let rows: Vec<(Uuid,)> = fetch_all!(
        conn,
        "SELECT page FROM members WHERE account = $1",
        account.0
    )?;
    Ok(rows.into_iter().map(|(page,)| PageId(page)).collect())
}

/// The worker.
pub(crate) async fn tell(backend: Backend) {
    loop {
        tokio::select! {
            () = backend.stopping() => return,
            () = sleep(TOGETHER) => {}
        }
        if let Err(error) = backend.tell_presence().await {
            tracing::warn!(%error, "cannot tell who is online");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(n: u128) -> AccountId {
        AccountId(Uuid::from_u128(n))
    }

    const MILA: u128 = 1;

    #[test]
    fn somebody_is_online_while_any_socket_lives() {
        let mut state = State::default();
        let mila = account(MILA);
        state.came(mila);
        state.came(mila);
        assert_eq!(state.take_changes(Timestamp(0)), (vec![mila], vec![]));
        state.went(mila, Timestamp(1));
        assert_eq!(state.take_changes(Timestamp(10_000)), (vec![], vec![]));
        state.went(mila, Timestamp(10_000));
        assert_eq!(state.take_changes(Timestamp(11_999)), (vec![], vec![]));
        assert_eq!(state.take_changes(Timestamp(12_000)), (vec![], vec![mila]));
    }

    #[test]
    fn a_reload_is_no_going() {
        let mut state = State::default();
        let mila = account(MILA);
        state.came(mila);
        state.take_changes(Timestamp(0));
        state.went(mila, Timestamp(1));
        state.came(mila);
        assert_eq!(state.take_changes(Timestamp(60_000)), (vec![], vec![]));
    }

    #[test]
    fn a_silent_node_takes_its_people_with_it() {
        let mut state = State::default();
        let (mila, jon) = (account(MILA), account(2));
        let [one, two] = [Uuid::from_u128(10), Uuid::from_u128(11)];
        state.heard(one, vec![mila, jon], Timestamp(0));
        state.heard(two, vec![jon], Timestamp(0));
        assert_eq!(state.take_changes(Timestamp(1)), (vec![mila, jon], vec![]));
        state.heard(two, vec![jon], Timestamp(11_000));
        // Jon is at the other node as well.
        assert_eq!(state.take_changes(Timestamp(12_000)), (vec![], vec![mila]));
        state.heard(two, vec![], Timestamp(13_000));
        assert_eq!(state.take_changes(Timestamp(13_000)), (vec![], vec![jon]));
    }

    #[test]
    fn a_node_says_who_is_there_when_it_changes_and_again_from_time_to_time() {
        let mut state = State::default();
        state.came(account(MILA));
        assert_eq!(state.say_again(Timestamp(5_000), false).unwrap().len(), 1);
        assert_eq!(state.say_again(Timestamp(5_500), false), None);
        assert!(state.say_again(Timestamp(5_600), true).is_some());
        assert!(state.say_again(Timestamp(9_600), false).is_some());
    }
}
