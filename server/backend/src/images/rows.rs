//! The rows of images: unsent, sent with a message, forgotten.

use std::collections::HashMap;

use domain::{
    AccountId, Image, ImageAlt, ImageId, ImageKind, MessageId, PageId, Refusal, Timestamp,
};
use uuid::Uuid;

use crate::{
    Failure, Result,
    db::{Conn, execute, fetch_listed, fetch_one, fetch_optional},
    writer::Tx,
};

/// The columns of an [`ImageRow`], of `images i` with `blobs b`.
macro_rules! columns {
    () => {
        "i.id, b.kind, b.width, b.height, b.bytes, i.alt, b.blur, b.animated"
    };
}

pub(crate) use columns;

#[derive(sqlx::FromRow)]
pub(crate) struct ImageRow {
    id: Uuid,
    kind: String,
    width: i64,
    height: i64,
    bytes: i64,
    alt: String,
    blur: String,
    animated: bool,
}

impl TryFrom<ImageRow> for Image {
    type Error = Failure;
    fn try_from(row: ImageRow) -> Result<Self, Failure> {
        let kind = ImageKind::parse(&row.kind);
        let kind = kind.ok_or_else(|| Failure::Other(format!("no kind: {}", row.kind)))?;
        Ok(Self {
            id: ImageId(row.id),
            kind,
            width: u32::try_from(row.width).unwrap_or(1),
            height: u32::try_from(row.height).unwrap_or(1),
            bytes: row.bytes,
            alt: row.alt,
            blur: row.blur,
            animated: row.animated,
        })
    }
}

/// These images, which this account has uploaded to the page and not sent yet, in this order and with these texts.
/// `NotFound` if one of them is not there.
pub(crate) async fn unsent(
    conn: &mut Conn,
    account: AccountId,
    page: PageId,
    wanted: &[ImageAlt],
) -> Result<Vec<Image>> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let ids = wanted.iter().map(|image| image.id.0);
    let rows: Vec<ImageRow> = fetch_listed!(
        conn,
        "SELECT i.id, b.kind, b.width, b.height, b.bytes, i.alt, b.blur, b.animated
         FROM images i JOIN blobs b ON b.id = i.blob WHERE i.id",
        ids,
        "AND i.page = $2 AND i.account = $3 AND i.message IS NULL",
        page.0,
        account.0
    )?;
    let mut found: HashMap<Uuid, ImageRow> = rows.into_iter().map(|row| (row.id, row)).collect();
    let image = |wanted: &ImageAlt| {
        let row = found.remove(&wanted.id.0).ok_or(Refusal::NotFound)?;
        let alt = wanted.alt.clone();
        Ok(Image {
            alt,
            ..Image::try_from(row)?
        })
    };
    wanted.iter().map(image).collect()
}

/// An image, sent or not, and whose it is.
pub(crate) struct Stored {
    pub(crate) image: Image,
    pub(crate) account: AccountId,
    pub(crate) page: PageId,
}

#[derive(sqlx::FromRow)]
struct StoredRow {
    #[sqlx(flatten)]
    image: ImageRow,
    account: Uuid,
    page: Uuid,
}

pub(crate) async fn stored(conn: &mut Conn, id: ImageId) -> Result<Option<Stored>> {
    let row: Option<StoredRow> = fetch_optional!(
        conn,
        concat!(
            "SELECT ",
            columns!(),
            ", i.account, i.page FROM images i JOIN blobs b ON b.id = i.blob WHERE i.id = $1"
        ),
        id.0
    )?;
    let stored = |row: StoredRow| {
        Ok(Stored {
            image: row.image.try_into()?,
            account: AccountId(row.account),
            page: PageId(row.page),
        })
    };
    row.map(stored).transpose()
}

pub(crate) async fn count_unsent(conn: &mut Conn, account: AccountId) -> Result<i64> {
    let (count,): (i64,) = fetch_one!(
        conn,
        "SELECT COUNT(*) FROM images WHERE account = $1 AND message IS NULL",
        account.0
    )?;
    Ok(count)
}

pub(crate) async fn insert(
    tx: &mut Tx,
    id: ImageId,
    page: PageId,
    account: AccountId,
    blob: Uuid,
    now: Timestamp,
) -> Result<()> {
    execute!(
        tx,
        "INSERT INTO images (id, page, account, blob, created) VALUES ($1, $2, $3, $4, $5)",
        id.0,
        page.0,
        account.0,
        blob,
        now.0
    )?;
    Ok(())
}

/// They belong to this message from now on.
pub(crate) async fn send(tx: &mut Tx, id: MessageId, seq: i64, images: &[Image]) -> Result<()> {
    for (place, image) in (0_i64..).zip(images) {
        execute!(
            tx,
            "UPDATE images SET message = $1, seq = $2, place = $3, alt = $4 WHERE id = $5",
            id.0,
            seq,
            place,
            &image.alt,
            image.id.0
        )?;
    }
    Ok(())
}

/// Forgets some images; their contents may be freed, if nothing else uses them. An upload that is under way keeps its
/// own time.
macro_rules! forget {
    ($tx:expr, $now:expr, $which:literal $(, $bind:expr)*) => {{
        execute!(
            $tx,
            concat!(
                "UPDATE blobs SET free_at = $1 WHERE (free_at IS NULL OR free_at < $1)
                   AND id IN (SELECT blob FROM images WHERE ", $which, ")"
            ),
            $now.0 $(, $bind)*
        )?;
        execute!(
            $tx,
            concat!("DELETE FROM images WHERE $1 = $1 AND ", $which),
            $now.0 $(, $bind)*
        )
    }};
}

/// Those of a message that was deleted.
pub(crate) async fn forget_sent(tx: &mut Tx, message: MessageId, now: Timestamp) -> Result<u64> {
    forget!(tx, now, "message = $2", message.0)
}

/// One that was not sent.
pub(crate) async fn forget_unsent(
    tx: &mut Tx,
    account: AccountId,
    page: PageId,
    id: ImageId,
    now: Timestamp,
) -> Result<u64> {
    forget!(
        tx,
        now,
        "id = $2 AND account = $3 AND page = $4 AND message IS NULL",
        id.0,
        account.0,
        page.0
    )
}

/// Up to `most` that were uploaded before then, and never sent.
pub(crate) async fn forget_old(
    tx: &mut Tx,
    before: Timestamp,
    most: i64,
    now: Timestamp,
) -> Result<u64> {
    forget!(
        tx,
        now,
        "id IN (SELECT id FROM images WHERE message IS NULL AND created <= $2
                ORDER BY created, id LIMIT $3)",
        before.0,
        most
    )
}

/// Up to `most` of a page.
pub(crate) async fn forget_of(tx: &mut Tx, page: Uuid, most: i64, now: Timestamp) -> Result<u64> {
    forget!(
        tx,
        now,
        "id IN (SELECT id FROM images WHERE page = $2 ORDER BY id LIMIT $3)",
        page,
        most
    )
}
