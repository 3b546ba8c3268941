//! A file on its way in: written to disk as it comes, counted, and gone unless it is taken.

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use domain::{AccountId, Image, Refusal};
use tokio::{fs::File, io::AsyncWriteExt};

use super::store::is_full;
use crate::{Error, Failure, Result, Viewer};

/// At once: of one account, and of all.
const OF_ONE: usize = 16;
const OF_ALL: usize = 128;

/// Bytes that somebody is sending as an image. Dropped, it leaves nothing.
pub struct Incoming {
    pub(crate) viewer: Viewer,
    pub(crate) path: PathBuf,
    file: File,
    written: u64,
    _counted: Counted,
}

impl Incoming {
    pub(crate) async fn new(
        dir: &Path,
        name: String,
        viewer: Viewer,
        counted: Counted,
    ) -> Result<Self> {
        let path = dir.join(name);
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        options.mode(0o600);
        let file = options.open(&path).await.map_err(failed)?;
        Ok(Self {
            viewer,
            path,
            file,
            written: 0,
            _counted: counted,
        })
    }

    /// Refused as soon as it is more than an image may have.
    pub async fn write(&mut self, part: &[u8]) -> Result<()> {
        self.written += part.len() as u64;
        if self.written > Image::MAX_BYTES {
            return Err(too_large().into());
        }
        self.file.write_all(part).await.map_err(failed)
    }

    /// Nothing more comes.
    pub(crate) async fn end(&mut self) -> Result<()> {
        self.file.flush().await.map_err(failed)
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

pub(crate) fn too_large() -> Refusal {
    Refusal::ImageTooLarge {
        max: Image::MAX_BYTES as usize,
    }
}

fn failed(error: io::Error) -> Error {
    if is_full(&error) {
        return Refusal::StorageFull.into();
    }
    Failure::Other(format!("a file that comes in: {error}")).into()
}

/// The directory, empty: what lies in it was left by a program that was ended.
pub(crate) fn make_dir(dir: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// How many are on their way, and whose.
#[derive(Clone, Default)]
pub(crate) struct Senders(Arc<Mutex<HashMap<AccountId, usize>>>);

/// One of them, until it is dropped.
pub(crate) struct Counted(Senders, AccountId);

impl Senders {
    pub(crate) fn count(&self, account: AccountId) -> Result<Counted, Refusal> {
        let mut senders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = senders.values().sum();
        let mine = senders.get(&account).copied().unwrap_or(0);
        if all >= OF_ALL || mine >= OF_ONE {
            return Err(Refusal::TooMany { seconds: 5 });
        }
        senders.insert(account, mine + 1);
        Ok(Counted(self.clone(), account))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut senders = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = senders.get_mut(&self.1) {
            *count -= 1;
            if *count == 0 {
                senders.remove(&self.1);
            }
        }
    }
}
