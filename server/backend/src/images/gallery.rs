//! The images of a page, as its members walk through them; and an unsent one that is discarded.

use domain::{AccountId, Image, ImageId, MessageId, PageId, PageImage, Timestamp};
use uuid::Uuid;

use super::rows::{self, ImageRow, columns};
use crate::{Backend, Result, Viewer, access::access, db::fetch_all};

/// Images in one answer, before those that stand in the same message as the last.
const LIMIT: u32 = 200;

#[derive(sqlx::FromRow)]
struct GalleryRow {
    #[sqlx(flatten)]
    image: ImageRow,
    message: Uuid,
    seq: i64,
    author: Uuid,
    author_name: String,
    at: i64,
}

impl Backend {
    /// At least `limit` (1–200) images of messages with `seq < before`, if there are so many, the newest first. All
    /// images of a message come together.
    pub async fn page_images(
        &self,
        viewer: &Viewer,
        page: PageId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<PageImage>> {
        let mut conn = self.0.db.read().await?;
        access(&mut conn, viewer, page).await?.member()?;
        let limit = limit.clamp(1, LIMIT) as usize;
        let rows: Vec<GalleryRow> = fetch_all!(
            conn,
            concat!(
                "SELECT ",
                columns!(),
                ", i.message, i.seq, m.author, a.name AS author_name, m.at
                 FROM images i
                 JOIN blobs b ON b.id = i.blob
                 JOIN messages m ON m.id = i.message
                 JOIN accounts a ON a.id = m.author
                 WHERE i.page = $1 AND i.seq < $2
                 ORDER BY i.seq DESC, i.place DESC LIMIT $3"
            ),
            page.0,
            before.unwrap_or(i64::MAX),
            (limit + Image::MAX_A_MESSAGE) as i64
        )?;
        let last = rows.get(limit - 1).map(|row| row.seq);
        let rows = rows.into_iter();
        let whole = rows.take_while(|row| last.is_none_or(|last| row.seq >= last));
        whole.map(PageImage::try_from).collect()
    }

    /// An image that this viewer has uploaded and not sent; once more changes nothing.
    pub async fn discard_image(&self, viewer: &Viewer, page: PageId, id: ImageId) -> Result<()> {
        access(&mut self.0.db.read().await?, viewer, page)
            .await?
            .member()?;
        let (account, now) = (viewer.account, self.now());
        let work = self.0.db.write_page(page.0, move |tx| {
            Box::pin(async move { rows::forget_unsent(tx, account, page, id, now).await })
        });
        if work.await? > 0 {
            self.0.images.freed.notify_one();
        }
        Ok(())
    }
}

impl TryFrom<GalleryRow> for PageImage {
    type Error = crate::Error;
    fn try_from(row: GalleryRow) -> Result<Self> {
        Ok(Self {
            message: MessageId(row.message),
            seq: row.seq,
            author: AccountId(row.author),
            author_name: row.author_name,
            at: Timestamp(row.at),
            image: row.image.try_into()?,
        })
    }
}
