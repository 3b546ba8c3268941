//! Images: taken in, made safe, kept once, shown to members, and freed when nobody uses them.
//!
//! An image is a row: who uploaded it to which page, and, once it was sent, its message. Its content is a blob, kept once
//! however often it is sent. Rows decide who sees what; files are only ever found through them.

mod blobs;
mod decode;
mod gallery;
mod incoming;
mod intake;
mod rows;
mod serve;
mod shrink;
mod sniff;
mod store;
mod strip;
mod sweep;
mod upload;
mod workshop;

use std::path::PathBuf;

use domain::{Image, ImageAlt, Refusal};
use tokio::sync::Notify;

use crate::{Failure, Result, Settings, StartError};
use incoming::Senders;
use store::Store;
use workshop::Workshop;

pub use incoming::Incoming;
pub(crate) use rows::{forget_of, forget_sent, send, unsent};
pub use serve::{ImageBytes, ImageFile};
pub use store::Variant;
pub(crate) use sweep::sweep;
pub use upload::Upload;

/// What taking in, giving out and freeing work with.
pub(crate) struct Images {
    store: Store,
    workshop: Workshop,
    senders: Senders,
    /// Where files lie while they come.
    incoming: PathBuf,
    /// Told when images were deleted.
    pub(crate) freed: Notify,
}

impl Images {
    pub(crate) async fn open(settings: &Settings) -> Result<Self, StartError> {
        let incoming = settings.data_dir.join("incoming");
        incoming::make_dir(&incoming).map_err(|error| {
            StartError::DataDir(incoming.display().to_string(), error.to_string())
        })?;
        Ok(Self {
            store: Store::open(settings.storage_url.as_deref(), &settings.data_dir).await?,
            workshop: Workshop::default(),
            senders: Senders::default(),
            incoming,
            freed: Notify::new(),
        })
    }
}

/// So many as a message may have, with texts that can be read.
pub(crate) fn checked(images: Vec<ImageAlt>) -> Result<Vec<ImageAlt>, Refusal> {
    let max = Image::MAX_A_MESSAGE;
    if images.len() > max {
        return Err(Refusal::TooManyImages { max });
    }
    images.into_iter().map(ImageAlt::checked).collect()
}

/// As they are stored with the message.
pub(crate) fn written(images: &[Image]) -> Result<String> {
    if images.is_empty() {
        return Ok(String::new());
    }
    let written = serde_json::to_string(images);
    written.map_err(|error| Failure::Other(error.to_string()).into())
}
