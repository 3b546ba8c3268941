//! Images: taken in, made safe, kept once, shown to members, and freed when nobody uses them.
//!
//! An image is a row: who uploaded it to which page, and, once it was sent, its message. Its content is a blob, kept once
//! however often it is sent. Rows decide who sees what; files are only ever found through them.

mod decode;
mod gallery;
mod intake;
mod rows;
mod shrink;
mod sniff;
mod strip;

use domain::{Image, ImageAlt, ImageId, PageId, Refusal};
use tokio::sync::Notify;

use crate::{Backend, Failure, Result, Viewer};

pub(crate) use rows::{forget_of, forget_sent, send, unsent};

/// What taking in and freeing share.
#[derive(Default)]
pub(crate) struct Images {
    /// Told when images were deleted.
    pub(crate) freed: Notify,
}

impl Backend {
    /// A `data:` URL, taken like a file.
    pub async fn upload_data(
        &self,
        _viewer: &Viewer,
        _page: PageId,
        _id: ImageId,
        _data: String,
    ) -> Result<Image> {
        Err(Failure::Other("not taken yet".into()).into())
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
