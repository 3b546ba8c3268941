//! Calls over HTTP: one exchange to join, short ones to change and to leave. Who may is the backend's to say, what then
//! happens is beam's. See API.md.

mod place;
mod provider;
mod token;
mod ways;

use std::time::Instant;

use app::{Problem, ssr};
use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
    routing::post,
};
use backend::Viewer;
use beam::{Change, Core, Denied, Join, Mids};
use domain::{Call, CallId, PageId, Refusal, SessionId, call::Seen};
use http::HeaderMap;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

pub(crate) use place::Calls;
pub(crate) use provider::{Provider, Template, Turn};
use token::Guest;
pub(crate) use ways::{Opened, ways};

use crate::{
    router::Site,
    security::{self, session_token},
};

#[derive(Deserialize)]
struct OnPage {
    page: PageId,
}

#[derive(Deserialize)]
struct Joining {
    page: PageId,
    session: SessionId,
    #[serde(default)]
    after: Option<SessionId>,
    offer: String,
    muted: bool,
    camera: bool,
    mids: Mids,
}

#[derive(Deserialize)]
struct Testing {
    session: SessionId,
    offer: String,
    mids: Mids,
}

#[derive(Deserialize)]
struct Restarting {
    session: SessionId,
    offer: String,
}

#[derive(Deserialize)]
struct Changing {
    session: SessionId,
    #[serde(flatten)]
    change: Change,
}

#[derive(Deserialize)]
struct Seeing {
    session: SessionId,
    seen: Vec<Seen>,
}

#[derive(Deserialize)]
struct Leaving {
    session: SessionId,
}

#[derive(Deserialize)]
struct Managing {
    page: PageId,
    session: SessionId,
}

#[derive(Serialize)]
struct Now {
    call: Option<Call>,
    settings: Value,
    ice_servers: Value,
}

pub(crate) fn routes() -> Router<Site> {
    Router::new()
        .route("/api/call", post(now))
        .route("/api/call_join", post(join))
        .route("/api/call_restart", post(restart))
        .route("/api/call_change", post(change))
        .route("/api/call_seen", post(seen))
        .route("/api/call_leave", post(leave))
        .route("/api/call_mute", post(mute))
        .route("/api/call_remove", post(remove))
        .route("/api/call_ways", post(find_ways))
        .route("/api/call_test", post(test))
}

async fn now(State(site): State<Site>, headers: HeaderMap, body: Bytes) -> Response {
    answer(async {
        let (viewer, OnPage { page }) = asked(&site, &headers, &body).await?;
        site.backend.may_call(&viewer, page).await?;
        let at = site.backend.now();
        let provider = &site.calls.provider;
        let guest = Guest {
            account: viewer.account,
            name: &viewer.name,
            moderator: provider.asks_for_rights() && manages(&site, &viewer, page).await?,
        };
        Ok(Now {
            call: site.calls.call(page).await?,
            settings: provider.settings(page, &guest, at),
            ice_servers: site.calls.turn.servers(viewer.account, at),
        })
    })
    .await
}

async fn join(State(site): State<Site>, headers: HeaderMap, body: Bytes) -> Response {
    answer(async {
        let (viewer, joining): (Viewer, Joining) = asked(&site, &headers, &body).await?;
        let page = joining.page;
        let page_name = site.backend.may_join_call(&viewer, page).await?;
        let random = backend::Random.id().map_err(backend::Error::from)?;
        let at = site.backend.now();
        let join = Join {
            page,
            session: joining.session,
            after: joining.after,
            account: viewer.account,
            name: viewer.name.clone(),
            offer: joining.offer,
            muted: joining.muted,
            camera: joining.camera,
            mids: joining.mids,
            trial: false,
            call: CallId::new(at, random),
            at,
        };
        let token = session_token(&headers).unwrap_or_default();
        let joined = site.calls.join(&viewer, token, page_name, join).await?;
        Ok(json!({ "call": joined.call, "answer": joined.answer, "slots": joined.slots }))
    })
    .await
}

async fn restart(State(site): State<Site>, headers: HeaderMap, body: Bytes) -> Response {
    answer(async {
        let (viewer, asked): (Viewer, Restarting) = asked(&site, &headers, &body).await?;
        site.backend.may_signal_call(&viewer)?;
        let Restarting { session, offer } = asked;
        let done = site
            .calls
            .ask(move |core, now| core.restart(now, viewer.account, session, &offer));
        Ok(json!({ "answer": done.await? }))
    })
    .await
}

async fn change(State(site): State<Site>, headers: HeaderMap, body: Bytes) -> Response {
    answer(async {
        let (viewer, asked): (Viewer, Changing) = asked(&site, &headers, &body).await?;
        site.backend.may_signal_call(&viewer)?;
        let at = site.backend.now();
        let Changing { session, change } = asked;
        let done = site
            .calls
            .ask(move |core, now| core.change(now, at, viewer.account, session, change));
        done.await?;
        Ok(json!({}))
    })
    .await
}

async fn seen(State(site): State<Site>, headers: HeaderMap, body: Bytes) -> Response {
    answer(async {
        let (viewer, asked): (Viewer, Seeing) = asked(&site, &headers, &body).await?;
        site.backend.may_signal_call(&viewer)?;
        let Seeing { session, seen } = asked;
        let done = site
            .calls
            .ask(move |core, now| core.seen(now, viewer.account, session, seen));
        done.await?;
        Ok(json!({}))
    })
    .await
}

/// Also by `navigator.sendBeacon`, as the page goes: whatever its type says, the body is JSON.
async fn leave(State(site): State<Site>, headers: HeaderMap, body: Bytes) -> Response {
    answer(async {
        let (viewer, Leaving { session }) = asked(&site, &headers, &body).await?;
        let done = site
            .calls
            .beam()?
            .ask(move |core, now| core.leave(now, viewer.account, session));
        done.await.map_err(stopped)?;
        Ok(json!({}))
    })
    .await
}

async fn mute(State(site): State<Site>, headers: HeaderMap, body: Bytes) -> Response {
    managed(site, headers, body, Core::mute).await
}

async fn remove(State(site): State<Site>, headers: HeaderMap, body: Bytes) -> Response {
    managed(site, headers, body, Core::remove).await
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

/// One end of a call of an admin's browser with itself: apart from all others, and of no page.
async fn test(State(site): State<Site>, headers: HeaderMap, body: Bytes) -> Response {
    answer(async {
        let (viewer, testing): (Viewer, Testing) = asked(&site, &headers, &body).await?;
        site.backend.may_test_calls(&viewer).await?;
        let join = Join {
            page: PageId(viewer.account.0),
            session: testing.session,
            after: None,
            account: viewer.account,
            name: viewer.name.clone(),
            offer: testing.offer,
            muted: false,
            camera: false,
            mids: testing.mids,
            trial: true,
            call: CallId(viewer.account.0),
            at: site.backend.now(),
        };
        let joined = site.calls.ask(move |core, now| core.join(now, join));
        Ok(json!({ "answer": joined.await?.answer }))
    })
    .await
}

/// What an admin of the page does to somebody in its call.
async fn managed(
    site: Site,
    headers: HeaderMap,
    body: Bytes,
    act: fn(&mut Core, Instant, PageId, SessionId) -> Result<(), Denied>,
) -> Response {
    answer(async {
        let (viewer, Managing { page, session }) = asked(&site, &headers, &body).await?;
        site.backend.may_manage_call(&viewer, page).await?;
        let done = site
            .calls
            .ask(move |core, now| act(core, now, page, session));
        done.await?;
        Ok(json!({}))
    })
    .await
}

async fn manages(site: &Site, viewer: &Viewer, page: PageId) -> Result<bool, Problem> {
    match site.backend.may_manage_call(viewer, page).await {
        Ok(()) => Ok(true),
        Err(backend::Error::Refused(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
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
