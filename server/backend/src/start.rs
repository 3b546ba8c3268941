//! The backend as one handle: what it holds, how it starts and stops.

use std::sync::Arc;

use domain::Timestamp;

use crate::{Bus, Clock, Random, Result, Settings};

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the database cannot be opened: {0}")]
    Database(String),
    #[error("the data directory {0} cannot be used: {1}")]
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
}

impl Backend {
    /// Opens the database, runs its migrations and starts the writer. Workers are started apart.
    pub async fn start(
        _settings: Settings,
        _clock: Clock,
        _random: Random,
    ) -> Result<Self, StartError> {
        unimplemented!()
    }

    /// The outbox, the sweeper of what has expired, the bus to other nodes.
    pub fn start_workers(&self) {
        unimplemented!()
    }

    /// Commits what is queued, ends the workers, closes the database.
    pub async fn stop(&self) {
        unimplemented!()
    }

    /// Whether the database answers.
    pub async fn ready(&self) -> Result<()> {
        unimplemented!()
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
