//! The log: on standard error, one line a request, each with the request's id. Links and tokens never reach it, because a
//! request is named by the route it matched and not by its address.

use std::{
    io::{self, IsTerminal},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use any_spawner::{CustomExecutor, Executor, PinnedFuture, PinnedLocalFuture};
use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use backend::Random;
use http::{HeaderName, HeaderValue};
use tracing::{Instrument, Span};
use tracing_subscriber::{EnvFilter, fmt};

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// `filter` has been checked with the settings.
pub(crate) fn start(filter: &str, json: bool) {
    // Of each browser that offers what we do not take, str0m says so line by line. Named in the setting, it is heard.
    let filter = format!("str0m=error,{filter}");
    let log = fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(io::stderr);
    // A second start (there is none but in tests) keeps the first.
    let _ = if json {
        log.json().with_current_span(false).try_init()
    } else {
        log.with_ansi(io::stderr().is_terminal())
            .with_target(false)
            .try_init()
    };
}

/// What the app spawns while it renders a page belongs to the request as well.
struct InRequest;

impl CustomExecutor for InRequest {
    fn spawn(&self, task: PinnedFuture<()>) {
        tokio::spawn(task.in_current_span());
    }

    fn spawn_local(&self, task: PinnedLocalFuture<()>) {
        tokio::task::spawn_local(task.in_current_span());
    }

    fn poll_local(&self) {}
}

/// Before the app's routes are made, which would else choose their own.
pub(crate) fn follow_tasks() {
    // A second router in one program shares the first one's.
    let _ = Executor::init_custom_executor(InRequest);
}

/// Gives every request an id, or keeps a sane one that a proxy gave; it stands in the request, for all who log, and in
/// the response.
pub(crate) async fn identify(mut request: Request, next: Next) -> Response {
    let id = match request.headers().get(&REQUEST_ID) {
        Some(id) if is_sane(id.as_bytes()) => id.clone(),
        _ => new_id(),
    };
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let mut response = next.run(request).await;
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

fn is_sane(id: &[u8]) -> bool {
    let allowed = |b: &u8| b.is_ascii_alphanumeric() || *b == b'-' || *b == b'_';
    (1..=64).contains(&id.len()) && id.iter().all(allowed)
}

/// Random for each start and counted from there: unique, and cheap enough for every request.
fn new_id() -> HeaderValue {
    static START: OnceLock<u32> = OnceLock::new();
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let start = START.get_or_init(|| {
        Random.id().map_or(0, |random| {
            u32::from_le_bytes([random[0], random[1], random[2], random[3]])
        })
    });
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    HeaderValue::try_from(format!("{start:08x}-{count:x}"))
        .unwrap_or_else(|_| HeaderValue::from_static("0"))
}

/// An error-level span, so that also a log of errors only knows the request.
pub(crate) fn span<B>(request: &http::Request<B>) -> Span {
    let id = request.headers().get(&REQUEST_ID);
    let route = request.extensions().get::<MatchedPath>();
    tracing::error_span!(
        "request",
        id = id.and_then(|id| id.to_str().ok()).unwrap_or_default(),
        method = request.method().as_str(),
        route = route.map_or("none", MatchedPath::as_str),
    )
}

pub(crate) fn answered<B>(response: &http::Response<B>, took: Duration, _: &Span) {
    let status = response.status().as_u16();
    let ms = took.as_secs_f64() * 1000.0;
    if status >= 500 {
        tracing::warn!(status, ms, "failed");
    } else {
        tracing::info!(status, ms, "answered");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_from_outside_is_kept_only_if_it_can_do_no_harm() {
        assert!(is_sane(b"a1-B_2"));
        assert!(!is_sane(b""));
        assert!(!is_sane(b"a b"));
        assert!(!is_sane(b"a\x1b[31m"));
        assert!(!is_sane(&[b'a'; 65]));
    }

    #[tokio::test]
    async fn what_a_page_spawns_is_logged_with_its_request() {
        let _log = tracing::subscriber::set_default(tracing_subscriber::registry());
        follow_tasks();
        let span = tracing::error_span!("request");
        let (tell, told) = tokio::sync::oneshot::channel();
        span.in_scope(|| {
            Executor::spawn(async move {
                let _ = tell.send(Span::current().id());
            });
        });
        assert!(span.id().is_some());
        assert_eq!(told.await.unwrap(), span.id());
    }

    #[test]
    fn no_two_requests_have_the_same_id() {
        assert_ne!(new_id(), new_id());
        assert!(is_sane(new_id().as_bytes()));
    }
}
