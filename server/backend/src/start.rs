//! The backend as one handle: what it holds, how it starts and stops.

use std::{path::Path, sync::Arc};

use domain::Timestamp;

use crate::{
    Bus, Clock, Random, Result, Settings,
    db::{Db, fetch_one},
    sessions::SessionCache,
};

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
        let bus = Bus::new(settings.mqtt_url.as_ref(), random, sessions.clone())?;
        let db = Db::open(settings.database_url.as_ref(), &settings.data_dir, &bus).await?;
        Ok(Self(Arc::new(Inner {
            settings,
            clock,
            random,
            bus,
            db,
            sessions,
        })))
    }

    /// The outbox, the sweeper of what has expired, the bus to other nodes.
    pub fn start_workers(&self) {
        self.0.bus.start();
    }

    /// Commits what is queued, ends the workers, closes the database.
    pub async fn stop(&self) {
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
