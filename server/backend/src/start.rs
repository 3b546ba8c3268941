//! The backend as one handle: what it holds, how it starts and stops.

use std::{
    path::Path,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use domain::Timestamp;
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
    time::timeout,
};

use crate::{
    Bus, Clock, Random, Result, Settings,
    calls::InCall,
    db::{Db, fetch_one},
    images::{self, Images},
    index,
    limits::Limits,
    marks::ToldMarks,
    outbox,
    presence::{self, Presence},
    recent::RecentPages,
    sessions::SessionCache,
    sweeper,
};

/// How long a worker may take to end.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the database cannot be opened: {0}")]
    Database(String),
    #[error("the data directory {0} (STOA_DATA_DIR) cannot be used: {1}")]
    DataDir(String, String),
    #[error("{0}")]
    Setting(String),
}

#[derive(Clone)]
pub struct Backend(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) bus: Bus,
    pub(crate) db: Db,
    pub(crate) sessions: SessionCache,
    pub(crate) recent: RecentPages,
    pub(crate) presence: Presence,
    /// The place's name, once it is known.
    pub(crate) place: OnceLock<String>,
    pub(crate) limits: Limits,
    pub(crate) images: Images,
    pub(crate) marks: ToldMarks,
    pub(crate) in_call: InCall,
    /// Told when a mail was put into the outbox.
    pub(crate) outbox: Notify,
    /// Told when a message was posted.
    pub(crate) posted: Notify,
    workers: Workers,
}

impl Backend {
    /// Opens the database, runs its migrations and starts the writer. Workers are started apart.
    pub async fn start(
        settings: Settings,
        clock: Clock,
        random: Random,
    ) -> Result<Self, StartError> {
        make_data_dir(&settings.data_dir)?;
        let sessions = SessionCache::default();
        let recent = RecentPages::default();
        let url = settings.mqtt_url.as_ref();
        let bus = Bus::new(url, random, (sessions.clone(), recent.clone()))?;
        let db = Db::open(settings.database_url.as_ref(), &settings.data_dir, &bus).await?;
        let images = Images::open(&settings).await?;
        Ok(Self(Arc::new(Inner {
            limits: Limits::new(settings.post_rate, settings.upload_rate),
            images,
            marks: ToldMarks::default(),
            outbox: Notify::new(),
            posted: Notify::new(),
            settings,
            clock,
            random,
            bus,
            db,
            sessions,
            recent,
            presence: Presence::default(),
            in_call: InCall::default(),
            place: OnceLock::new(),
            workers: Workers::default(),
        })))
    }

    /// The outbox, the sweeper of what has expired, the index of words, the bus to other nodes.
    pub fn start_workers(&self) {
        self.0.bus.start(self);
        self.spawn_worker(sweeper::sweep(self.clone()));
        self.spawn_worker(images::sweep(self.clone()));
        self.spawn_worker(outbox::deliver(self.clone()));
        self.spawn_worker(presence::tell(self.clone()));
        if self.0.settings.database_url.is_none() {
            self.spawn_worker(index::follow(self.clone()));
        }
    }

    /// Runs until it ends or the backend stops. See [`Backend::stopping`].
    pub(crate) fn spawn_worker(&self, work: impl Future<Output = ()> + Send + 'static) {
        let worker = tokio::spawn(work);
        let running = self.0.workers.running.lock();
        running.unwrap_or_else(PoisonError::into_inner).push(worker);
    }

    /// Comes back when the backend is to stop: a worker then ends what it is at and returns.
    pub(crate) async fn stopping(&self) {
        let mut stop = self.0.workers.stop.subscribe();
        let _ = stop.wait_for(|stop| *stop).await;
    }

    /// Commits what is queued, ends the workers, closes the database.
    pub async fn stop(&self) {
        self.0.workers.end().await;
        self.0.db.close().await;
        self.0.bus.stop().await;
    }

    /// Whether the database answers.
    pub async fn ready(&self) -> Result<()> {
        let mut conn = self.0.db.read().await?;
        let _: (i64,) = fetch_one!(conn, "SELECT COUNT(*) FROM place")?;
        Ok(())
    }

    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub fn bus(&self) -> &Bus {
        &self.0.bus
    }

    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }
}

/// The tasks that run beside the requests.
struct Workers {
    stop: watch::Sender<bool>,
    running: Mutex<Vec<JoinHandle<()>>>,
}

impl Default for Workers {
    fn default() -> Self {
        Self {
            stop: watch::Sender::new(false),
            running: Mutex::default(),
        }
    }
}

impl Workers {
    /// A worker that does not end in time (a mail server that says nothing) is left behind.
    async fn end(&self) {
        self.stop.send_replace(true);
        let running = {
            let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *running)
        };
        for mut worker in running {
            if timeout(PATIENCE, &mut worker).await.is_err() {
                worker.abort();
            }
        }
    }
}

/// For its owner only: the database holds what people have said to each other.
fn make_data_dir(dir: &Path) -> Result<(), StartError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(dir)
        .map_err(|error| StartError::DataDir(dir.display().to_string(), error.to_string()))
}
