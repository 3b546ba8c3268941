//! Calls over HTTP: one exchange to join, short ones to change and to leave. Who may is the backend's to say, what then
//! happens is beam's. See API.md.

mod errand;
mod place;
mod provider;
mod token;
mod ways;

use app::{Problem, ssr};
use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
    routing::{MethodRouter, post},
};
use backend::Viewer;
use beam::Denied;
use domain::{Call, Refusal};
use http::HeaderMap;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use errand::Errand;
pub(crate) use place::Calls;
pub(crate) use provider::{Provider, Template, Turn};
pub(crate) use ways::{Opened, ways};

use crate::{router::Site, security};

pub(crate) fn routes() -> Router<Site> {
    Router::new()
        .route("/api/call", errand(Errand::Find))
        .route("/api/call_join", errand(Errand::Join))
        .route("/api/call_restart", errand(Errand::Restart))
        .route("/api/call_change", errand(Errand::Change))
        .route("/api/call_seen", errand(Errand::Seen))
        // Also by `navigator.sendBeacon`, as the page goes: whatever its type says, the body is JSON.
        .route("/api/call_leave", errand(Errand::Leave))
        .route("/api/call_mute", errand(Errand::Mute))
        .route("/api/call_remove", errand(Errand::Remove))
        .route("/api/call_ways", post(find_ways))
        .route("/api/call_test", errand(Errand::Test))
}

fn errand(errand: Errand) -> MethodRouter<Site> {
    post(
        move |State(site): State<Site>, headers: HeaderMap, body: Bytes| {
            answer(async move {
                let (viewer, body) = asked(&site, &headers, &body).await?;
                site.calls.run(&viewer, errand, body).await
            })
        },
    )
}

/// How people come into calls here, for admins of the place.
async fn find_ways(State(site): State<Site>, headers: HeaderMap, body: Bytes) -> Response {
    answer(async {
        let (viewer, _): (Viewer, Value) = asked(&site, &headers, &body).await?;
        site.backend.may_test_calls(&viewer).await?;
        let at = site.backend.now();
        Ok(json!({
            "ways": site.calls.ways,
            "ice_servers": site.calls.turn.servers(viewer.account, at),
        }))
    })
    .await
}

/// Who asks, and for what.
async fn asked<T: DeserializeOwned>(
    site: &Site,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(Viewer, T), Problem> {
    let viewer = ssr::viewer(&site.backend, headers).await?;
    let viewer = viewer.ok_or(Refusal::SignedOut)?;
    let wrong = |error: serde_json::Error| Refusal::BadRequest(error.to_string());
    Ok((viewer, serde_json::from_slice(body).map_err(wrong)?))
}

async fn answer<T: Serialize>(of: impl Future<Output = Result<T, Problem>>) -> Response {
    match of.await {
        Ok(answer) => Json(answer).into_response(),
        Err(problem) => security::problem(&problem),
    }
}

fn denied(why: Denied) -> Problem {
    match why {
        Denied::Offer(_) => Refusal::BadRequest(format!("{why}.")),
        Denied::Unknown => Refusal::NotFound,
        Denied::Taken => Refusal::IdTaken,
        Denied::Removed => Refusal::RemovedFromCall,
        Denied::Full => Refusal::BadRequest(format!(
            "This call is full: at most {} can be in it.",
            Call::MAX
        )),
        Denied::Busy => Refusal::TooMany { seconds: 60 },
    }
    .into()
}

fn stopped(_: beam::Stopped) -> Problem {
    Problem::Network("calls have stopped".into())
}
