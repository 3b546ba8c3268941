//! Taking an image in: the same road for a file and for what comes as text.

use bytes::Bytes;
use domain::{AccountId, Image, ImageId, PageId, Refusal};
use uuid::Uuid;

use super::{
    blobs,
    incoming::Incoming,
    intake::Kept,
    rows::{self, Stored},
    store::{BlobName, Variant},
};
use crate::{Backend, Failure, Result, Viewer, access::access, limits::Counted, messages};

/// Uploaded and not sent, of one account.
const UNSENT: usize = 200;
/// A content may be freed between being found and being used.
const TRIES: usize = 3;

/// What becomes of a wish to upload.
pub enum Upload {
    /// It was uploaded before.
    Stored(Image),
    /// Its bytes are to be written here, and then given to [`Backend::take_upload`].
    Wanted(Incoming),
}

impl Backend {
    /// Whether this viewer may upload an image with this id to the page. `IdTaken` if it is another one's.
    pub async fn begin_upload(&self, viewer: &Viewer, page: PageId, id: ImageId) -> Result<Upload> {
        self.count_upload(viewer)?;
        if let Some(image) = self.may_upload(viewer, page, id).await? {
            return Ok(Upload::Stored(image));
        }
        self.open_incoming(viewer).await.map(Upload::Wanted)
    }

    /// For bytes that come before the names of their page and image, as in JSON they may. They are then given to
    /// [`Backend::take_text`].
    pub async fn begin_text(&self, viewer: &Viewer) -> Result<Incoming> {
        self.count_upload(viewer)?;
        self.open_incoming(viewer).await
    }

    async fn open_incoming(&self, viewer: &Viewer) -> Result<Incoming> {
        let counted = self.0.images.senders.count(viewer.account)?;
        let dir = &self.0.images.incoming;
        // Not the image's id: the same may come twice at once.
        let name = self.0.random.token()?.expose().to_owned();
        Incoming::new(dir, name, viewer.clone(), counted).await
    }

    /// Makes the image of what was written. Goes on if nobody waits for the answer any more: whoever asks again finds
    /// it done.
    pub async fn take_upload(
        &self,
        mut incoming: Incoming,
        page: PageId,
        id: ImageId,
    ) -> Result<Image> {
        incoming.end().await?;
        let backend = self.clone();
        let work = async move { backend.take(&incoming, page, id).await };
        let done = tokio::spawn(work).await;
        done.map_err(|error| Failure::Other(error.to_string()))?
    }

    /// As [`Backend::begin_upload`] and [`Backend::take_upload`], one after the other.
    pub async fn take_text(&self, incoming: Incoming, page: PageId, id: ImageId) -> Result<Image> {
        match self.may_upload(&incoming.viewer, page, id).await? {
            Some(image) => Ok(image),
            None => self.take_upload(incoming, page, id).await,
        }
    }

    fn count_upload(&self, viewer: &Viewer) -> Result<()> {
        let counted = Counted::Uploading(viewer.account.0);
        Ok(self.0.limits.take(counted, self.now())?)
    }

    async fn may_upload(
        &self,
        viewer: &Viewer,
        page: PageId,
        id: ImageId,
    ) -> Result<Option<Image>> {
        let mut conn = self.0.db.read().await?;
        let (access, _) = access(&mut conn, viewer, page).await?.member()?;
        access.open()?;
        let stored = rows::stored(&mut conn, id).await?;
        if let Some(stored) = stored {
            return mine(stored, viewer.account, page).map(Some);
        }
        if rows::count_unsent(&mut conn, viewer.account).await? >= UNSENT as i64 {
            return Err(Refusal::TooManyImages { max: UNSENT }.into());
        }
        Ok(None)
    }

    async fn take(&self, incoming: &Incoming, page: PageId, id: ImageId) -> Result<Image> {
        let viewer = &incoming.viewer;
        let (kept, _bench) = self.0.images.workshop.make(incoming.path.clone()).await?;
        let kept = KeptFiles::of(kept);
        for _ in 0..TRIES {
            let (blob, complete) = self.reserve(page, &kept).await?;
            if !complete {
                self.0.images.store.put(blob, kept.files.clone()).await?;
            }
            match self.use_blob(viewer, page, id, blob.id, &kept).await {
                Ok(image) => return Ok(image),
                Err(error) if error.is_unique_violation() => {
                    self.free_soon(blob.id).await?;
                    let mut conn = self.0.db.read().await?;
                    let stored = rows::stored(&mut conn, id).await?;
                    return mine(stored.ok_or(Refusal::IdTaken)?, viewer.account, page);
                }
                // Freed in between: once more, under a new name.
                Err(error) if error.is_foreign_key_violation() => {}
                Err(error) => {
                    self.free_soon(blob.id).await?;
                    return Err(error);
                }
            }
        }
        Err(Failure::Other(format!("{id:?} was freed again and again")).into())
    }

    /// Its content has a row before it has files, so that nothing is ever stored that nobody knows of.
    async fn reserve(&self, page: PageId, kept: &KeptFiles) -> Result<(BlobName, bool)> {
        let id = ImageId::new(self.now(), self.0.random.id()?).0;
        let (row, now, limits) = (kept.row.clone(), self.now(), self.quotas());
        let work = self.0.db.write(move |tx| {
            let row = row.clone();
            Box::pin(async move { blobs::reserve(tx, id, page, &row, limits, now).await })
        });
        let (id, complete) = work.await?;
        let hash = kept.row.hash;
        Ok((BlobName { id, hash }, complete))
    }

    async fn use_blob(
        &self,
        viewer: &Viewer,
        page: PageId,
        id: ImageId,
        blob: Uuid,
        kept: &KeptFiles,
    ) -> Result<Image> {
        let (now, limits, bytes) = (self.now(), self.quotas(), kept.row.kept);
        let viewer = viewer.clone();
        let account = viewer.account;
        let work = self.0.db.write_page(page.0, move |tx| {
            let viewer = viewer.clone();
            Box::pin(async move {
                messages::lock(tx, page).await?;
                let (access, _) = access(tx, &viewer, page).await?.member()?;
                access.open()?;
                blobs::room_on_page(tx, page, bytes, limits).await?;
                blobs::complete(tx, blob).await?;
                rows::insert(tx, id, page, account, blob, now).await?;
                rows::stored(tx, id).await
            })
        });
        let stored = work.await?.ok_or(Refusal::NotFound)?;
        mine(stored, account, page)
    }

    /// Nothing came of it: what was stored for it need not wait.
    async fn free_soon(&self, blob: Uuid) -> Result<()> {
        let now = self.now();
        let work = self
            .0
            .db
            .write(move |tx| Box::pin(async move { blobs::free_unused(tx, blob, now).await }));
        work.await?;
        self.0.images.freed.notify_one();
        Ok(())
    }

    fn quotas(&self) -> blobs::Quotas {
        let settings = &self.0.settings;
        blobs::Quotas {
            place: settings.image_quota,
            page: settings.image_quota_page,
        }
    }
}

/// What goes to the store, and what the database knows of it.
struct KeptFiles {
    row: blobs::Row,
    files: Vec<(Variant, Bytes)>,
}

impl KeptFiles {
    fn of(kept: Kept) -> Self {
        let thumbnails = kept.shrunk.thumbnails.into_iter();
        let mut files: Vec<(Variant, Bytes)> = thumbnails
            .map(|(width, file)| (Variant::Wide(width), file.into()))
            .collect();
        let bytes = kept.original.len() as i64;
        files.push((Variant::Original, kept.original.into()));
        Self {
            row: blobs::Row {
                hash: kept.hash,
                kind: kept.kind,
                width: kept.width,
                height: kept.height,
                bytes,
                kept: files.iter().map(|(_, file)| file.len() as i64).sum(),
                animated: kept.animated,
                blur: kept.shrunk.blur,
            },
            files,
        }
    }
}

/// The same id again is the same image; another one's is taken.
fn mine(stored: Stored, account: AccountId, page: PageId) -> Result<Image> {
    if stored.account == account && stored.page == page {
        Ok(stored.image)
    } else {
        Err(Refusal::IdTaken.into())
    }
}
