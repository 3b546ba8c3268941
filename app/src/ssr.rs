//! The only server-side module: who asks, what they may reach, and how errors and cookies leave.

use std::{fmt::Write, sync::Arc};

use backend::{Backend, Error, Random, SessionToken, Viewer};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::Refusal;
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{ACCEPT, COOKIE, LOCATION, SET_COOKIE},
    request::Parts,
};
use hydration_context::SsrSharedContext;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use crate::{Problem, form::Sent, ui::Address};

pub const SESSION_COOKIE: &str = "stoa_session";

/// The address the request came from, as limits count it. Provided by the server for each request.
#[derive(Clone, Debug)]
pub struct Peer(pub String);

pub fn backend() -> Backend {
    expect_context()
}

pub fn peer() -> String {
    use_context::<Peer>().map_or_else(String::new, |peer| peer.0)
}

pub fn cookie(name: &str) -> Option<String> {
    let parts: Parts = use_context()?;
    cookie_of(&parts.headers, name).map(str::to_owned)
}

pub fn cookie_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| {
            let (key, value) = pair.trim().split_once('=')?;
            (key == name).then_some(value)
        })
}

/// Who asks, if they are signed in.
pub async fn viewer(backend: &Backend, headers: &HeaderMap) -> Result<Option<Viewer>, Problem> {
    match cookie_of(headers, SESSION_COOKIE) {
        Some(token) => Ok(backend.viewer(token).await?),
        None => Ok(None),
    }
}

pub async fn maybe_signed_in() -> Result<Option<Viewer>, Problem> {
    match use_context::<Parts>() {
        Some(parts) => viewer(&backend(), &parts.headers).await,
        None => Ok(None),
    }
}

/// Who asks; refused with [`Refusal::SignedOut`] otherwise.
pub async fn signed_in() -> Result<Viewer, Problem> {
    match maybe_signed_in().await? {
        Some(viewer) => Ok(viewer),
        None => Err(Refusal::SignedOut.into()),
    }
}

/// Makes a page of what was asked for before, in one go: no view waits for anything.
pub fn render(backend: Backend, parts: Parts, view: impl FnOnce() -> String) -> String {
    let owner = Owner::new_root(Some(Arc::new(SsrSharedContext::new())));
    let html = owner.with(|| {
        provide_context(Address(parts.uri.path().to_owned()));
        provide_context(parts);
        provide_context(backend);
        view()
    });
    owner.unset_with_forced_cleanup();
    html
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
    ) {
        answer.set_status(status_of(problem));
    }
}

/// The status of an answer that tells of a problem.
pub fn status_of(problem: &Problem) -> StatusCode {
    let status = match problem {
        Problem::Refused(refusal) => refusal.status(),
        Problem::Failed { .. } => 500,
        Problem::Network(_) => 503,
    };
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
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

/// What a form comes back with.
pub const SENT_COOKIE: &str = "stoa_sent";
const SENT_SECONDS: i64 = 60;
/// As long as a code is good: whoever comes back from their mail finds the field for it.
const MAILED_SECONDS: i64 = 15 * 60;
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
    let seconds = if Sent::mailed(Some(sent)).is_some() {
        MAILED_SECONDS
    } else {
        SENT_SECONDS
    };
    set_cookie(SENT_COOKIE, &value, seconds);
    see_other(path);
}

/// What this form was sent back with.
pub fn sent_back(headers: &HeaderMap, form: &str) -> Option<Sent> {
    let value = cookie_of(headers, SENT_COOKIE)?;
    let json = URL_SAFE_NO_PAD.decode(value).ok()?;
    let sent: Sent = serde_json::from_slice(&json).ok()?;
    (sent.form == form).then_some(sent)
}

/// Where somebody wanted to go when they were asked to sign in.
pub const WANTED_COOKIE: &str = "stoa_wanted";

/// Signed in: back to where one wanted to go.
pub fn wanted() -> Next {
    let wanted = cookie(WANTED_COOKIE).filter(|path| may_be_wanted(path));
    set_cookie(WANTED_COOKIE, "", 0);
    Next::Go(wanted.unwrap_or_else(|| "/".into()))
}

/// A page of ours that is worth coming back to.
pub fn may_be_wanted(path: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-');
    (path.starts_with("/p/") || path.starts_with("/admin")) && path.chars().all(plain)
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

/// As a header says it. Secure where the place is reached by https.
pub fn cookie_header(backend: &Backend, name: &str, value: &str, seconds: i64) -> String {
    let secure = if backend.settings().public_url.starts_with("https:") {
        "; Secure"
    } else {
        ""
    };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
}

fn set_cookie(name: &str, value: &str, seconds: i64) {
    let header = cookie_header(&backend(), name, value, seconds);
    if let (Some(answer), Ok(header)) = (
        use_context::<ResponseOptions>(),
        HeaderValue::from_str(&header),
    ) {
        answer.append_header(SET_COOKIE, header);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_are_wanted() {
        assert!(may_be_wanted("/p/0198a5c0-0000-7000-8000-000000000000"));
        assert!(may_be_wanted("/admin/people"));
        for odd in [
            "//evil.example",
            "/p/../x",
            "https://x",
            "/sign-in",
            "/p/a\r\nb",
            "",
        ] {
            assert!(!may_be_wanted(odd), "{odd:?}");
        }
    }

    #[test]
    fn a_token_that_cannot_be_ours_leads_home() {
        assert_eq!(with_token("invite", "aB3-_"), "/invite/aB3-_");
        for odd in ["../admin", "a b", "a?b", "a\r\nSet-Cookie: x", "é", "a/b"] {
            assert_eq!(with_token("invite", odd), "/", "{odd:?}");
        }
    }
}
