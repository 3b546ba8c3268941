//! The only server-side module: who asks, what they may reach, and how errors and cookies leave.

use std::sync::{Arc, Mutex, PoisonError};

use backend::{Backend, Error, SessionToken, Viewer};
use domain::Refusal;
use http::{
    HeaderName, HeaderValue, StatusCode,
    header::{
        ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, LOCATION, REFERRER_POLICY,
        SET_COOKIE,
    },
    request::Parts,
};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_axum::ResponseOptions;
use server_fn::error::ServerFnUrlError;

use crate::Problem;

pub const SESSION_COOKIE: &str = "stoa_session";

/// The address the request came from, as limits count it. Provided by the server for each request.
#[derive(Clone, Debug)]
pub struct Peer(pub String);

/// Who asks, once looked up, for the rest of this request.
#[derive(Clone, Default)]
struct Asked(Arc<Mutex<Option<Option<Viewer>>>>);

pub fn backend() -> Backend {
    expect_context()
}

pub fn peer() -> String {
    use_context::<Peer>().map_or_else(String::new, |peer| peer.0)
}

pub fn cookie(name: &str) -> Option<String> {
    let parts: Parts = use_context()?;
    parts
        .headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| {
            let (key, value) = pair.trim().split_once('=')?;
            (key == name).then(|| value.to_owned())
        })
}

/// Who asks, if they are signed in.
pub async fn maybe_signed_in() -> Result<Option<Viewer>, Problem> {
    let asked = use_context::<Asked>();
    if let Some(asked) = &asked
        && let Some(viewer) = asked
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    {
        return Ok(viewer);
    }
    let viewer = match cookie(SESSION_COOKIE) {
        Some(token) => backend().viewer(&token).await?,
        None => None,
    };
    if let Some(asked) = asked {
        *asked.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(viewer.clone());
    }
    Ok(viewer)
}

/// Who asks; refused with [`Refusal::SignedOut`] otherwise.
pub async fn signed_in() -> Result<Viewer, Problem> {
    match maybe_signed_in().await? {
        Some(viewer) => Ok(viewer),
        None => Err(Refusal::SignedOut.into()),
    }
}

/// Called once for each page that is rendered: its resources ask who is there only once, and its scripts and
/// styles are none but ours.
pub fn begin_page() {
    provide_context(Asked::default());
    let nonce = use_nonce().map_or_else(String::new, |nonce| format!("'nonce-{nonce}' "));
    // Some browsers do not count a WebSocket to our own host as 'self'.
    let own = backend().settings().public_url.replacen("http", "ws", 1);
    header(
        CONTENT_SECURITY_POLICY,
        &format!(
            "default-src 'none'; script-src {nonce}'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
             img-src 'self' data: blob:; connect-src 'self' {own}; manifest-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
    );
}

/// For pages with a token in their address: it is not told to other sites, kept in caches or found by searching.
pub fn keep_address_private() {
    header(REFERRER_POLICY, "no-referrer");
    header(CACHE_CONTROL, "no-store");
    header(HeaderName::from_static("x-robots-tag"), "noindex");
}

impl From<Error> for Problem {
    /// Also sets the answer's status, where the answer is not a page.
    fn from(error: Error) -> Self {
        let problem = match error {
            Error::Refused(refusal) => return refusal.into(),
            Error::Failed(failure) => {
                let incident = incident();
                tracing::error!(%incident, error = %failure, "failed");
                Self::Failed { incident }
            }
        };
        set_status(&problem);
        problem
    }
}

/// The moment in milliseconds, in hexadecimal: short enough to read out, and near the line in the log.
fn incident() -> String {
    format!("{:x}", backend().now().millis())
}

/// A form without scripts is led back by a redirect, whose status must stay.
pub fn set_status(problem: &Problem) {
    if let (Some(answer), false) = (use_context::<ResponseOptions>(), asks_for_html())
        && let Ok(status) = StatusCode::from_u16(status_of(problem))
    {
        answer.set_status(status);
    }
}

/// The status of a rendered page.
pub fn page_status(status: StatusCode) {
    if let Some(answer) = use_context::<ResponseOptions>() {
        answer.set_status(status);
    }
}

/// The status of a page that shows a refusal.
pub fn refused_page(problem: &Problem) {
    page_status(
        StatusCode::from_u16(status_of(problem)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
    );
}

fn status_of(problem: &Problem) -> u16 {
    match problem {
        Problem::Refused(refusal) => refusal.status(),
        Problem::Failed { .. } | Problem::Network(_) => 500,
    }
}

pub fn header(name: HeaderName, value: &str) {
    if let (Some(answer), Ok(value)) = (
        use_context::<ResponseOptions>(),
        HeaderValue::from_str(value),
    ) {
        answer.append_header(name, value);
    }
}

fn asks_for_html() -> bool {
    use_context::<Parts>().is_some_and(|parts| {
        let accept = parts
            .headers
            .get(ACCEPT)
            .and_then(|value| value.to_str().ok());
        accept.is_some_and(|accept| accept.contains("text/html"))
    })
}

/// Without scripts a refused form is led back to its page, which shows why. The browser's own `Referer` does that,
/// but pages with a token in their address do not send one: they name the way back.
pub fn lead_back(path: &str, endpoint: &str, problem: &Problem) {
    if !asks_for_html() {
        return;
    }
    let base = format!("{}{path}", backend().settings().public_url);
    if let (Ok(url), Some(answer)) = (
        ServerFnUrlError::new(endpoint, problem.clone()).to_url(&base),
        use_context::<ResponseOptions>(),
    ) {
        let query = url.query().unwrap_or_default();
        if let Ok(value) = HeaderValue::from_str(&format!("{path}?{query}")) {
            answer.set_status(StatusCode::SEE_OTHER);
            answer.insert_header(LOCATION, value);
        }
    }
}

/// The one place that shows a session's token to a browser.
pub fn keep_session(token: &SessionToken) {
    set_cookie(token.expose(), Backend::SESSION_SECONDS);
}

pub fn drop_session() {
    set_cookie("", 0);
}

fn set_cookie(value: &str, seconds: i64) {
    let secure = if backend().settings().public_url.starts_with("https:") {
        "; Secure"
    } else {
        ""
    };
    header(
        SET_COOKIE,
        &format!(
            "{SESSION_COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}"
        ),
    );
}
