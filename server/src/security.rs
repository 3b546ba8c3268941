//! What holds for every request and answer: who may change things, who is asking, and the headers that tie browsers down.

use std::net::{IpAddr, SocketAddr};

use app::{Problem, ssr::status_of};
use axum::{
    extract::{ConnectInfo, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::Refusal;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, HOST, ORIGIN,
        REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
    },
    request::Parts,
};
use leptos::server_fn::error::FromServerFnError;

use crate::{public_url::PublicUrl, router::Site};

const SESSION_COOKIE: &str = "stoa_session";

/// Forms on pages that keep their address to themselves (`Referrer-Policy: no-referrer`, for the token in it): browsers
/// post them with `Origin: null`. Each proves itself by the token it carries.
const LINK_FORMS: [&str; 4] = [
    "/api/accept_invitation",
    "/api/ask_for_new_link",
    "/api/set_up",
    "/api/sign_in_with_link",
];

/// Refuses what another site makes a browser send here.
pub(crate) async fn same_site(State(site): State<Site>, request: Request, next: Next) -> Response {
    let asked = Asked::of(&request);
    if asked.may_pass(&site.public_url) {
        next.run(request).await
    } else {
        tracing::info!(origin = asked.origin, "refused: a foreign origin");
        refuse(&Refusal::ForeignOrigin)
    }
}

/// A refusal as the server functions say it.
pub(crate) fn refuse(refusal: &Refusal) -> Response {
    problem(&Problem::Refused(refusal.clone()))
}

/// A problem as the server functions say it.
pub(crate) fn problem(problem: &Problem) -> Response {
    let json = [(CONTENT_TYPE, "application/json")];
    (status_of(problem), json, problem.ser()).into_response()
}

/// What of a request decides whether it comes from our own pages.
struct Asked<'a> {
    method: &'a Method,
    path: &'a str,
    fetch_site: Option<&'a str>,
    origin: Option<&'a str>,
    host: Option<&'a str>,
}

impl<'a> Asked<'a> {
    fn of(request: &'a Request) -> Self {
        let headers = request.headers();
        Self {
            method: request.method(),
            path: request.uri().path(),
            fetch_site: text(headers, &HeaderName::from_static("sec-fetch-site")),
            origin: text(headers, &ORIGIN),
            host: text(headers, &HOST),
        }
    }

    /// The session cookie is `SameSite=Lax`; this is the second lock, and the one that also stops signing somebody in
    /// as somebody else.
    ///
    /// 1. GET, HEAD and OPTIONS change nothing, so anybody may.
    /// 2. `Sec-Fetch-Site`, which scripts cannot set, decides where it is sent: by every browser to https and to this
    ///    machine. `same-origin` passes, and `none`: the person did it themselves.
    /// 3. Else `Origin` must be ours. `null` is nobody, but for [`LINK_FORMS`] on plain http in a local network, where
    ///    the public URL is not one that browsers send `Sec-Fetch-Site` to.
    /// 4. Neither header: no browser that can run these pages leaves both out when it posts, so it is a program, which
    ///    has no cookies but its own.
    fn may_pass(&self, own: &PublicUrl) -> bool {
        if matches!(*self.method, Method::GET | Method::HEAD | Method::OPTIONS) {
            return true;
        }
        match (self.fetch_site, self.origin) {
            (Some(site), _) => matches!(site, "same-origin" | "none"),
            (None, Some("null")) => !own.is_trustworthy() && LINK_FORMS.contains(&self.path),
            (None, Some(origin)) => own.owns(origin, self.host),
            (None, None) => true,
        }
    }
}

/// Whether a WebSocket may be opened from this page. Browsers always say where from; programs need not.
pub(crate) fn may_connect(own: &PublicUrl, headers: &HeaderMap) -> bool {
    text(headers, &ORIGIN).is_none_or(|origin| own.owns(origin, text(headers, &HOST)))
}

/// A header that is no text is there, and is nothing we know.
fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

pub(crate) fn session_token(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(SESSION_COOKIE)?.strip_prefix('='))
}

/// The address of the one who asks, for the limits. A proxy on this machine is believed about it; others could say what
/// they like.
pub(crate) fn peer(parts: &Parts) -> String {
    let direct = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let Some(direct) = direct.map(|ConnectInfo(address)| address.ip().to_canonical()) else {
        return String::new();
    };
    // The last entry is the one our proxy wrote; those before came from outside.
    let forwarded = || {
        let lines = parts.headers.get_all("x-forwarded-for");
        let last = lines.iter().next_back()?.to_str().ok()?;
        last.rsplit(',').next()?.trim().parse::<IpAddr>().ok()
    };
    let address = if direct.is_loopback() {
        forwarded()
    } else {
        None
    };
    address
        .map_or(direct, |address| address.to_canonical())
        .to_string()
}

/// Headers for every answer. The page's own Content-Security-Policy, with its nonce, comes from the app.
pub(crate) async fn headers(State(site): State<Site>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), geolocation=(), payment=(), usb=()",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(delegated) = site.calls.delegated.clone() {
        headers.insert(HeaderName::from_static("permissions-policy"), delegated);
    }
    for (name, value) in [
        (REFERRER_POLICY, "same-origin"),
        // Nearly every answer is for one person.
        (CACHE_CONTROL, "private, no-cache"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
    ] {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if site.public_url.is_https() {
        headers.insert(
            STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(url: &str) -> PublicUrl {
        PublicUrl::parse(url).unwrap()
    }

    fn post<'a>(fetch_site: Option<&'a str>, origin: Option<&'a str>) -> Asked<'a> {
        Asked {
            method: &Method::POST,
            path: "/api/create_page",
            fetch_site,
            origin,
            host: Some("talk.example"),
        }
    }

    #[test]
    fn only_our_own_pages_may_change_things() {
        let own = own("https://talk.example");
        let ours = Some("https://talk.example");
        let foreign = Some("https://evil.example");
        for (fetch_site, origin, expected) in [
            (Some("same-origin"), ours, true),
            // From a page that keeps its address to itself.
            (Some("same-origin"), Some("null"), true),
            (Some("none"), None, true),
            (Some("cross-site"), foreign, false),
            (Some("same-site"), Some("https://blog.talk.example"), false),
            // A lie about the origin does not help: the browser writes both.
            (Some("cross-site"), ours, false),
            (Some("?"), ours, false),
            (None, ours, true),
            (None, foreign, false),
            (None, Some("http://talk.example"), false),
            (None, Some("null"), false),
            (None, Some(""), false),
            (None, None, true),
        ] {
            let asked = post(fetch_site, origin);
            assert_eq!(asked.may_pass(&own), expected, "{fetch_site:?} {origin:?}");
        }
    }

    #[test]
    fn reading_is_free_to_all() {
        let own = own("https://talk.example");
        for method in [Method::GET, Method::HEAD] {
            let asked = Asked {
                method: &method,
                ..post(Some("cross-site"), None)
            };
            assert!(asked.may_pass(&own));
        }
        for method in [Method::PUT, Method::DELETE, Method::PATCH] {
            let asked = Asked {
                method: &method,
                ..post(Some("cross-site"), None)
            };
            assert!(!asked.may_pass(&own));
        }
    }

    #[test]
    fn a_link_works_on_plain_http_in_a_local_network() {
        let lan = own("http://192.168.1.5:3000");
        let form = |path| Asked {
            path,
            ..post(None, Some("null"))
        };
        assert!(form("/api/accept_invitation").may_pass(&lan));
        assert!(!form("/api/create_page").may_pass(&lan));
        assert!(!form("/api/accept_invitation").may_pass(&own("https://talk.example")));
        assert!(!form("/api/accept_invitation").may_pass(&own("http://127.0.0.1:3000")));
    }

    #[test]
    fn the_session_is_found_among_other_cookies() {
        let mut headers = HeaderMap::new();
        assert_eq!(session_token(&headers), None);
        headers.append(COOKIE, HeaderValue::from_static("a=b; stoa_session_old=x"));
        assert_eq!(session_token(&headers), None);
        headers.append(COOKIE, HeaderValue::from_static("c=d;stoa_session=t0k-en"));
        assert_eq!(session_token(&headers), Some("t0k-en"));
    }

    #[test]
    fn only_a_proxy_on_this_machine_is_believed_about_the_peer() {
        let asked = |from: &str, forwarded: &[&str]| {
            let mut request = http::Request::builder();
            for value in forwarded {
                request = request.header("x-forwarded-for", *value);
            }
            let (mut parts, ()) = request.body(()).unwrap().into_parts();
            let from: SocketAddr = from.parse().unwrap();
            parts.extensions.insert(ConnectInfo(from));
            peer(&parts)
        };
        assert_eq!(asked("127.0.0.1:9", &[]), "127.0.0.1");
        assert_eq!(asked("127.0.0.1:9", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(
            asked("127.0.0.1:9", &["1.2.3.4, 198.51.100.7"]),
            "198.51.100.7"
        );
        assert_eq!(
            asked("127.0.0.1:9", &["1.2.3.4", "198.51.100.7"]),
            "198.51.100.7"
        );
        assert_eq!(asked("127.0.0.1:9", &["nonsense"]), "127.0.0.1");
        assert_eq!(asked("203.0.113.9:9", &["198.51.100.7"]), "203.0.113.9");
        assert_eq!(asked("[::ffff:203.0.113.9]:9", &[]), "203.0.113.9");
    }
}
