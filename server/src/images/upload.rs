//! `POST /api/upload_image?page=…&id=…`: one file as `multipart/form-data`, written to disk as it comes.

use std::time::Duration;

use app::{Problem, ssr};
use axum::{
    Json,
    body::Body,
    extract::{
        FromRequest, Multipart, Query, Request, State, multipart::MultipartError,
        rejection::QueryRejection,
    },
    response::{IntoResponse, Response},
};
use backend::{Incoming, Upload};
use domain::{Image, ImageId, PageId, Refusal};
use futures::StreamExt;
use http::{HeaderMap, StatusCode, header::CONTENT_LENGTH};
use serde::Deserialize;
use tokio::time::timeout;

use crate::{router::Site, security};

/// Of the whole body: a file, and what multipart writes around it.
pub(crate) const LARGEST: usize = Image::MAX_BYTES as usize + 64 * 1024;
/// For a whole upload, and for its next part: lines may be slow, but not silent.
pub(crate) const PATIENCE: Duration = Duration::from_mins(15);
pub(super) const NEXT_PART: Duration = Duration::from_secs(30);
/// What is still on its way when the answer is known already. A browser that is cut off while it sends does not read why.
const REST: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
pub(crate) struct Whose {
    page: PageId,
    id: ImageId,
}

pub(crate) async fn upload(
    State(site): State<Site>,
    whose: Result<Query<Whose>, QueryRejection>,
    request: Request,
) -> Response {
    match take(&site, whose, request).await {
        Ok(image) => Json(image).into_response(),
        Err(problem) => security::problem(&problem),
    }
}

async fn take(
    site: &Site,
    whose: Result<Query<Whose>, QueryRejection>,
    request: Request,
) -> Result<Image, Problem> {
    let length = request.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > LARGEST as u64) {
        return Err(too_large().into());
    }
    let (incoming, page, id) = match begin(site, whose, request.headers()).await {
        Ok((Upload::Wanted(incoming), page, id)) => (incoming, page, id),
        Ok((Upload::Stored(image), ..)) => {
            pass_over(request.into_body()).await;
            return Ok(image);
        }
        Err(problem) => {
            pass_over(request.into_body()).await;
            return Err(problem);
        }
    };
    let incoming = receive(request, incoming).await?;
    Ok(site.backend.take_upload(incoming, page, id).await?)
}

async fn begin(
    site: &Site,
    whose: Result<Query<Whose>, QueryRejection>,
    headers: &HeaderMap,
) -> Result<(Upload, PageId, ImageId), Problem> {
    let viewer = ssr::viewer(&site.backend, headers).await?;
    let viewer = viewer.ok_or(Refusal::SignedOut)?;
    let Query(Whose { page, id }) = whose.map_err(|wrong| bad(wrong.body_text()))?;
    let upload = site.backend.begin_upload(&viewer, page, id).await?;
    Ok((upload, page, id))
}

async fn receive(request: Request, mut incoming: Incoming) -> Result<Incoming, Problem> {
    let parts = Multipart::from_request(request, &()).await;
    let mut parts = parts.map_err(|wrong| unread(&wrong.body_text()))?;
    let written = write(&mut parts, &mut incoming).await;
    if written.is_err() {
        let rest = async { while let Ok(Some(_)) = parts.next_field().await {} };
        let _ = timeout(REST, rest).await;
    }
    written.map(|()| incoming)
}

async fn write(parts: &mut Multipart, incoming: &mut Incoming) -> Result<(), Problem> {
    let file = in_time(parts.next_field()).await?;
    let mut file = file.ok_or_else(|| bad("There is no file in this form.".into()))?;
    while let Some(part) = in_time(file.chunk()).await? {
        incoming.write(&part).await?;
    }
    drop(file);
    if in_time(parts.next_field()).await?.is_some() {
        return Err(bad(
            "One file at a time, and nothing else in its form.".into()
        ));
    }
    Ok(())
}

async fn in_time<T>(next: impl Future<Output = Result<T, MultipartError>>) -> Result<T, Problem> {
    let Ok(next) = timeout(NEXT_PART, next).await else {
        return Err(stopped());
    };
    next.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large().into(),
        _ => unread(&error.body_text()),
    })
}

/// Up to the limit of bodies, which is another's care.
pub(super) async fn pass_over(body: Body) {
    let mut parts = body.into_data_stream();
    let rest = async { while let Some(Ok(_)) = parts.next().await {} };
    let _ = timeout(REST, rest).await;
}

fn too_large() -> Refusal {
    Refusal::ImageTooLarge {
        max: Image::MAX_BYTES as usize,
    }
}

pub(super) fn stopped() -> Problem {
    bad("The upload has stopped in between. Please try again.".into())
}

pub(super) fn unread(why: &str) -> Problem {
    bad(format!("This upload cannot be read: {why}."))
}

fn bad(words: String) -> Problem {
    Refusal::BadRequest(words).into()
}
