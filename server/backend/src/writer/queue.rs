//! SQLite's one writer and its queue.

use futures::future::BoxFuture;
use sqlx::{Sqlite, pool::PoolConnection};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Duration, Instant, timeout_at},
};

use super::{BoxJob, Jobs, Tx, answered, commit_group, job, stopped};
use crate::{Bus, Result, db::Conn};

/// Past it a job waits before it is queued.
const QUEUED: usize = 1024;
/// The longest that a group waits for more.
const PATIENCE: Duration = Duration::from_millis(3);

#[derive(Clone)]
pub(crate) struct Queue(mpsc::Sender<Order>);

enum Order {
    Job(BoxJob),
    Stop(oneshot::Sender<()>),
}

impl Queue {
    pub(crate) fn start(conn: PoolConnection<Sqlite>, bus: Bus) -> Self {
        let (sender, orders) = mpsc::channel(QUEUED);
        let mut tx = Tx::new(Conn::Sqlite(conn));
        let mut queued = Queued {
            orders,
            stopped: None,
            expected: 0,
            patience: Duration::ZERO,
            until: Instant::now(),
        };
        tokio::spawn(async move {
            while let Some(order) = queued.orders.recv().await {
                if let Some(first) = queued.take(order) {
                    commit_group(&mut tx, &bus, first, &mut queued).await;
                }
            }
            drop(tx);
            if let Some(done) = queued.stopped {
                let _ = done.send(());
            }
        });
        Self(sender)
    }

    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + Sync + 'static,
    {
        let (job, answer) = job(work);
        let sent = self.0.send(Order::Job(job)).await;
        sent.map_err(|_| stopped())?;
        answered(answer).await
    }

    pub(crate) async fn stop(&self) {
        let (done, stopped) = oneshot::channel();
        if self.0.send(Order::Stop(done)).await.is_ok() {
            let _ = stopped.await;
        }
    }
}

struct Queued {
    orders: mpsc::Receiver<Order>,
    /// Told when everything is committed.
    stopped: Option<oneshot::Sender<()>>,
    /// How many asked at once of late, and how long a group may wait for so many.
    expected: usize,
    patience: Duration,
    until: Instant,
}

impl Queued {
    fn take(&mut self, order: Order) -> Option<BoxJob> {
        match order {
            Order::Job(job) => Some(job),
            Order::Stop(done) => {
                // What is in the queue is still committed; nothing comes in any more.
                self.orders.close();
                self.stopped = Some(done);
                None
            }
        }
    }
}

impl Jobs for Queued {
    async fn next(&mut self, joined: usize) -> Option<BoxJob> {
        if joined == 1 {
            self.until = Instant::now() + self.patience;
        }
        let order = match self.orders.try_recv() {
            Ok(order) => order,
            Err(_) if joined >= self.expected || Instant::now() >= self.until => return None,
            // Those who were answered a moment ago are likely to ask again: without them the group would
            // be a small one, and they would wait for the sync of this group and for that of their own.
            Err(_) => timeout_at(self.until, self.orders.recv()).await.ok()??,
        };
        self.take(order)
    }

    fn committed(&mut self, joined: usize, took: Duration) {
        self.expected = joined + self.orders.len();
        self.patience = match took / 4 {
            // Finer than the timer.
            patience if patience < Duration::from_millis(1) => Duration::ZERO,
            patience => patience.min(PATIENCE),
        };
    }
}
