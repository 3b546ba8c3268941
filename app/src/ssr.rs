//! The only server-side module: who asks, what they may reach, and how errors and cookies leave.

use std::{
    fmt::Write,
    sync::{Arc, OnceLock},
};

use backend::{Backend, Error, Random, SessionToken, Viewer};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
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

use crate::{Problem, form::Sent};

pub const SESSION_COOKIE: &str = "stoa_session";

/// The address the request came from, as limits count it. Provided by the server for each request.
#[derive(Clone, Debug)]
pub struct Peer(pub String);

/// Who asks, once looked up, for the rest of this request.
#[derive(Clone, Default)]
struct Asked(Arc<OnceLock<Option<Viewer>>>);

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
    if let Some(known) = asked.as_ref().and_then(|asked| asked.0.get()) {
        return Ok(known.clone());
    }
    let viewer = match cookie(SESSION_COOKIE) {
        Some(token) => backend().viewer(&token).await?,
        None => None,
    };
    if let Some(asked) = asked {
        // Two resources may have looked at the same time, and have seen the same.
        let _ = asked.0.set(viewer.clone());
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

/// Eight digits and letters: short enough to read out, and on the line in the log.
fn incident() -> String {
    let random = Random.id().unwrap_or_default();
    random[..4].iter().fold(String::new(), |mut text, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The status of an answer to a script. A form without scripts is led back by a redirect, and a page that shows a
/// problem decides on its status itself.
pub fn set_status(problem: &Problem) {
    if let (Some(answer), true) = (
        use_context::<ResponseOptions>(),
        is_call() && !asks_for_html(),
    ) && let Ok(status) = StatusCode::from_u16(status_of(problem))
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

fn is_call() -> bool {
    use_context::<Parts>().is_some_and(|parts| parts.uri.path().starts_with("/api/"))
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

/// Ends a server function that is a form as well. To scripts the result is the answer; they find the way themselves.
/// Without scripts the browser is led `to` where it goes on, or `back` to the form, which shows what it is
/// [`Sent`] back with: why, and what was typed.
pub fn finish<T>(
    done: Result<T, Problem>,
    form: &str,
    back: &str,
    typed: &[(&str, &str)],
    to: impl FnOnce(&T) -> Next,
) -> Result<T, Problem> {
    if asks_for_html() {
        let typed = || {
            let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            typed.iter().map(owned).collect()
        };
        match &done {
            Ok(result) => match to(result) {
                Next::Go(path) => see_other(&path),
                Next::Back(words) => {
                    let mut typed: Vec<_> = typed();
                    typed.extend(words);
                    send_back(
                        back,
                        &Sent {
                            form: form.into(),
                            problem: None,
                            typed,
                        },
                    );
                }
            },
            Err(problem) => {
                let problem = Some(problem.clone());
                send_back(
                    back,
                    &Sent {
                        form: form.into(),
                        problem,
                        typed: typed(),
                    },
                );
            }
        }
    }
    done
}

/// Where a form without scripts goes on.
pub enum Next {
    Go(String),
    /// To the form's own page, which is told this.
    Back(Option<(String, String)>),
}

const SENT_COOKIE: &str = "stoa_sent";
/// Browsers take 4,096 bytes with the name and the attributes.
const SENT_MOST: usize = 3_600;

/// In a cookie, not in the address: nobody can make up a link that puts words into our mouth, and what was typed
/// reaches no log.
fn send_back(path: &str, sent: &Sent) {
    let encode = |sent: &Sent| {
        let json = serde_json::to_vec(sent).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(json)
    };
    let mut value = encode(sent);
    if value.len() > SENT_MOST {
        value = encode(&Sent {
            typed: Vec::new(),
            ..sent.clone()
        });
    }
    set_cookie(SENT_COOKIE, &value, 60);
    see_other(path);
}

/// What this form was sent back with; told once.
pub fn sent_back(form: &str) -> Option<Sent> {
    let value = cookie(SENT_COOKIE)?;
    let json = URL_SAFE_NO_PAD.decode(value).ok()?;
    let sent: Sent = serde_json::from_slice(&json).ok()?;
    if sent.form != form {
        return None;
    }
    set_cookie(SENT_COOKIE, "", 0);
    Some(sent)
}

/// Leads whoever opens this page elsewhere, whatever they say they accept.
pub fn lead_to(path: &str) {
    see_other(path);
}

fn see_other(path: &str) {
    if let (Some(answer), Ok(path)) = (
        use_context::<ResponseOptions>(),
        HeaderValue::from_str(path),
    ) {
        answer.set_status(StatusCode::SEE_OTHER);
        answer.insert_header(LOCATION, path);
    }
}

/// A page with the token in its address. Tokens that cannot be ours lead home.
pub fn with_token(path: &str, token: &str) -> String {
    let ours = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if token.chars().all(ours) {
        format!("/{path}/{token}")
    } else {
        "/".into()
    }
}

/// The one place that shows a session's token to a browser.
pub fn keep_session(token: &SessionToken) {
    set_cookie(SESSION_COOKIE, token.expose(), Backend::SESSION_SECONDS);
}

pub fn drop_session() {
    set_cookie(SESSION_COOKIE, "", 0);
}

fn set_cookie(name: &str, value: &str, seconds: i64) {
    let secure = if backend().settings().public_url.starts_with("https:") {
        "; Secure"
    } else {
        ""
    };
    header(
        SET_COOKIE,
        &format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_cannot_be_ours_leads_home() {
        assert_eq!(with_token("invite", "aB3-_"), "/invite/aB3-_");
        for odd in ["../admin", "a b", "a?b", "a\r\nSet-Cookie: x", "é", "a/b"] {
            assert_eq!(with_token("invite", odd), "/", "{odd:?}");
        }
    }
}
