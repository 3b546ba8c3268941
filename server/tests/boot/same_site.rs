//! Only our own pages, and programs, may change things.

use crate::running::Running;

fn whoami(place: &Running, headers: &[(&str, &str)]) -> u16 {
    let mut headers = headers.to_vec();
    headers.push(("content-type", "application/json"));
    place.ask("POST", "/api/whoami", &headers, "{}").status
}

#[test]
fn another_site_cannot_act_here() {
    let place = Running::start();
    let localhost = format!(
        "http://localhost:{}",
        place.host().rsplit(':').next().unwrap()
    );
    for headers in [
        vec![],
        vec![("origin", place.url.as_str())],
        vec![
            ("origin", place.url.as_str()),
            ("sec-fetch-site", "same-origin"),
        ],
        vec![("origin", "null"), ("sec-fetch-site", "same-origin")],
        vec![("sec-fetch-site", "none")],
    ] {
        assert_eq!(whoami(&place, &headers), 200, "{headers:?}");
    }
    for headers in [
        vec![("origin", "http://evil.example")],
        vec![("origin", "null")],
        vec![("origin", "http://127.0.0.1:1")],
        vec![("origin", localhost.as_str())],
        vec![("sec-fetch-site", "cross-site")],
        vec![
            ("sec-fetch-site", "same-site"),
            ("origin", place.url.as_str()),
        ],
    ] {
        assert_eq!(whoami(&place, &headers), 403, "{headers:?}");
    }

    let refused = place.ask("POST", "/api/whoami", &[("origin", "null")], "{}");
    assert_eq!(refused.json()["code"], "foreign_origin");
    assert_ne!(refused.json()["message"], "");
}

#[test]
fn another_site_cannot_set_the_place_up() {
    let place = Running::start();
    let form = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("origin", "http://evil.example"),
    ];
    let fields = format!(
        "token={}&place=Mine&name=Eve&email=eve%40example.org",
        place.setup_token()
    );
    assert_eq!(place.ask("POST", "/api/set_up", &form, &fields).status, 403);
    place.set_up();
}
