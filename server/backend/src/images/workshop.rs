//! Where files are decoded: away from the threads that answer, a few at a time, and never more at once than fit the
//! memory that is set aside for it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    time::{Duration, Instant},
};

use domain::Refusal;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
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

pub(crate) struct Workshop {
    /// Files that are held in memory at once.
    benches: Arc<Semaphore>,
    megabytes: Arc<Semaphore>,
    hands: Hands,
}

impl Default for Workshop {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self {
            benches: Arc::new(Semaphore::new(cores.clamp(2, 4))),
            hands: Hands::new(cores.clamp(1, 4)),
            megabytes: Arc::new(Semaphore::new(MEMORY as usize)),
        }
    }
}

impl Workshop {
    /// What is to be kept of it, and the place it takes in memory until that is dropped.
    pub(crate) async fn make(&self, path: PathBuf) -> Result<(Kept, OwnedSemaphorePermit)> {
        let bench = wait(&self.benches, 1).await?;
        let checked = self.hands.run(move || {
            let read = std::fs::read(path);
            let file =
                read.map_err(|error| Failure::Other(format!("a file that came: {error}")))?;
            Ok(Checked::of(&file)?)
        });
        let checked = checked.await?;
        let megabytes = checked.memory.div_ceil(1024 * 1024);
        let megabytes = u32::try_from(megabytes).unwrap_or(MEMORY).clamp(1, MEMORY);
        let room = wait(&self.megabytes, megabytes).await?;
        let until = Instant::now() + WORK;
        let work = self.hands.run(move || {
            // Given back when the work is done, also if nobody waits for it any more.
            let _room = room;
            Ok(checked.make(until)?)
        });
        let kept = timeout(WORK, work).await.map_err(|_| too_slow())??;
        Ok((kept, bench))
    }
}

type Work = Box<dyn FnOnce() + Send>;

/// The few threads that ever decode. Of the many that Tokio has for such work, each would keep for itself what the
/// allocator once gave it.
struct Hands(Sender<Work>);

impl Hands {
    fn new(count: usize) -> Self {
        let (sender, work) = channel::<Work>();
        let work = Arc::new(Mutex::new(work));
        for _ in 0..count {
            let work = Arc::clone(&work);
            // They end with the last sender.
            std::thread::spawn(move || {
                while let Some(work) = next(&work) {
                    work();
                }
            });
        }
        Self(sender)
    }

    /// A decoder that panics has met a file that is broken.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (done, answer) = oneshot::channel();
        let work = move || {
            let _ = done.send(catch_unwind(AssertUnwindSafe(work)));
        };
        let gone = || Failure::Other("nobody decodes any more".into());
        self.0.send(Box::new(work)).map_err(|_| gone())?;
        let done = answer.await.map_err(|_| gone())?;
        done.unwrap_or_else(|_| {
            tracing::error!("a decoder panicked");
            Err(Refusal::ImageBroken.into())
        })
    }
}

fn next(work: &Mutex<Receiver<Work>>) -> Option<Work> {
    let work = work.lock().unwrap_or_else(PoisonError::into_inner);
    work.recv().ok()
}

async fn wait(of: &Arc<Semaphore>, count: u32) -> Result<OwnedSemaphorePermit> {
    let turn = timeout(TURN, Arc::clone(of).acquire_many_owned(count)).await;
    let turn = turn.map_err(|_| Refusal::TooMany { seconds: 30 })?;
    turn.map_err(|closed| Failure::Other(closed.to_string()).into())
}
