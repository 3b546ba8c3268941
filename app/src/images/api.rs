//! What the browser may ask about images. Uploading is no server function: it streams, and is `POST /api/upload_image`
//! and, for images as text, `POST /api/upload_image_data`, in `server/src/images`.

use domain::{ImageId, PageId, PageImage};
use leptos::prelude::*;
use server_fn::codec::Json;

use crate::Problem;
#[cfg(feature = "ssr")]
use crate::ssr::{backend, signed_in};

/// One that I have uploaded and not sent.
#[server(prefix = "/api", endpoint = "discard_image", input = Json)]
pub async fn discard_image(page: PageId, id: ImageId) -> Result<(), Problem> {
    let viewer = signed_in().await?;
    Ok(backend().discard_image(&viewer, page, id).await?)
}

/// The images of a page, the newest first: of messages with a number below `before`, or simply the newest. At least
/// `limit` (1–200) of them, if there are so many: no message's images are told apart from each other.
#[server(name = ListPageImages, prefix = "/api", endpoint = "page_images", input = Json)]
pub async fn page_images(
    page: PageId,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<PageImage>, Problem> {
    let viewer = signed_in().await?;
    Ok(backend().page_images(&viewer, page, before, limit).await?)
}
