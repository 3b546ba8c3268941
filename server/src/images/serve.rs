//! `GET /i/<image>/<original|320|800|1600>`. What may not be seen is not there. Browsers keep what they got for ever: an
//! image never changes under its address.

use app::{Problem, ssr};
use axum::{
    body::Body,
    extract::{Path, RawQuery, State},
    response::{IntoResponse, Response},
};
use backend::{Error, ImageFile, Variant};
use domain::{Image, ImageId, LocalTime};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{
        ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
        CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, IF_RANGE, RANGE,
    },
};

use super::range::Wanted;
use crate::router::Site;

pub(crate) async fn serve(
    State(site): State<Site>,
    Path((id, variant)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let (Ok(id), Some(variant)) = (id.parse::<ImageId>(), parse(&variant)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let attached = query.is_some_and(|query| query.split('&').any(|it| it == "download"));
    match find(&site, &headers, (id, variant), attached).await {
        Ok(answer) => answer,
        // To those who are not signed in there is nothing either.
        Err(Problem::Refused(_)) => StatusCode::NOT_FOUND.into_response(),
        Err(problem) => ssr::status_of(&problem).into_response(),
    }
}

fn parse(variant: &str) -> Option<Variant> {
    if variant == "original" {
        return Some(Variant::Original);
    }
    let width = Image::WIDTHS.into_iter();
    let mut width = width.filter(|width| width.to_string() == variant);
    width.next().map(Variant::Wide)
}

async fn find(
    site: &Site,
    headers: &HeaderMap,
    (id, variant): (ImageId, Variant),
    attached: bool,
) -> Result<Response, Problem> {
    let Some(viewer) = ssr::viewer(&site.backend, headers).await? else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let file = site.backend.image_file(&viewer, id, variant).await?;
    let tag = format!("\"{}\"", file.tag);
    let mut answer = if matches(headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        whole_or_part(site, headers, &file, &tag).await?
    };
    let disposition = disposition(&file, attached);
    for (name, value) in [
        (ETAG, &*tag),
        (CACHE_CONTROL, "private, max-age=31536000, immutable"),
        (CONTENT_DISPOSITION, &*disposition),
        // Opened by itself, it is a picture and nothing else.
        (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            answer.headers_mut().insert(name, value);
        }
    }
    Ok(answer)
}

async fn whole_or_part(
    site: &Site,
    headers: &HeaderMap,
    file: &ImageFile,
    tag: &str,
) -> Result<Response, Error> {
    let same = text(headers, &IF_RANGE).is_none_or(|range| range == tag);
    let wanted = match text(headers, &RANGE).filter(|_| same) {
        Some(range) => Wanted::of(range, site.backend.image_size(file).await?),
        None => Wanted::All,
    };
    let (status, range) = match wanted {
        Wanted::All => (StatusCode::OK, None),
        Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, Some(range)),
        Wanted::Outside => {
            let all = site.backend.image_size(file).await?;
            let range = [(CONTENT_RANGE, format!("bytes */{all}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, range).into_response());
        }
    };
    let opened = site.backend.open_image(file, range).await?;
    let (start, end, all) = (opened.range.start, opened.range.end, opened.size);
    let head = [
        (CONTENT_TYPE, file.mime.to_owned()),
        (CONTENT_LENGTH, (end - start).to_string()),
        (ACCEPT_RANGES, "bytes".to_owned()),
    ];
    let mut answer = (status, head, Body::from_stream(opened.bytes)).into_response();
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {start}-{}/{all}", end - 1);
        if let Ok(range) = HeaderValue::from_str(&range) {
            answer.headers_mut().insert(CONTENT_RANGE, range);
        }
    }
    Ok(answer)
}

/// RFC 9110 §13.1.2: weakly.
fn matches(headers: &HeaderMap, tag: &str) -> bool {
    let wanted = text(headers, &IF_NONE_MATCH).unwrap_or_default();
    let mut tags = wanted.split(',').map(str::trim);
    tags.any(|wanted| wanted == "*" || wanted.trim_start_matches("W/") == tag)
}

/// A name that says when, and nothing of what the sender called it.
fn disposition(file: &ImageFile, attached: bool) -> String {
    let LocalTime {
        year, month, day, ..
    } = LocalTime::new(file.at, 0);
    let how = if attached { "attachment" } else { "inline" };
    let id = file.id.0.simple().to_string();
    let (id, extension) = (&id[24..], file.extension);
    format!("{how}; filename=\"stoa-{year:04}-{month:02}-{day:02}-{id}.{extension}\"")
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
