//! Server functions given what no client of ours would send: a refusal in words, never a fault of ours.

use crate::seeded::seeded;

/// Where all server functions are.
const SOURCES: [&str; 4] = [
    include_str!("../../../app/src/images/api.rs"),
    include_str!("../../../app/src/invitations/api.rs"),
    include_str!("../../../app/src/pages/api.rs"),
    include_str!("../../../app/src/people/api.rs"),
];

/// The name of each, and whether it takes JSON.
fn functions() -> impl Iterator<Item = (&'static str, bool)> {
    SOURCES.into_iter().flat_map(|source| {
        source.split("endpoint = \"").skip(1).map(|rest| {
            let (name, rest) = rest.split_once('"').unwrap();
            let (head, _) = rest.split_once("]\n").unwrap();
            (name, head.contains("input = Json"))
        })
    })
}

/// The same for the same seed: xorshift (Marsaglia 2003).
fn noise(seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let length = seed % 300;
    let next = (0..length).map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    });
    next.collect()
}

#[test]
fn what_cannot_be_read_is_refused_in_words_by_every_server_function() {
    let (place, seed) = seeded();
    let cookie = seed["accounts"][1]["cookie"].as_str().unwrap();
    let page = seed["pages"][0]["id"].as_str().unwrap();
    let deep = "[".repeat(100_000);
    let mut bodies: Vec<Vec<u8>> = [
        "",
        "{",
        "null",
        "[]",
        "{}",
        "7",
        "\"x\"",
        "{\"page\":7}",
        "{\"page\":{\"page\":[]},\"id\":null,\"body\":1e999}",
        "page=%ff%fe&id=%00&name=%",
        &format!("{{\"page\":\"{page}\",\"page\":\"{page}\"}}"),
        &format!("{{\"page\":\"{page}\",\"id\":\"\\ud800\"}}"),
        &deep,
    ]
    .map(|body| body.as_bytes().to_vec())
    .into();
    bodies.extend((1..8).map(noise));

    let mut known = 0;
    for (name, json) in functions() {
        known += 1;
        let kind = if json {
            "application/json"
        } else {
            "application/x-www-form-urlencoded"
        };
        for body in &bodies {
            let path = format!("/api/{name}");
            let headers = [("cookie", cookie), ("content-type", kind)];
            let answer = place.send("POST", &path, &headers, body);
            let sent = String::from_utf8_lossy(&body[..body.len().min(80)]);
            assert!(answer.status < 500, "{name} {sent}: {answer:?}");
            if answer.status >= 400 {
                let said = answer.json();
                let words = said["message"].as_str().unwrap();
                assert!(
                    said["code"].is_string() && !words.is_empty(),
                    "{name}: {said}"
                );
            }
            if json && (body.is_empty() || sent == "{") {
                assert_eq!(answer.json()["code"], "bad_request", "{name}");
            }
        }
    }
    assert!(known > 40, "{known}");
    assert_eq!(place.get("/ready").status, 200);
}
