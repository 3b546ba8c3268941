//! What every answer has, and the addresses that are not the app's.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use crate::running::Running;

#[test]
fn it_says_that_it_is_alive_and_ready() {
    let place = Running::start();
    assert_eq!(place.get("/health").status, 200);
    assert_eq!(place.get("/ready").status, 200);
}

#[test]
fn every_answer_ties_browsers_down() {
    let place = Running::start();
    let policy = |path: &str| place.get(path).header("content-security-policy").to_owned();
    for path in [
        "/",
        "/health",
        "/sign-in",
        "/nothing",
        "/v/0/x",
        "/robots.txt",
    ] {
        let answer = place.get(path);
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
        let referrer = answer.header("referrer-policy");
        assert!(matches!(referrer, "same-origin" | "no-referrer"), "{path}");
        assert_ne!(answer.header("permissions-policy"), "", "{path}");
        assert_ne!(answer.header("x-request-id"), "", "{path}");
        assert_ne!(answer.header("content-security-policy"), "", "{path}");
        assert_eq!(answer.header("strict-transport-security"), "", "plain http");
    }
    // Scripts run by a nonce that is never the same.
    assert!(
        policy("/sign-in").contains("'nonce-"),
        "{}",
        policy("/sign-in")
    );
    assert_ne!(policy("/sign-in"), policy("/sign-in"));
    assert!(!policy("/sign-in").contains("unsafe-inline"));
    assert_eq!(
        place.get("/invite/x").header("referrer-policy"),
        "no-referrer"
    );
}

#[test]
fn a_request_id_is_kept_if_it_is_sane() {
    let place = Running::start();
    let id = |given: &str| {
        let answer = place.ask("GET", "/health", &[("x-request-id", given)], "");
        answer.header("x-request-id").to_owned()
    };
    assert_eq!(id("from-the-proxy_1"), "from-the-proxy_1");
    assert_ne!(id("a b"), "a b");
}

#[test]
fn what_is_not_there_is_said_in_words() {
    let place = Running::start();
    let page = place.get("/no/such/page");
    assert_eq!(page.status, 404);
    assert!(page.header("content-type").starts_with("text/html"));

    let call = place.call("/api/no_such_function", "", "{}");
    assert_eq!(call.status, 404);
    assert_eq!(call.json()["code"], "not_found");

    assert_eq!(place.get("/v/0123456789abcdef/stoa.css").status, 404);
    assert!(
        place
            .get("/robots.txt")
            .text()
            .contains("Disallow: /invite/")
    );
}

#[test]
fn text_worth_it_is_compressed_and_tiny_answers_are_not() {
    let place = Running::start();
    let session = place.set_up();
    let accepts = ("accept-encoding", "gzip");
    let cookie = ("cookie", session.as_str());
    let plain = place.ask("GET", "/admin", &[cookie], "");
    let packed = place.ask("GET", "/admin", &[cookie, accepts], "");
    assert_eq!(plain.header("content-encoding"), "");
    assert_eq!(packed.header("content-encoding"), "gzip");
    assert!(
        packed.size() < plain.size(),
        "{} {}",
        packed.size(),
        plain.size()
    );

    let json = ("content-type", "application/json");
    let tiny = place.ask("POST", "/api/whoami", &[cookie, json, accepts], "{}");
    assert_eq!(tiny.status, 200);
    assert_eq!(tiny.header("content-encoding"), "");
}

#[test]
fn a_body_has_a_limit() {
    let place = Running::start();
    // Its length is enough: nobody has to send it first.
    let host = place.host();
    let head = format!(
        "POST /api/check_setup HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: 300000\r\n\r\n"
    );
    let mut stream = TcpStream::connect(host).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}
