//! `POST /api/upload_image_data`: an image as text, decoded and written to disk as it comes.

use app::{Problem, ssr};
use axum::{
    Json,
    body::{Body, BodyDataStream},
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use backend::Incoming;
use bytes::Bytes;
use domain::{Image, ImageId, PageId, Refusal};
use futures::StreamExt;
use http::HeaderMap;
use tokio::time::timeout;

use super::{
    text::Text,
    upload::{NEXT_PART, pass_over, stopped, unread},
};
use crate::{router::Site, security};

/// Of the whole body: the largest image in base64, and what JSON writes around it.
pub(crate) const LARGEST: usize = 35 * 1024 * 1024;

pub(crate) async fn upload(State(site): State<Site>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let mut body = body.into_data_stream();
    let done = match receive(&site, &head.headers, &mut body).await {
        Ok((incoming, page, id)) => take(&site, incoming, page, id).await,
        Err(problem) => {
            pass_over(Body::from_stream(body)).await;
            Err(problem)
        }
    };
    match done {
        Ok(image) => Json(image).into_response(),
        Err(problem) => security::problem(&problem),
    }
}

async fn receive(
    site: &Site,
    headers: &HeaderMap,
    body: &mut BodyDataStream,
) -> Result<(Incoming, PageId, ImageId), Problem> {
    let viewer = ssr::viewer(&site.backend, headers).await?;
    let viewer = viewer.ok_or(Refusal::SignedOut)?;
    let mut incoming = site.backend.begin_text(&viewer).await?;
    let (mut text, mut bytes) = (Text::default(), Vec::new());
    while let Some(part) = next(body).await? {
        text.push(&part, &mut bytes)?;
        incoming.write(&bytes).await?;
        bytes.clear();
    }
    let (page, id) = text.end(&mut bytes)?;
    incoming.write(&bytes).await?;
    Ok((incoming, page, id))
}

async fn next(body: &mut BodyDataStream) -> Result<Option<Bytes>, Problem> {
    let Ok(next) = timeout(NEXT_PART, body.next()).await else {
        return Err(stopped());
    };
    next.transpose().map_err(|error| unread(&error.to_string()))
}

async fn take(
    site: &Site,
    incoming: Incoming,
    page: PageId,
    id: ImageId,
) -> Result<Image, Problem> {
    Ok(site.backend.take_text(incoming, page, id).await?)
}
