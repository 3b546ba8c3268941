//! The built site inside the program: each file under an address that changes with the content, so that browsers and
//! proxies may keep it for ever.

use std::io;

use axum::{
    body::Bytes,
    extract::Path,
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, StatusCode,
    header::{
        ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
        VARY,
    },
};
use tokio::task::spawn_blocking;

struct Asset {
    name: &'static str,
    content: Content,
}

#[allow(
    dead_code,
    reason = "which of them there are, the site says; when it is not built yet, none"
)]
enum Content {
    Plain(&'static [u8]),
    Brotli(&'static [u8]),
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The hash of names and contents.
pub(crate) const HASH: &str = env!("STOA_ASSETS");

const FOR_EVER: &str = "public, max-age=31536000, immutable";
const FOR_A_DAY: &str = "public, max-age=86400";

/// `/v/{hash}/{*path}`. Another hash is another build's: its page is told so, and loads itself anew.
pub(crate) async fn versioned(
    Path((hash, path)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    if hash == HASH {
        send(&path, FOR_EVER, &headers).await
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

/// Asked for by name, by browsers that read no page.
pub(crate) async fn favicon(headers: HeaderMap) -> Response {
    send("favicon.svg", FOR_A_DAY, &headers).await
}

pub(crate) async fn robots() -> &'static str {
    "User-agent: *\nDisallow: /invite/\nDisallow: /sign-in\nDisallow: /setup/\n"
}

async fn send(name: &str, keep: &'static str, headers: &HeaderMap) -> Response {
    let Ok(at) = FILES.binary_search_by(|asset| asset.name.cmp(name)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    answer(&FILES[at], keep, headers).await
}

async fn answer(asset: &'static Asset, keep: &'static str, headers: &HeaderMap) -> Response {
    let common = [
        (CONTENT_TYPE, content_type(asset.name)),
        (CACHE_CONTROL, keep),
        // A worker's policy is its script's; a page's is its own.
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'self'; frame-ancestors 'none'",
        ),
    ];
    match asset.content {
        Content::Brotli(packed) if accepts_brotli(headers) => {
            let vary = [(CONTENT_ENCODING, "br"), (VARY, "Accept-Encoding")];
            (common, vary, Bytes::from_static(packed)).into_response()
        }
        Content::Brotli(packed) => match spawn_blocking(move || unpack(packed)).await {
            Ok(Ok(plain)) => (common, [(VARY, "Accept-Encoding")], plain).into_response(),
            _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        },
        Content::Plain(plain) => (common, Bytes::from_static(plain)).into_response(),
    }
}

/// For the few that take no brotli: browsers on plain http, and scripts. A megabyte is unpacked in some milliseconds, and
/// keeping every file in both forms would make the program 2.5 MB larger.
fn unpack(packed: &[u8]) -> io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    brotli_decompressor::BrotliDecompress(&mut &*packed, &mut plain)?;
    Ok(plain)
}

/// RFC 9110 §12.5.3: `br` in the list and not with weight 0.
fn accepts_brotli(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|entry| {
            let (coding, weight) = entry.split_once(';').unwrap_or((entry, "q=1"));
            let weight = weight.trim().strip_prefix("q=").map(str::parse::<f32>);
            coding.trim().eq_ignore_ascii_case("br") && matches!(weight, Some(Ok(q)) if q > 0.0)
        })
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn brotli_is_sent_to_those_who_take_it() {
        for (accepts, expected) in [
            ("br", true),
            ("gzip, deflate, br, zstd", true),
            ("gzip, BR;q=0.8", true),
            ("br;q=0", false),
            ("br;q=0.0, gzip", false),
            ("gzip", false),
            ("brown", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(accepts));
            assert_eq!(accepts_brotli(&headers), expected, "{accepts}");
        }
        assert!(!accepts_brotli(&HeaderMap::new()));
    }

    /// "plain", brotli of one uncompressed block (RFC 7932 §9).
    const PACKED: &[u8] = b"\x0b\x02\x80plain\x03";

    #[tokio::test]
    async fn a_file_is_sent_in_the_form_that_was_asked_for() {
        static STYLE: Asset = Asset {
            name: "stoa.css",
            content: Content::Brotli(PACKED),
        };
        let mut headers = HeaderMap::new();
        let plain = answer(&STYLE, FOR_EVER, &headers).await;
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("br"));
        let brotli = answer(&STYLE, FOR_EVER, &headers).await;
        assert!(!plain.headers().contains_key(CONTENT_ENCODING));
        assert_eq!(brotli.headers()[CONTENT_ENCODING], "br");
        for sent in [plain, brotli] {
            assert_eq!(sent.headers()[CONTENT_TYPE], "text/css; charset=utf-8");
            assert_eq!(sent.headers()[CACHE_CONTROL], FOR_EVER);
            assert_eq!(sent.headers()[VARY], "Accept-Encoding");
        }
        assert_eq!(unpack(PACKED).unwrap(), b"plain");
    }

    #[test]
    fn files_can_be_searched_by_name() {
        assert!(FILES.is_sorted_by_key(|asset| asset.name));
    }

    #[test]
    fn a_type_is_told_for_what_a_browser_must_not_guess() {
        assert_eq!(content_type("member_bg.wasm"), "application/wasm");
        assert_eq!(content_type("icons/a.b.svg"), "image/svg+xml");
        assert_eq!(content_type("LICENSE"), "application/octet-stream");
    }
}
