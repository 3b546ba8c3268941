//! The writer: everything that has queued is committed in one transaction (group commit), so that each
//! answer is durable and yet one sync to the disk serves many. What is to be published goes out after the commit.

mod lanes;
mod queue;

use std::{
    ops::{Deref, DerefMut},
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use domain::{AccountId, Event, PageId, Timestamp, Topic};
use futures::{FutureExt, future::BoxFuture};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::{
    Bus, Error, Failure, Node, Result,
    db::{Conn, execute},
};

pub(crate) use lanes::Lanes;
pub(crate) use queue::Queue;

/// A group's jobs; bounds how long the first waits for the last.
const GROUP: usize = 128;

/// What a job works on: the connection, inside a transaction, and what is to happen once it has committed.
pub(crate) struct Tx {
    conn: Conn,
    after: Vec<After>,
}

enum After {
    Publish(Topic, Box<Event>),
    Cut(AccountId, Timestamp),
    Forget(AccountId),
    Moved(PageId),
}

impl Tx {
    fn new(conn: Conn) -> Self {
        Self {
            conn,
            after: Vec::new(),
        }
    }

    /// After the commit, in the order of the calls.
    pub(crate) fn publish(&mut self, topic: Topic, event: Event) {
        self.after.push(After::Publish(topic, Box::new(event)));
    }

    /// After the commit: every socket of this account is closed, on every node, and its sessions are read anew.
    pub(crate) fn cut(&mut self, account: AccountId, now: Timestamp) {
        self.after.push(After::Cut(account, now));
    }

    /// After the commit: what nodes remember of this account (who its sessions are, its name) is read anew.
    pub(crate) fn forget(&mut self, account: AccountId) {
        self.after.push(After::Forget(account));
    }

    /// After the commit: what this node remembers of this page's marks is read anew.
    pub(crate) fn moved(&mut self, page: PageId) {
        self.after.push(After::Moved(page));
    }

    fn tell(&mut self, bus: &Bus) {
        for after in self.after.drain(..) {
            // The writer goes on, whatever becomes of those who listen.
            let told = catch_unwind(AssertUnwindSafe(|| match after {
                After::Publish(topic, event) => bus.publish(topic, &event),
                After::Cut(account, _) => bus.cut(account),
                After::Forget(account) => bus.forget(account),
                After::Moved(page) => bus.moved(page),
            }));
            if told.is_err() {
                tracing::error!("a listener panicked");
            }
        }
    }

    async fn begin(&mut self) -> Result<()> {
        self.after.clear();
        let begin = match &self.conn {
            // A transaction that begins by reading can fail with "database is locked" when it comes to write.
            Conn::Sqlite(_) => "BEGIN IMMEDIATE",
            Conn::Postgres(_) => "BEGIN",
        };
        if execute!(self, begin).is_err() {
            // An earlier transaction whose end got lost.
            self.rollback().await;
            execute!(self, begin)?;
        }
        Ok(())
    }

    async fn commit(&mut self, bus: &Bus) -> Result<()> {
        if let Some(Node(node)) = bus.node() {
            self.note_cuts(node).await?;
        }
        execute!(self, "COMMIT").map(drop)
    }

    /// For nodes that cannot be told at this moment.
    async fn note_cuts(&mut self, node: Uuid) -> Result<()> {
        for at in 0..self.after.len() {
            if let After::Cut(account, now) = self.after[at] {
                execute!(
                    self,
                    "INSERT INTO cuts (account, at, node) VALUES ($1, $2, $3)",
                    account.0,
                    now.0,
                    node
                )?;
            }
        }
        Ok(())
    }

    async fn rollback(&mut self) {
        self.after.clear();
        let rolled_back = execute!(self, "ROLLBACK");
        // SQLite has rolled back by itself after some errors: then there is nothing left to do.
        if let (Err(_), Conn::Postgres(conn)) = (rolled_back, &mut self.conn) {
            conn.close_on_drop();
        }
    }
}

impl Deref for Tx {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.conn
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.conn
    }
}

/// A job in the queue, whatever its answer is.
trait Job: Send {
    /// Runs the work and keeps its answer; `Err` if the transaction must not be committed.
    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, Result<()>>;
    /// Gives the answer that was kept, or this error.
    fn answer(self: Box<Self>, committed: Result<()>);
}

struct Asked<T, F> {
    work: F,
    outcome: Option<T>,
    answer: oneshot::Sender<Result<T>>,
}

impl<T, F> Job for Asked<T, F>
where
    T: Send,
    F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + Sync,
{
    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, Result<()>> {
        Box::pin(async move {
            let outcome = AssertUnwindSafe((self.work)(tx)).catch_unwind().await;
            self.outcome = Some(outcome.map_err(|_| other("a job panicked"))??);
            Ok(())
        })
    }

    fn answer(self: Box<Self>, committed: Result<()>) {
        let answer = match (committed, self.outcome) {
            (Ok(()), Some(outcome)) => Ok(outcome),
            (Ok(()), None) => Err(other("a job was never run")),
            (Err(error), _) => Err(error),
        };
        // Whoever asked may have gone; the work is done all the same.
        let _ = self.answer.send(answer);
    }
}

type BoxJob = Box<dyn Job>;

fn other(text: &str) -> Error {
    Failure::Other(text.to_owned()).into()
}

fn job<T, F>(work: F) -> (BoxJob, oneshot::Receiver<Result<T>>)
where
    T: Send + 'static,
    F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + Sync + 'static,
{
    let (answer, answered) = oneshot::channel();
    let job = Asked {
        work,
        outcome: None,
        answer,
    };
    (Box::new(job), answered)
}

/// Where jobs come from.
trait Jobs: Send {
    /// The next one for a group that has `joined` so far; `None` when it is time to commit.
    fn next(&mut self, joined: usize) -> impl Future<Output = Option<BoxJob>> + Send;
    /// A group of so many was committed; its commit alone took so long.
    fn committed(&mut self, _joined: usize, _took: Duration) {}
}

struct Nothing;

impl Jobs for Nothing {
    async fn next(&mut self, _joined: usize) -> Option<BoxJob> {
        None
    }
}

/// `first` and whatever comes meanwhile, in one transaction. If that cannot be, each in its own, so that a
/// refusal harms nobody else.
async fn commit_group(tx: &mut Tx, bus: &Bus, first: BoxJob, jobs: &mut impl Jobs) {
    let mut group = vec![first];
    match try_group(tx, bus, &mut group, jobs).await {
        Ok(()) => {
            tx.tell(bus);
            for job in group {
                job.answer(Ok(()));
            }
        }
        Err(error) => match <[BoxJob; 1]>::try_from(group) {
            Ok([only]) if !error.is_conflict() => only.answer(Err(error)),
            Ok([only]) => commit_one(tx, bus, only).await,
            Err(group) => {
                for job in group {
                    commit_one(tx, bus, job).await;
                }
            }
        },
    }
}

/// Jobs go on joining the group until none is waiting: the sync at its end is what takes long.
async fn try_group(
    tx: &mut Tx,
    bus: &Bus,
    group: &mut Vec<BoxJob>,
    jobs: &mut impl Jobs,
) -> Result<()> {
    tx.begin().await?;
    let mut run = 0;
    while run < group.len() {
        if let Err(error) = group[run].run(tx).await {
            tx.rollback().await;
            return Err(error);
        }
        run += 1;
        if run == group.len() && run < GROUP {
            group.extend(jobs.next(run).await);
        }
    }
    let begun = Instant::now();
    let committed = tx.commit(bus).await;
    match &committed {
        Ok(()) => jobs.committed(run, begun.elapsed()),
        Err(_) => tx.rollback().await,
    }
    committed
}

async fn commit_one(tx: &mut Tx, bus: &Bus, job: BoxJob) {
    const TRIES: u32 = 4;
    let mut group = vec![job];
    let mut tries = 1;
    let committed = loop {
        match try_group(tx, bus, &mut group, &mut Nothing).await {
            Err(error) if tries < TRIES && error.is_conflict() => tries += 1,
            done => break done,
        }
    };
    if committed.is_ok() {
        tx.tell(bus);
    }
    if let Some(job) = group.pop() {
        job.answer(committed);
    }
}

async fn answered<T>(answer: oneshot::Receiver<Result<T>>) -> Result<T> {
    answer.await.map_err(|_| stopped())?
}

fn stopped() -> Error {
    other("the writer has stopped")
}

#[cfg(test)]
mod tests;
