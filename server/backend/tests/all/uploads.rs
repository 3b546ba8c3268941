//! Uploading, showing and reading images in a test, and looking at what lies on the disk.

use std::path::Path;

use backend::{Backend, Posting, Upload, Variant, Viewer};
use domain::{Caption, Image, ImageAlt, ImageId, Message, PageId};
use futures::TryStreamExt;

use crate::support::Place;

impl Place {
    pub(crate) fn image_id(&self) -> ImageId {
        ImageId(self.message_id().0)
    }

    pub(crate) async fn upload(&self, by: &Viewer, page: PageId, file: &[u8]) -> Image {
        upload(&self.backend, by, page, self.image_id(), file)
            .await
            .unwrap()
    }

    /// A message of these images, without a text.
    pub(crate) async fn show(&self, by: &Viewer, page: PageId, images: &[&Image]) -> Message {
        let id = self.message_id();
        let posting = Posting {
            id,
            body: Caption::default(),
            reply: None,
            mentions: Vec::new(),
            images: images.iter().map(|image| alt(image, "")).collect(),
        };
        self.backend.post_message(by, page, posting).await.unwrap();
        let history = self
            .backend
            .messages_before(by, page, None, 1)
            .await
            .unwrap();
        history.messages.into_iter().next().unwrap()
    }

    pub(crate) fn kept(&self) -> Vec<String> {
        let mut files = Vec::new();
        list(&self.settings.data_dir.join("images"), &mut files);
        files
    }

    /// All that lies in the directory of data, but for the database and what is kept.
    pub(crate) fn left(&self) -> Vec<String> {
        let mut files = Vec::new();
        list(&self.settings.data_dir.join("incoming"), &mut files);
        files
    }
}

fn list(dir: &Path, files: &mut Vec<String>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            list(&entry.path(), files);
        } else {
            files.push(entry.file_name().into_string().unwrap());
        }
    }
}

pub(crate) async fn upload(
    backend: &Backend,
    by: &Viewer,
    page: PageId,
    id: ImageId,
    file: &[u8],
) -> backend::Result<Image> {
    let mut incoming = match backend.begin_upload(by, page, id).await? {
        Upload::Stored(image) => return Ok(image),
        Upload::Wanted(incoming) => incoming,
    };
    for part in file.chunks(10_000) {
        incoming.write(part).await?;
    }
    backend.take_upload(incoming, page, id).await
}

/// As what comes as text is taken in.
pub(crate) async fn upload_text(
    backend: &Backend,
    by: &Viewer,
    page: PageId,
    id: ImageId,
    file: &[u8],
) -> backend::Result<Image> {
    let mut incoming = backend.begin_text(by).await?;
    incoming.write(file).await?;
    backend.take_text(incoming, page, id).await
}

pub(crate) async fn read(
    backend: &Backend,
    by: &Viewer,
    id: ImageId,
    variant: Variant,
) -> backend::Result<Vec<u8>> {
    let file = backend.image_file(by, id, variant).await?;
    let opened = backend.open_image(&file, None).await?;
    let parts: Vec<_> = opened.bytes.try_collect().await.unwrap();
    Ok(parts.concat())
}

pub(crate) fn alt(image: &Image, alt: &str) -> ImageAlt {
    ImageAlt {
        id: image.id,
        alt: alt.into(),
    }
}
