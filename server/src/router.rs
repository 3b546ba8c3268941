//! Every address the program answers, and what all answers have in common.

use std::{any::Any, sync::Arc, time::Duration};

use app::Peer;
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{MethodFilter, any, get, on, post},
};
use backend::Backend;
use domain::Refusal;
use http::{HeaderMap, StatusCode, header::CONTENT_TYPE, request::Parts};
use hub::Hub;
use leptos::{
    context::{provide_context, use_context},
    server_fn::axum::server_fn_paths,
};
use leptos_axum::handle_server_fns_with_context;
use tokio::time::timeout;
use tower::ServiceBuilder;
use tower_http::{
    CompressionLevel,
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer,
        predicate::{Predicate, SizeAbove},
    },
    limit::RequestBodyLimitLayer,
    timeout::TimeoutLayer,
    trace::TraceLayer,
};

use crate::{
    assets, calls, calls::Calls, images, live, log, pages, public_url::PublicUrl, security,
};

/// For the longest form and the longest message, in whatever encoding.
const LARGEST_BODY: usize = 256 * 1024;
/// Between the head of a request and the head of its answer: also bounds a body that trickles in.
const ANSWER: Duration = Duration::from_secs(30);
const DATABASE: Duration = Duration::from_secs(5);
/// Smaller bodies fit a packet or two as they are.
const WORTH_COMPRESSING: u16 = 1024;

/// What requests are answered from.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) backend: Backend,
    pub(crate) hub: Hub,
    pub(crate) public_url: Arc<PublicUrl>,
    pub(crate) sockets: Arc<live::Sockets>,
    pub(crate) calls: Arc<Calls>,
}

pub(crate) fn router(site: Site) -> Router {
    log::follow_tasks();
    let pages = pages::routes()
        .merge(functions(&site))
        .merge(calls::routes())
        .route("/mqtt", get(live::connect))
        .route("/i/{image}/{variant}", get(images::serve));
    let upload = post(images::upload).layer(DefaultBodyLimit::disable());
    let files = Router::new().route("/api/upload_image", upload);
    let upload = post(images::upload_data).layer(DefaultBodyLimit::disable());
    let texts = Router::new().route("/api/upload_image_data", upload);
    let pages = guarded(pages, &site, LARGEST_BODY, ANSWER)
        .merge(guarded(files, &site, images::LARGEST, images::PATIENCE))
        .merge(guarded(
            texts,
            &site,
            images::LARGEST_DATA,
            images::PATIENCE,
        ));

    // Asked for all the time, and of no interest in the log.
    let quiet = Router::new()
        .route("/health", get(|| async { "alive\n" }))
        .route("/ready", get(ready))
        .route("/v/{hash}/{*path}", get(assets::versioned))
        .route("/favicon.ico", get(assets::favicon))
        .route("/robots.txt", get(assets::robots));

    pages
        .merge(quiet)
        .layer(
            ServiceBuilder::new()
                .layer(from_fn(log::identify))
                .layer(from_fn_with_state(site.clone(), security::headers))
                .layer(compression()),
        )
        .with_state(site)
}

/// What holds for all that is asked by people and their programs: within these bounds, and from our own pages.
fn guarded(routes: Router<Site>, site: &Site, body: usize, answer: Duration) -> Router<Site> {
    routes.layer(
        ServiceBuilder::new()
            .layer(
                TraceLayer::new_for_http()
                    .make_span_with(log::span)
                    .on_request(())
                    .on_response(log::answered)
                    .on_body_chunk(())
                    .on_eos(())
                    .on_failure(()),
            )
            .layer(CatchPanicLayer::custom(panicked))
            .layer(TimeoutLayer::with_status_code(
                StatusCode::SERVICE_UNAVAILABLE,
                answer,
            ))
            .layer(from_fn_with_state(site.clone(), security::same_site))
            .layer(RequestBodyLimitLayer::new(body)),
    )
}

/// Alive is not ready: without its database nothing can be answered.
async fn ready(State(site): State<Site>) -> Response {
    match timeout(DATABASE, site.backend.ready()).await {
        Ok(Ok(())) => "ready\n".into_response(),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database fails\n").into_response()
        }
        Err(_) => {
            tracing::warn!("not ready: the database does not answer");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database does not answer\n",
            )
                .into_response()
        }
    }
}

/// What the browser's wasm, forms and other programs may call.
fn functions(site: &Site) -> Router<Site> {
    let backend = site.backend.clone();
    let context = move || {
        provide_context(backend.clone());
        let peer = use_context::<Parts>().map(|parts| security::peer(&parts));
        provide_context(Peer(peer.unwrap_or_default()));
    };
    let unknown = any(|| async { security::refuse(&Refusal::NotFound) });
    let mut functions = Router::new().route("/api/{*function}", unknown);
    for (path, method) in server_fn_paths() {
        let context = context.clone();
        let call = move |request: Request| handle_server_fns_with_context(context.clone(), request);
        let Ok(method) = MethodFilter::try_from(method) else {
            continue;
        };
        functions = functions.route(path, on(method, call));
    }
    functions
}

fn panicked(_: Box<dyn Any + Send>) -> Response {
    // The message and the place are on standard error already.
    tracing::error!("panicked while answering");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// Text that is made for each request. Assets are compressed already, and better.
fn compression() -> CompressionLayer<impl Predicate> {
    let is_text = |_: StatusCode, _: http::Version, headers: &HeaderMap, _: &http::Extensions| {
        let of = headers.get(CONTENT_TYPE).and_then(|of| of.to_str().ok());
        of.is_some_and(|of| of.starts_with("text/html") || of.starts_with("application/json"))
    };
    CompressionLayer::new()
        .quality(CompressionLevel::Precise(2))
        .compress_when(SizeAbove::new(WORTH_COMPRESSING).and(is_text))
}
