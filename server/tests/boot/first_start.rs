//! The first start: one line, one link, one admin.

use crate::running::{Running, stoa};

#[test]
fn the_first_start_prints_a_link_that_works_once() {
    let place = Running::start();
    let link = place.setup_link.as_deref().unwrap();
    assert!(link.starts_with(&format!("{}/setup/", place.url)), "{link}");

    // Looking at it, however often, uses nothing up.
    for method in ["GET", "HEAD", "GET"] {
        let path = link.strip_prefix(&place.url).unwrap();
        assert_eq!(place.ask(method, path, &[], "").status, 200);
    }

    let fields = [
        ("token", place.setup_token()),
        ("place", "Our place"),
        ("name", "Ada Lovelace"),
        ("email", "ada@example.org"),
    ];
    let answer = place.submit("/api/set_up", &fields);
    assert_eq!(answer.header("location"), "/admin", "{answer:?}");
    let me = place.call("/api/whoami", answer.session(), "{}").json();
    assert_eq!(me["name"], "Ada Lovelace");
    assert_eq!(me["admin"], true);

    let again = place.submit("/api/set_up", &fields);
    assert_eq!(again.session_cookie(), None, "{again:?}");
    let name = place.call("/api/place_name", "", "{}").json();
    assert_eq!(name, "Our place");
}

#[test]
fn a_session_is_a_cookie_that_scripts_and_other_sites_do_not_get() {
    let place = Running::start();
    let answer = place.submit(
        "/api/set_up",
        &[
            ("token", place.setup_token()),
            ("place", "Our place"),
            ("name", "Ada"),
            ("email", "ada@example.org"),
        ],
    );
    let cookie = answer.session_cookie().unwrap();
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "plain http: {cookie}");
    assert!(!cookie.contains("Domain"), "{cookie}");
    let home = place.ask("GET", "/", &[("cookie", answer.session())], "");
    assert_eq!(
        home.session_cookie(),
        Some(cookie),
        "slides with every visit"
    );

    let https = Running::start_with(&[("STOA_PUBLIC_URL", "https://talk.example")]);
    let link = https.setup_link.as_deref().unwrap();
    assert!(link.starts_with("https://talk.example/setup/"), "{link}");
    assert_eq!(https.url, "https://talk.example");
}

#[test]
fn a_place_that_is_set_up_starts_without_a_link() {
    let place = Running::start();
    place.set_up();
    let dir = place.dir.clone();
    place.stop();
    let again = Running::start_in(dir.clone(), &[]);
    assert_eq!(again.setup_link, None);
    again.stop();

    let said = stoa(&dir.path().join("data"))
        .arg("setup-link")
        .output()
        .unwrap();
    assert!(!said.status.success());
    let said = String::from_utf8(said.stderr).unwrap();
    assert!(said.contains("set up already"), "{said}");
}

#[test]
fn the_command_line_makes_links_without_mail() {
    let place = Running::start();
    let run = |arguments: &[&str]| {
        let mut command = stoa(&place.dir.path().join("data"));
        let output = command
            .env("STOA_PUBLIC_URL", &place.url)
            .args(arguments)
            .output()
            .unwrap();
        (
            output.status.success(),
            String::from_utf8(output.stdout).unwrap().trim().to_owned(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };

    // A new set-up link ends the one before.
    let (good, link, said) = run(&["setup-link"]);
    assert!(good, "{said}");
    let old = place.setup_token().to_owned();
    let new = link.rsplit('/').next().unwrap();
    let fields = |token| {
        [
            ("token", token),
            ("place", "Our place"),
            ("name", "Ada"),
            ("email", "ada@example.org"),
        ]
    };
    let refused = place.submit("/api/set_up", &fields(&old));
    assert_eq!(refused.session_cookie(), None, "{refused:?}");
    assert_eq!(
        place.submit("/api/set_up", &fields(new)).header("location"),
        "/admin"
    );

    let (good, link, said) = run(&["sign-in-link", "Ada@example.org"]);
    assert!(good, "{said}");
    let path = link.strip_prefix(&place.url).unwrap();
    assert!(path.starts_with("/sign-in/"), "{link}");
    assert_eq!(place.get(path).status, 200);
    let token = path.rsplit('/').next().unwrap();
    let answer = place.submit("/api/sign_in_with_link", &[("token", token)]);
    let me = place.call("/api/whoami", answer.session(), "{}").json();
    assert_eq!(me["email"], "ada@example.org");

    let (good, link, said) = run(&["sign-in-link", "bob@example.org"]);
    assert!(
        !good && link.is_empty() && said.contains("bob@example.org"),
        "{said}"
    );
}

#[test]
fn no_token_reaches_the_log() {
    let place = Running::start_with(&[("STOA_LOG", "debug"), ("STOA_LOG_FORMAT", "json")]);
    let setup = place.setup_token().to_owned();
    place.get(&format!("/setup/{setup}"));
    let session = place.set_up();
    for path in [
        "/invite/t0psecret1",
        "/sign-in/t0psecret2",
        "/t0psecret3",
        "/api/t0psecret4",
    ] {
        place.get(path);
    }
    place.call(
        "/api/sign_in_with_link",
        &session,
        r#"{"token":"t0psecret5"}"#,
    );
    place.call(
        "/api/invitation_view",
        &session,
        r#"{"token":"t0psecret6"}"#,
    );
    let log = place.stop();
    assert!(
        log.contains("/invite/{token}"),
        "requests are logged by their route: {log}"
    );
    let session = session.strip_prefix("stoa_session=").unwrap();
    for secret in [setup.as_str(), session, "t0psecret"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        if line["fields"]["message"] == "answered" {
            assert_ne!(line["spans"][0]["id"], "", "{line}");
        }
    }
}
