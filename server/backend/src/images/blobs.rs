//! Contents: kept once, counted against the quotas, freed when no image uses them.
//!
//! A blob's row comes before its files and goes before them, and names are never used again: its files may be written or
//! removed whenever, by whichever node, and nothing that is used is ever lost.

use domain::{ImageKind, PageId, Refusal, Timestamp};
use uuid::Uuid;

use super::store::BlobName;
use crate::{
    Backend, Result,
    db::{Conn, execute, fetch_all, fetch_one},
    writer::Tx,
};

/// A content without an image stays so long: somebody may be about to use it.
const GRACE: i64 = 60 * 60;
/// Freed in one transaction.
const MOST: i64 = 200;

/// What the database knows of a content.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) hash: [u8; 32],
    pub(crate) kind: ImageKind,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Of the original; and with the thumbnails.
    pub(crate) bytes: i64,
    pub(crate) kept: i64,
    pub(crate) animated: bool,
    pub(crate) blur: String,
}

/// Bytes of originals and thumbnails together. Of the whole place each content counts once; of a page every image
/// counts, also an unsent one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quotas {
    pub(crate) place: Option<u64>,
    pub(crate) page: Option<u64>,
}

/// The blob with this content, whether or not it was there, and whether its files are. It stays for a while.
pub(crate) async fn reserve(
    tx: &mut Tx,
    id: Uuid,
    page: PageId,
    row: &Row,
    quotas: Quotas,
    now: Timestamp,
) -> Result<(Uuid, bool)> {
    room_on_page(tx, page, row.kept, quotas).await?;
    let found: (Uuid, bool) = fetch_one!(
        tx,
        "INSERT INTO blobs (id, hash, kind, width, height, bytes, kept, animated, blur, free_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (hash) DO UPDATE SET free_at = CASE
           WHEN blobs.free_at > excluded.free_at THEN blobs.free_at ELSE excluded.free_at END
         RETURNING id, complete",
        id,
        &row.hash[..],
        row.kind.as_str(),
        i64::from(row.width),
        i64::from(row.height),
        row.bytes,
        row.kept,
        row.animated,
        &row.blur,
        now.plus_secs(GRACE).0
    )?;
    if let (Some(most), false) = (quotas.place, found.1) {
        let (used,): (i64,) = fetch_one!(
            tx,
            "SELECT CAST(COALESCE(SUM(kept), 0) AS BIGINT) FROM blobs"
        )?;
        if used as u64 > most {
            return Err(Refusal::StorageFull.into());
        }
    }
    Ok(found)
}

pub(crate) async fn room_on_page(
    conn: &mut Conn,
    page: PageId,
    bytes: i64,
    quotas: Quotas,
) -> Result<()> {
    let Some(most) = quotas.page else {
        return Ok(());
    };
    let (used,): (i64,) = fetch_one!(
        conn,
        "SELECT CAST(COALESCE(SUM(b.kept), 0) AS BIGINT)
         FROM images i JOIN blobs b ON b.id = i.blob WHERE i.page = $1",
        page.0
    )?;
    if (used + bytes) as u64 > most {
        return Err(Refusal::page_full(most).into());
    }
    Ok(())
}

/// All its files are there, and it is used: once it is not any more, it may be freed at once.
pub(crate) async fn complete(tx: &mut Tx, blob: Uuid) -> Result<()> {
    execute!(
        tx,
        "UPDATE blobs SET complete = TRUE, free_at = NULL WHERE id = $1",
        blob
    )?;
    Ok(())
}

/// May be freed at once, unless it is used.
pub(crate) async fn free_unused(tx: &mut Tx, blob: Uuid, now: Timestamp) -> Result<()> {
    execute!(
        tx,
        "UPDATE blobs SET free_at = $1 WHERE id = $2 AND NOT complete",
        now.0,
        blob
    )?;
    Ok(())
}

impl Backend {
    /// Takes away the contents that nobody uses any more, first their rows, then their files.
    pub(crate) async fn free_blobs(&self) -> Result<()> {
        let now = self.now();
        loop {
            let work = self
                .0
                .db
                .write(move |tx| Box::pin(async move { give_up(tx, now).await }));
            match work.await {
                Ok(0) => break,
                Ok(_) => {}
                // Just now somebody has begun to use one of them. Next time.
                Err(error) if error.is_foreign_key_violation() => break,
                Err(error) => return Err(error),
            }
        }
        self.remove_freed().await
    }

    async fn remove_freed(&self) -> Result<()> {
        loop {
            let mut conn = self.0.db.read().await?;
            let freed: Vec<(Uuid, Vec<u8>)> =
                fetch_all!(conn, "SELECT id, hash FROM freed_blobs LIMIT $1", MOST)?;
            drop(conn);
            if freed.is_empty() {
                return Ok(());
            }
            for (id, hash) in freed {
                let hash = hash.try_into().unwrap_or_default();
                self.0.images.store.remove(BlobName { id, hash }).await?;
                let work = self.0.db.write(move |tx| {
                    Box::pin(
                        async move { execute!(tx, "DELETE FROM freed_blobs WHERE id = $1", id) },
                    )
                });
                work.await?;
            }
        }
    }

    /// Uploads that were under way when the program was ended. Only where no other node can have any.
    pub(crate) async fn give_up_unfinished(&self) -> Result<()> {
        let work = self.0.db.write(|tx| {
            Box::pin(async move {
                if matches!(**tx, Conn::Postgres(_)) {
                    return Ok(0);
                }
                execute!(tx, "UPDATE blobs SET free_at = 0 WHERE NOT complete")
            })
        });
        work.await.map(drop)
    }
}

/// Moves some blobs to those whose files are to be removed: how many.
async fn give_up(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    execute!(
        tx,
        "UPDATE blobs SET free_at = NULL
         WHERE free_at <= $1 AND EXISTS (SELECT 1 FROM images i WHERE i.blob = blobs.id)",
        now.0
    )?;
    execute!(
        tx,
        "INSERT INTO freed_blobs (id, hash)
         SELECT b.id, b.hash FROM blobs b
         WHERE b.free_at <= $1 AND NOT EXISTS (SELECT 1 FROM images i WHERE i.blob = b.id)
         ORDER BY b.free_at LIMIT $2
         ON CONFLICT (id) DO NOTHING",
        now.0,
        MOST
    )?;
    execute!(
        tx,
        "DELETE FROM blobs WHERE id IN (SELECT id FROM freed_blobs)"
    )
}
