//! Where files are decoded: away from the threads that answer, a few at a time, and never more at once than fit the
//! memory that is set aside for it.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use domain::Refusal;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
    time::timeout,
};

use super::{
    decode::too_slow,
    intake::{Checked, Kept},
};
use crate::{Failure, Result};

/// For decoding, in megabytes. A file that takes more has it to itself.
const MEMORY: u32 = 64;
/// Until it is one's turn; and then.
const TURN: Duration = Duration::from_mins(2);
const WORK: Duration = Duration::from_secs(30);

/// What somebody has sent.
pub(crate) enum Sent {
    File(PathBuf),
    Bytes(Vec<u8>),
}

pub(crate) struct Workshop {
    /// Files that are held in memory at once.
    benches: Arc<Semaphore>,
    megabytes: Arc<Semaphore>,
}

impl Default for Workshop {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self {
            benches: Arc::new(Semaphore::new(cores.clamp(2, 8))),
            megabytes: Arc::new(Semaphore::new(MEMORY as usize)),
        }
    }
}

impl Workshop {
    /// What is to be kept of it, and the place it takes in memory until that is dropped.
    pub(crate) async fn make(&self, sent: Sent) -> Result<(Kept, OwnedSemaphorePermit)> {
        let bench = wait(&self.benches, 1).await?;
        let checked = run(move || {
            let read = match sent {
                Sent::File(path) => std::fs::read(path),
                Sent::Bytes(bytes) => Ok(bytes),
            };
            let file =
                read.map_err(|error| Failure::Other(format!("a file that came: {error}")))?;
            Ok(Checked::of(&file)?)
        });
        let checked = checked.await?;
        let megabytes = checked.memory.div_ceil(1024 * 1024);
        let megabytes = u32::try_from(megabytes).unwrap_or(MEMORY).clamp(1, MEMORY);
        let room = wait(&self.megabytes, megabytes).await?;
        let until = Instant::now() + WORK;
        let work = run(move || {
            // Given back when the work is done, also if nobody waits for it any more.
            let _room = room;
            Ok(checked.make(until)?)
        });
        let kept = timeout(WORK, work).await.map_err(|_| too_slow())??;
        Ok((kept, bench))
    }
}

async fn wait(of: &Arc<Semaphore>, count: u32) -> Result<OwnedSemaphorePermit> {
    let turn = timeout(TURN, Arc::clone(of).acquire_many_owned(count)).await;
    let turn = turn.map_err(|_| Refusal::TooMany { seconds: 30 })?;
    turn.map_err(|closed| Failure::Other(closed.to_string()).into())
}

/// A decoder that panics has met a file that is broken.
async fn run<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) if error.is_panic() => {
            tracing::error!("a decoder panicked");
            Err(Refusal::ImageBroken.into())
        }
        Err(error) => Err(Failure::Other(error.to_string()).into()),
    }
}
