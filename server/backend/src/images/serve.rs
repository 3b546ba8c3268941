//! Giving out files: to members of the image's page only, and an unsent one to whoever uploaded it.

use std::ops::Range;

use bytes::Bytes;
use domain::{Image, ImageId, ImageKind, Refusal, Timestamp};
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{GetResult, GetResultPayload};
use tokio::io::{AsyncReadExt, AsyncSeekExt, SeekFrom};
use uuid::Uuid;

use super::{
    shrink::kind_of,
    store::{BlobName, Variant, hex},
};
use crate::{Backend, Failure, Result, Viewer, db::fetch_optional};

/// Read whole, and at a time.
const SMALL: u64 = 1024 * 1024;
const PART: usize = 256 * 1024;

/// A file that somebody may see. It is not opened yet.
#[derive(Debug)]
pub struct ImageFile {
    pub mime: &'static str,
    pub extension: &'static str,
    /// The same for the same bytes, and for no others.
    pub tag: String,
    /// When it was sent.
    pub at: Timestamp,
    pub id: ImageId,
    blob: BlobName,
    variant: Variant,
}

/// What of it is given out.
pub struct ImageBytes {
    /// Of the whole file.
    pub size: u64,
    /// What of it this is.
    pub range: Range<u64>,
    pub bytes: BoxStream<'static, std::io::Result<Bytes>>,
}

#[derive(sqlx::FromRow)]
struct FileRow {
    blob: Uuid,
    hash: Vec<u8>,
    kind: String,
    width: i64,
    height: i64,
    at: i64,
}

impl Backend {
    /// `NotFound` for everybody who may not see it. Of a width that there is not: the original, which is smaller.
    pub async fn image_file(
        &self,
        viewer: &Viewer,
        id: ImageId,
        variant: Variant,
    ) -> Result<ImageFile> {
        let mut conn = self.0.db.read().await?;
        let row: Option<FileRow> = fetch_optional!(
            conn,
            "SELECT b.id AS blob, b.hash, b.kind, b.width, b.height, COALESCE(s.at, i.created) AS at
             FROM images i
             JOIN blobs b ON b.id = i.blob
             JOIN pages p ON p.id = i.page AND p.deleted IS NULL
             JOIN members m ON m.page = i.page AND m.account = $2
             JOIN accounts a ON a.id = m.account AND NOT a.disabled
             LEFT JOIN messages s ON s.id = i.message
             WHERE i.id = $1 AND (i.message IS NOT NULL OR i.account = $2)",
            id.0,
            viewer.account.0
        )?;
        let row = row.ok_or(Refusal::NotFound)?;
        let side = |side: i64| u32::try_from(side).unwrap_or(1);
        let variant = match variant {
            Variant::Wide(width)
                if Image::widths_of(side(row.width), side(row.height)).any(|it| it == width) =>
            {
                variant
            }
            _ => Variant::Original,
        };
        let kind = match variant {
            Variant::Original => ImageKind::parse(&row.kind),
            Variant::Wide(width) => ImageKind::parse(&row.kind).map(|kind| kind_of(kind, width)),
        };
        let kind = kind.ok_or_else(|| Failure::Other(format!("no kind: {}", row.kind)))?;
        let blob = BlobName {
            id: row.blob,
            hash: row.hash.try_into().unwrap_or_default(),
        };
        let name = match variant {
            Variant::Original => "original".to_owned(),
            Variant::Wide(width) => width.to_string(),
        };
        Ok(ImageFile {
            mime: kind.mime(),
            extension: kind.extension(),
            tag: format!("{}-{name}", &hex(&blob.hash)[..32]),
            at: Timestamp(row.at),
            id,
            blob,
            variant,
        })
    }

    /// Its bytes.
    pub async fn image_size(&self, file: &ImageFile) -> Result<u64> {
        self.0.images.store.size(file.blob, file.variant).await
    }

    /// The file, or a range of it, which has to begin within it.
    pub async fn open_image(
        &self,
        file: &ImageFile,
        range: Option<Range<u64>>,
    ) -> Result<ImageBytes> {
        let store = &self.0.images.store;
        let got = store.get(file.blob, file.variant, range).await?;
        let (size, range) = (got.meta.size, got.range.clone());
        let bytes = if range.end - range.start <= SMALL {
            let whole = got.bytes().await;
            let whole = whole.map_err(|error| Failure::Other(error.to_string()))?;
            futures::stream::iter([Ok(whole)]).boxed()
        } else {
            parts(got).await?
        };
        Ok(ImageBytes { size, range, bytes })
    }
}

/// The store's own parts of a file are small, and each of them a task.
async fn parts(got: GetResult) -> Result<BoxStream<'static, std::io::Result<Bytes>>> {
    let Range { start, end } = got.range;
    let file = match got.payload {
        GetResultPayload::File(file, _) => file,
        GetResultPayload::Stream(stream) => {
            return Ok(stream.map_err(std::io::Error::other).boxed());
        }
    };
    let mut file = tokio::fs::File::from_std(file);
    file.set_max_buf_size(PART);
    let sought = file.seek(SeekFrom::Start(start)).await;
    sought.map_err(|error| Failure::Other(format!("a file of an image: {error}")))?;
    let parts = futures::stream::try_unfold((file, end - start), |(mut file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let mut part = Vec::with_capacity(PART.min(left as usize));
        let read = (&mut file)
            .take(left.min(PART as u64))
            .read_to_end(&mut part)
            .await?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Some((Bytes::from(part), (file, left - read as u64))))
    });
    Ok(parts.boxed())
}
