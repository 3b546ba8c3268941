//! PostgreSQL's writers: a lane for each page that is being written to. A group holds jobs of one page only,
//! so that two nodes never wait for each other's rows crosswise.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::future::BoxFuture;
use sqlx::PgPool;
use tokio::sync::RwLock;
use uuid::Uuid;

use super::{BoxJob, Jobs, Nothing, Tx, answered, commit_group, job};
use crate::{Bus, Result, db::Conn};

#[derive(Clone)]
pub(crate) struct Lanes(Arc<Inner>);

struct Inner {
    pool: PgPool,
    bus: Bus,
    queued: Mutex<HashMap<Uuid, VecDeque<BoxJob>>>,
    /// Held for reading by whoever works; stopping waits for all of them.
    working: Arc<RwLock<()>>,
}

impl Lanes {
    pub(crate) fn new(pool: PgPool, bus: Bus) -> Self {
        Self(Arc::new(Inner {
            pool,
            bus,
            queued: Mutex::default(),
            working: Arc::default(),
        }))
    }

    /// In the lane of this page, or beside all lanes.
    pub(crate) async fn run<T, F>(&self, page: Option<Uuid>, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + Sync + 'static,
    {
        let (job, answer) = job(work);
        let working = Arc::clone(&self.0.working).read_owned().await;
        let lanes = Arc::clone(&self.0);
        // In a task of its own: a request that is given up must not leave a transaction half way.
        match page {
            None => drop(tokio::spawn(async move {
                lanes.commit(job, &mut Nothing).await;
                drop(working);
            })),
            Some(page) if self.0.enter(page, job) => drop(tokio::spawn(async move {
                let mut lane = Lane {
                    lanes: &lanes,
                    page,
                };
                while let Some(first) = lanes.next_or_leave(page) {
                    lanes.commit(first, &mut lane).await;
                }
                drop(working);
            })),
            Some(_) => {}
        }
        answered(answer).await
    }

    pub(crate) async fn stop(&self) {
        drop(self.0.working.write().await);
    }
}

impl Inner {
    fn queued(&self) -> MutexGuard<'_, HashMap<Uuid, VecDeque<BoxJob>>> {
        self.queued.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues the job; true if nobody works in this lane yet.
    fn enter(&self, page: Uuid, job: BoxJob) -> bool {
        let mut queued = self.queued();
        let fresh = !queued.contains_key(&page);
        queued.entry(page).or_default().push_back(job);
        fresh
    }

    /// The next job; without one the lane is closed.
    fn next_or_leave(&self, page: Uuid) -> Option<BoxJob> {
        let mut queued = self.queued();
        let next = queued.get_mut(&page).and_then(VecDeque::pop_front);
        if next.is_none() {
            queued.remove(&page);
        }
        next
    }

    async fn commit(&self, first: BoxJob, jobs: &mut impl Jobs) {
        match self.pool.acquire().await {
            Ok(conn) => {
                let mut tx = Tx::new(Conn::Postgres(conn));
                commit_group(&mut tx, &self.bus, first, jobs).await;
            }
            Err(error) => first.answer(Err(error.into())),
        }
    }
}

struct Lane<'l> {
    lanes: &'l Inner,
    page: Uuid,
}

impl Jobs for Lane<'_> {
    async fn next(&mut self, _joined: usize) -> Option<BoxJob> {
        self.lanes.queued().get_mut(&self.page)?.pop_front()
    }
}
