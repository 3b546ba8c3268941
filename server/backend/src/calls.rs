//! Calls, as far as they are remembered: who may be in one, who is rung, where it lives, what the log keeps of it.
//! Their media is another crate's.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::{
    AccountId, Call, CallId, CallLog, Event, Message, MessageId, PageId, Refusal, Timestamp, Topic,
};
use uuid::Uuid;

use crate::{
    Backend, Failure, Node, Result, Viewer,
    access::access,
    accounts::require_admin,
    db::{execute, fetch_all, fetch_one, fetch_optional},
    limits::Counted,
    writer::Tx,
};

/// On a page where more are online, a call is seen and does not ring.
const RUNG: usize = 200;
/// How long a node has a call without saying so again (milliseconds).
const HELD: i64 = 15_000;

/// How many are in which page's call, for those who open their pages now.
#[derive(Default)]
pub(crate) struct InCall(Mutex<HashMap<PageId, Known>>);

struct Known {
    people: usize,
    /// Of a call on another node, which says it again and again.
    until: Option<Timestamp>,
}

impl InCall {
    pub(crate) fn on(&self, page: PageId, now: Timestamp) -> usize {
        let mut pages = self.lock();
        let known = pages.get(&page);
        let past = known.is_some_and(|of| of.until.is_some_and(|until| until < now));
        if past {
            pages.remove(&page);
        }
        pages.get(&page).map_or(0, |of| of.people)
    }

    /// Of a call on this node.
    fn here(&self, page: PageId) -> Option<usize> {
        let pages = self.lock();
        let of = pages.get(&page).filter(|of| of.until.is_none())?;
        Some(of.people)
    }

    fn note(&self, page: PageId, people: usize, until: Option<Timestamp>) {
        let mut pages = self.lock();
        // What is known here is better than what is heard.
        if until.is_some() && pages.get(&page).is_some_and(|of| of.until.is_none()) {
            return;
        }
        if people == 0 {
            pages.remove(&page);
        } else {
            pages.insert(page, Known { people, until });
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PageId, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend {
    /// Tells the page's members how its call is now.
    pub fn tell_call(&self, call: Call) {
        let (page, people) = (call.page, call.callers.len());
        self.0.in_call.note(page, people, None);
        self.bus().in_call(page, people);
        self.bus()
            .publish(Topic::Page(call.page), &Event::Call(call));
    }

    /// Another node has said how many are in a call there.
    pub(crate) fn heard_of_call(&self, page: PageId, people: usize) {
        let until = Timestamp(self.now().0 + HELD);
        self.0.in_call.note(page, people, Some(until));
    }

    /// Members of a page that is not archived; the page's name.
    pub async fn may_call(&self, viewer: &Viewer, page: PageId) -> Result<String> {
        let mut conn = self.0.db.read().await?;
        let (access, _) = access(&mut conn, viewer, page).await?.member()?;
        Ok(access.open()?.page.name)
    }

    /// The same, counted: setting up a connection costs the server something.
    pub async fn may_join_call(&self, viewer: &Viewer, page: PageId) -> Result<String> {
        let now = self.now();
        self.0
            .limits
            .take(Counted::Joining(viewer.account.0), now)?;
        self.may_call(viewer, page).await
    }

    /// Trying the ways in, by an admin of the place: counted like joining, which it is.
    pub async fn may_test_calls(&self, viewer: &Viewer) -> Result<()> {
        {
            let mut conn = self.0.db.read().await?;
            require_admin(&mut conn, viewer).await?;
        }
        let now = self.now();
        let taken = self.0.limits.take(Counted::Testing(viewer.account.0), now);
        Ok(taken?)
    }

    /// What one says of oneself in a call, and what one is shown: often, but not without end.
    pub fn may_signal_call(&self, viewer: &Viewer) -> Result<()> {
        let now = self.now();
        let taken = self
            .0
            .limits
            .take(Counted::Signalling(viewer.account.0), now);
        Ok(taken?)
    }

    /// Admins of the page who are its members, and admins of the place who are.
    pub async fn may_manage_call(&self, viewer: &Viewer, page: PageId) -> Result<()> {
        let mut conn = self.0.db.read().await?;
        let (access, _) = access(&mut conn, viewer, page).await?.member()?;
        access.manager()?;
        Ok(())
    }

    /// Tells those who are online that a call has begun, and returns them.
    pub async fn ring(
        &self,
        viewer: &Viewer,
        call: CallId,
        page: PageId,
        page_name: String,
    ) -> Result<Vec<AccountId>> {
        let members: Vec<(Uuid,)> = {
            let mut conn = self.0.db.read().await?;
            fetch_all!(conn, "SELECT account FROM members WHERE page = $1", page.0)?
        };
        let mut online = self.online_of(members.into_iter().map(|(account,)| AccountId(account)));
        online.retain(|account| *account != viewer.account);
        if online.len() > RUNG {
            return Ok(Vec::new());
        }
        let event = Event::Ringing {
            call,
            page,
            page_name,
            by: viewer.name.clone(),
        };
        for account in &online {
            self.bus().publish(Topic::Account(*account), &event);
        }
        Ok(online)
    }

    /// Stops it.
    pub fn quiet(&self, call: CallId, accounts: impl IntoIterator<Item = AccountId>) {
        for account in accounts {
            self.bus()
                .publish(Topic::Account(account), &Event::Quiet { call });
        }
    }

    /// Whether the page's call may live on this node, for the next seconds: one lives on one node.
    pub async fn hold_call(&self, page: PageId) -> Result<bool> {
        let Some(Node(node)) = self.bus().node() else {
            return Ok(true);
        };
        let now = self.now();
        let work = self.0.db.write_page(page.0, move |tx| {
            Box::pin(async move {
                let held = execute!(
                    tx,
                    "INSERT INTO calls (page, node, until) VALUES ($1, $2, $3)
                     ON CONFLICT (page) DO UPDATE SET node = excluded.node, until = excluded.until
                     WHERE calls.node = excluded.node OR calls.until < $4",
                    page.0,
                    node,
                    now.0 + HELD,
                    now.0
                )?;
                Ok(held > 0)
            })
        });
        let held = work.await?;
        if held && let Some(people) = self.0.in_call.here(page) {
            self.bus().in_call(page, people);
        }
        Ok(held)
    }

    /// The other node the page's call lives on, if one does.
    pub async fn call_elsewhere(&self, page: PageId) -> Result<Option<Node>> {
        let Some(Node(node)) = self.bus().node() else {
            return Ok(None);
        };
        let now = self.now();
        let mut conn = self.0.db.read().await?;
        let held: Option<(Uuid,)> = fetch_optional!(
            conn,
            "SELECT node FROM calls WHERE page = $1 AND node <> $2 AND until >= $3",
            page.0,
            node,
            now.0
        )?;
        Ok(held.map(|(node,)| Node(node)))
    }

    /// Its call is over; another node may have the next one.
    pub async fn release_call(&self, page: PageId) -> Result<()> {
        let Some(Node(node)) = self.bus().node() else {
            return Ok(());
        };
        let work = self.0.db.write_page(page.0, move |tx| {
            Box::pin(async move {
                execute!(
                    tx,
                    "DELETE FROM calls WHERE page = $1 AND node = $2",
                    page.0,
                    node
                )?;
                Ok(())
            })
        });
        work.await
    }

    /// The log's line of a call, in the name of who began it. Once more changes nothing.
    pub async fn log_call(
        &self,
        call: CallId,
        page: PageId,
        by: AccountId,
        log: CallLog,
    ) -> Result<()> {
        let now = self.now();
        let work = self.0.db.write_page(page.0, move |tx| {
            Box::pin(async move { store(tx, MessageId(call.0), page, by, log, now).await })
        });
        work.await
    }
}

async fn store(
    tx: &mut Tx,
    id: MessageId,
    page: PageId,
    by: AccountId,
    log: CallLog,
    now: Timestamp,
) -> Result<()> {
    let written = serde_json::to_string(&log).map_err(|error| Failure::Other(error.to_string()))?;
    let counter: Option<(i64,)> = fetch_optional!(
        tx,
        "UPDATE pages SET counter = counter + 1, messages = messages + 1, activity = $1
         WHERE id = $2 AND deleted IS NULL AND NOT EXISTS (SELECT 1 FROM messages WHERE id = $3)
         RETURNING counter",
        now.0,
        page.0,
        id.0
    )?;
    let Some((seq,)) = counter else {
        return Ok(());
    };
    execute!(
        tx,
        "INSERT INTO messages (id, page, author, seq, changed, at, body, call)
         VALUES ($1, $2, $3, $4, $4, $5, '', $6)",
        id.0,
        page.0,
        by.0,
        seq,
        now.0,
        written
    )?;
    let (author_name,): (String,) =
        fetch_one!(tx, "SELECT name FROM accounts WHERE id = $1", by.0)?;
    let message = Message {
        id,
        page,
        author: by,
        author_name,
        seq,
        changed: seq,
        at: now,
        edited: None,
        deleted: false,
        body: String::new(),
        images: Vec::new(),
        reply: None,
        mentions: Vec::new(),
        reactions: Vec::new(),
        call: Some(log),
    };
    tx.publish(Topic::Page(page), Event::Message(message));
    Ok(())
}

/// What a call's line says stays as it was.
pub(crate) fn unwritten(message: &Message) -> Result<(), Refusal> {
    match message.call {
        Some(_) => Err(Refusal::BadRequest(
            "What the log says of a call cannot be changed.".into(),
        )),
        None => Ok(()),
    }
}
