//! The writer: everything that has queued is committed in one transaction (group commit), so that each
//! answer is durable and yet one sync to the disk serves many. What is to be published goes out after the commit.

use std::{
    collections::{HashMap, VecDeque},
    ops::{Deref, DerefMut},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
};

use domain::{AccountId, Event, Timestamp, Topic};
use futures::{FutureExt, future::BoxFuture};
use sqlx::{PgPool, Sqlite, pool::PoolConnection};
use tokio::sync::{RwLock, mpsc, oneshot};
use uuid::Uuid;

use crate::{
    Bus, Error, Failure, Result,
    db::{Conn, execute},
};

/// Past it a job waits before it is queued.
const QUEUED: usize = 1024;
/// A group's jobs; bounds how long the first waits for the last.
const GROUP: usize = 128;

/// What a job works on: the connection, inside a transaction, and what is to happen once it has committed.
pub(crate) struct Tx {
    conn: Conn,
    after: Vec<After>,
}

enum After {
    Publish(Topic, Event),
    Cut(AccountId, Timestamp),
    Forget(AccountId),
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
        self.after.push(After::Publish(topic, event));
    }

    /// After the commit: every socket of this account is closed, on every node, and its sessions are read anew.
    pub(crate) fn cut(&mut self, account: AccountId, now: Timestamp) {
        self.after.push(After::Cut(account, now));
    }

    /// After the commit: what nodes remember of this account (who its sessions are, its name) is read anew.
    pub(crate) fn forget(&mut self, account: AccountId) {
        self.after.push(After::Forget(account));
    }

    fn tell(&mut self, bus: &Bus) {
        for after in self.after.drain(..) {
            // The writer goes on, whatever becomes of those who listen.
            let told = catch_unwind(AssertUnwindSafe(|| match after {
                After::Publish(topic, event) => bus.publish(topic, &event),
                After::Cut(account, _) => bus.cut(account),
                After::Forget(account) => bus.forget(account),
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
        if let Some(node) = bus.node() {
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

/// All jobs in one transaction; if that cannot be, each in its own, so that a refusal harms nobody else.
async fn commit_group(tx: &mut Tx, bus: &Bus, mut group: Vec<BoxJob>) {
    if group.len() > 1 && try_group(tx, bus, &mut group).await.is_ok() {
        tx.tell(bus);
        for job in group {
            job.answer(Ok(()));
        }
        return;
    }
    for mut job in group {
        let committed = commit_one(tx, bus, &mut job).await;
        if committed.is_ok() {
            tx.tell(bus);
        }
        job.answer(committed);
    }
}

async fn try_group(tx: &mut Tx, bus: &Bus, group: &mut [BoxJob]) -> Result<()> {
    tx.begin().await?;
    for job in group {
        if let Err(error) = job.run(tx).await {
            tx.rollback().await;
            return Err(error);
        }
    }
    let committed = tx.commit(bus).await;
    if committed.is_err() {
        tx.rollback().await;
    }
    committed
}

async fn commit_one(tx: &mut Tx, bus: &Bus, job: &mut BoxJob) -> Result<()> {
    const TRIES: u32 = 4;
    let mut tries = 1;
    loop {
        match try_group(tx, bus, std::slice::from_mut(job)).await {
            Err(error) if tries < TRIES && error.is_conflict() => tries += 1,
            done => return done,
        }
    }
}

/// SQLite's one writer.
#[derive(Clone)]
pub(crate) struct Queue(mpsc::Sender<Order>);

enum Order {
    Job(BoxJob),
    Stop(oneshot::Sender<()>),
}

impl Queue {
    pub(crate) fn start(conn: PoolConnection<Sqlite>, bus: Bus) -> Self {
        let (orders, mut queued) = mpsc::channel(QUEUED);
        let mut tx = Tx::new(Conn::Sqlite(conn));
        tokio::spawn(async move {
            let mut stopped = None;
            while let Some(first) = queued.recv().await {
                let mut group = Vec::new();
                let mut next = Some(first);
                while let Some(order) = next {
                    match order {
                        Order::Job(job) => group.push(job),
                        Order::Stop(done) => {
                            // What is in the queue is still committed; nothing comes in any more.
                            queued.close();
                            stopped = Some(done);
                        }
                    }
                    next = (group.len() < GROUP)
                        .then(|| queued.try_recv().ok())
                        .flatten();
                }
                commit_group(&mut tx, &bus, group).await;
            }
            drop(tx);
            if let Some(done) = stopped {
                let _ = done.send(());
            }
        });
        Self(orders)
    }

    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + Sync + 'static,
    {
        let (job, answered) = job(work);
        let sent = self.0.send(Order::Job(job)).await;
        sent.map_err(|_| other("the writer has stopped"))?;
        answered
            .await
            .map_err(|_| other("the writer has stopped"))?
    }

    pub(crate) async fn stop(&self) {
        let (done, stopped) = oneshot::channel();
        if self.0.send(Order::Stop(done)).await.is_ok() {
            let _ = stopped.await;
        }
    }
}

/// PostgreSQL's writers: a lane for each page that is being written to. A group holds jobs of one page only,
/// so that two nodes never wait for each other's rows crosswise.
#[derive(Clone)]
pub(crate) struct Lanes(Arc<LanesInner>);

struct LanesInner {
    pool: PgPool,
    bus: Bus,
    queued: Mutex<HashMap<Uuid, VecDeque<BoxJob>>>,
    /// Held for reading by whoever works; stopping waits for all of them.
    working: Arc<RwLock<()>>,
}

impl Lanes {
    pub(crate) fn new(pool: PgPool, bus: Bus) -> Self {
        Self(Arc::new(LanesInner {
            pool,
            bus,
            queued: Mutex::default(),
            working: Arc::default(),
        }))
    }

    pub(crate) async fn run<T, F>(&self, lane: Option<Uuid>, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + Sync + 'static,
    {
        let (job, answered) = job(work);
        let working = Arc::clone(&self.0.working).read_owned().await;
        let lanes = Arc::clone(&self.0);
        // In a task of its own: a request that is given up must not leave a transaction half way.
        match lane {
            None => drop(tokio::spawn(async move {
                lanes.commit(vec![job]).await;
                drop(working);
            })),
            Some(lane) if self.0.enter(lane, job) => drop(tokio::spawn(async move {
                while let Some(group) = lanes.take(lane) {
                    lanes.commit(group).await;
                }
                drop(working);
            })),
            Some(_) => {}
        }
        answered
            .await
            .map_err(|_| other("the writer has stopped"))?
    }

    pub(crate) async fn stop(&self) {
        drop(self.0.working.write().await);
    }
}

impl LanesInner {
    /// Queues the job; true if nobody works in this lane yet.
    fn enter(&self, lane: Uuid, job: BoxJob) -> bool {
        let mut queued = self.queued.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = !queued.contains_key(&lane);
        queued.entry(lane).or_default().push_back(job);
        fresh
    }

    /// The next group; `None` closes the lane.
    fn take(&self, lane: Uuid) -> Option<Vec<BoxJob>> {
        let mut queued = self.queued.lock().unwrap_or_else(PoisonError::into_inner);
        let jobs = queued.get_mut(&lane)?;
        if jobs.is_empty() {
            queued.remove(&lane);
            return None;
        }
        let count = jobs.len().min(GROUP);
        Some(jobs.drain(..count).collect())
    }

    async fn commit(&self, group: Vec<BoxJob>) {
        match self.pool.acquire().await {
            Ok(conn) => commit_group(&mut Tx::new(Conn::Postgres(conn)), &self.bus, group).await,
            Err(error) => {
                for job in group {
                    job.answer(Err(other(&format!("no connection to write: {error}"))));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
