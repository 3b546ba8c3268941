//! Calls over HTTP: who may join, what is told of it, and what stays. The media is tested where it is passed on.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use str0m::{
    Rtc,
    media::{Direction, MediaKind},
};

use crate::{
    live::{connected, event, subscribe},
    running::{Answer, Running},
    seeded::seeded,
};

const SESSION: &str = "01932d3c-5a00-7b1c-8f00-000000000007";

/// As a browser offers itself, though nobody will come by its address.
fn offer() -> (String, Value) {
    let mut rtc = Rtc::new(Instant::now());
    let mut sdp = rtc.sdp_api();
    let mut line = |kind, direction| {
        let mid = sdp.add_media(kind, direction, None, None, None);
        mid.to_string()
    };
    let (audio, video) = (MediaKind::Audio, MediaKind::Video);
    let mids = json!({
        "voice": line(audio, Direction::SendOnly),
        "camera": line(video, Direction::SendOnly),
        "screen": line(video, Direction::SendOnly),
        "screen_sound": line(audio, Direction::SendOnly),
        "voices": [line(audio, Direction::RecvOnly)],
        "pictures": [line(video, Direction::RecvOnly), line(video, Direction::RecvOnly)],
    });
    let (offer, _) = sdp.apply().unwrap();
    (offer.to_sdp_string(), mids)
}

fn joining(page: &Value, session: &str) -> Value {
    let (offer, mids) = offer();
    json!({
        "page": page,
        "session": session,
        "offer": offer,
        "muted": true,
        "camera": false,
        "mids": mids,
    })
}

fn cookie(seed: &Value, account: usize) -> &str {
    seed["accounts"][account]["cookie"].as_str().unwrap()
}

fn callers(place: &Running, seed: &Value) -> Vec<String> {
    let asked = json!({"page": seed["pages"][0]["id"]}).to_string();
    let now = place.call("/api/call", cookie(seed, 0), &asked).json();
    let callers = now["call"]["callers"].as_array();
    let name = |caller: &Value| caller["name"].as_str().unwrap().to_owned();
    callers
        .map(|all| all.iter().map(name).collect())
        .unwrap_or_default()
}

fn ask(place: &Running, path: &str, cookie: &str, body: &Value) -> Answer {
    place.call(path, cookie, &body.to_string())
}

#[test]
fn joining_is_one_exchange_however_often_it_is_sent() {
    let (place, seed) = seeded();
    let page = &seed["pages"][0]["id"];
    let before = ask(
        &place,
        "/api/call",
        cookie(&seed, 1),
        &json!({"page": page}),
    )
    .json();
    assert_eq!(before["call"], Value::Null);
    assert_eq!(before["settings"]["provider"], "beam");
    assert_eq!(before["ice_servers"], json!([]));

    let join = joining(page, SESSION);
    let first = ask(&place, "/api/call_join", cookie(&seed, 1), &join);
    assert_eq!(first.status, 200, "{first:?}");
    let (first, again) = (
        first.json(),
        ask(&place, "/api/call_join", cookie(&seed, 1), &join).json(),
    );
    assert_eq!(first["answer"], again["answer"]);
    assert!(first["answer"].as_str().unwrap().contains("a=candidate:"));
    assert_eq!(first["call"]["id"], again["call"]["id"]);
    assert_eq!(first["slots"].as_array().unwrap().len(), 3);
    assert_eq!(callers(&place, &seed).len(), 1);
    let somebody = ask(&place, "/api/call_join", cookie(&seed, 2), &join);
    assert_eq!(somebody.json()["code"], "id_taken");
}

#[test]
fn those_who_are_online_are_rung_and_all_see_who_is_in_the_call() {
    let (place, seed) = seeded();
    let page = &seed["pages"][0]["id"];
    let mut socket = connected(&place, &seed, 2);
    let me = seed["accounts"][2]["id"].as_str().unwrap();
    subscribe(&mut socket, &format!("u/{me}/e"));
    subscribe(&mut socket, &format!("p/{}/e", page.as_str().unwrap()));
    ask(
        &place,
        "/api/call_join",
        cookie(&seed, 1),
        &joining(page, SESSION),
    );
    let ringing = event(&mut socket, "ringing");
    assert_eq!(ringing["by"], seed["accounts"][1]["name"]);
    assert_eq!(ringing["page_name"], seed["pages"][0]["name"]);

    let change = json!({"page": page, "session": SESSION, "hand": true, "muted": false});
    let changed = ask(&place, "/api/call_change", cookie(&seed, 1), &change);
    assert_eq!(changed.status, 200, "{changed:?}");
    let raised = |call: &Value| call["callers"][0]["hand"].is_number();
    while !raised(&event(&mut socket, "call")) {}

    let own = "01932d3c-5a00-7b1c-8f00-000000000008";
    ask(
        &place,
        "/api/call_join",
        cookie(&seed, 2),
        &joining(page, own),
    );
    assert_eq!(event(&mut socket, "quiet")["call"], ringing["call"]);
    assert_eq!(callers(&place, &seed).len(), 2);
}

#[test]
fn only_members_join_and_only_admins_mute_and_remove() {
    let (place, seed) = seeded();
    let page = &seed["pages"][0]["id"];
    let join = joining(page, SESSION);
    assert_eq!(ask(&place, "/api/call_join", "", &join).status, 401);
    let elsewhere = joining(&json!("01932d3c-5a00-7b1c-8f00-0000000000ff"), SESSION);
    let stranger = ask(&place, "/api/call_join", cookie(&seed, 1), &elsewhere);
    assert_eq!(stranger.json()["code"], "not_found");
    ask(&place, "/api/call_join", cookie(&seed, 1), &join);

    let one = json!({"page": page, "session": SESSION});
    for path in ["/api/call_mute", "/api/call_remove"] {
        let answer = ask(&place, path, cookie(&seed, 2), &one);
        assert_eq!(answer.json()["code"], "admins_only", "{path}");
        let answer = ask(&place, path, cookie(&seed, 0), &one);
        assert_eq!(answer.status, 200, "{path} {answer:?}");
    }
    assert!(callers(&place, &seed).is_empty());
    let gone = ask(&place, "/api/call_mute", cookie(&seed, 0), &one);
    assert_eq!(gone.json()["code"], "not_found");
    let change = json!({"page": page, "session": SESSION, "muted": true});
    for other in [1, 2] {
        let gone = ask(&place, "/api/call_change", cookie(&seed, other), &change);
        assert_eq!(gone.json()["code"], "not_found");
    }
}

#[test]
fn whoever_loses_the_page_loses_the_call_at_once() {
    let (place, seed) = seeded();
    let page = &seed["pages"][0]["id"];
    let mut socket = connected(&place, &seed, 2);
    subscribe(&mut socket, &format!("p/{}/e", page.as_str().unwrap()));
    ask(
        &place,
        "/api/call_join",
        cookie(&seed, 1),
        &joining(page, SESSION),
    );
    event(&mut socket, "call");
    let remove = json!({"page": page, "account": seed["accounts"][1]["id"]});
    let start = Instant::now();
    ask(&place, "/api/remove_member", cookie(&seed, 0), &remove);
    while event(&mut socket, "call")["callers"] != json!([]) {}
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_page_that_closes_leaves_by_beacon_and_the_log_keeps_the_call() {
    let (place, seed) = seeded();
    let page = &seed["pages"][0]["id"];
    let mut socket = connected(&place, &seed, 2);
    subscribe(&mut socket, &format!("p/{}/e", page.as_str().unwrap()));
    ask(
        &place,
        "/api/call_join",
        cookie(&seed, 1),
        &joining(page, SESSION),
    );
    let leave = json!({"page": page, "session": SESSION}).to_string();
    let beacon = [
        ("content-type", "text/plain;charset=UTF-8"),
        ("cookie", cookie(&seed, 1)),
        ("origin", "http://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ];
    assert_eq!(
        place.ask("POST", "/api/call_leave", &beacon, &leave).status,
        403
    );
    assert_eq!(callers(&place, &seed).len(), 1);
    assert_eq!(
        place
            .ask("POST", "/api/call_leave", &beacon[..2], &leave)
            .status,
        200
    );
    let line = event(&mut socket, "message");
    assert_eq!(line["call"]["people"], 1);
    assert_eq!(line["author"], seed["accounts"][1]["id"]);
    assert_eq!(line["body"], "");
    let edit = json!({"page": page, "id": line["id"], "body": "Not so."});
    let edited = ask(&place, "/api/edit_message", cookie(&seed, 1), &edit);
    assert_eq!(edited.status, 422, "{edited:?}");
}

#[test]
fn an_offer_of_a_megabyte_and_one_of_nonsense_are_refused() {
    let (place, seed) = seeded();
    let page = &seed["pages"][0]["id"];
    // Its length is enough: nobody has to send it first.
    let head = format!(
        "POST /api/call_join HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n\
         Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n",
        place.host(),
        cookie(&seed, 1),
    );
    let mut stream = TcpStream::connect(place.host()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");

    let mut join = joining(page, SESSION);
    join["offer"] = json!("v=0\r\n".repeat(20_000));
    let nonsense = ask(&place, "/api/call_join", cookie(&seed, 1), &join);
    assert_eq!(nonsense.json()["code"], "bad_request");
    assert!(callers(&place, &seed).is_empty());
}

#[test]
fn who_joins_without_end_is_told_to_wait() {
    let (place, seed) = seeded();
    let page = &seed["pages"][0]["id"];
    let join = joining(page, SESSION);
    let refused = (0..40).find_map(|_| {
        let answer = ask(&place, "/api/call_join", cookie(&seed, 1), &join);
        (answer.status != 200).then_some(answer)
    });
    assert_eq!(refused.unwrap().json()["code"], "too_many");
}

#[test]
fn a_call_ends_in_good_order_when_the_program_stops() {
    let (place, seed) = seeded();
    let page = &seed["pages"][0]["id"];
    ask(
        &place,
        "/api/call_join",
        cookie(&seed, 1),
        &joining(page, SESSION),
    );
    let dir = Arc::clone(&place.dir);
    place.stop();
    let place = Running::start_in(dir, &[]);
    let asked = json!({"page": page, "before": null, "after": null});
    let history = ask(&place, "/api/messages", cookie(&seed, 0), &asked).json();
    let last = history["messages"].as_array().unwrap().last().unwrap();
    assert_eq!(last["call"]["people"], 1, "{last}");
}

#[test]
fn an_admin_of_the_place_tries_the_ways_in_and_nobody_hears_of_it() {
    let (place, seed) = seeded();
    let dir = Arc::clone(&place.dir);
    place.stop();
    let settings = [
        ("STOA_CALL_TCP_PORT", "0"),
        ("STOA_TURN_URLS", "turn:turn.example:3478"),
        ("STOA_TURN_SECRET", "north"),
    ];
    let place = Running::start_in(dir, &settings);
    let ask =
        |account: usize, path: &str, body: &Value| ask(&place, path, cookie(&seed, account), body);
    let (offer, mids) = offer();
    let test = json!({ "session": SESSION, "offer": offer, "mids": mids });
    for path in ["/api/call_ways", "/api/call_test"] {
        assert_eq!(ask(1, path, &test).json()["code"], "admins_only", "{path}");
    }
    let found = ask(0, "/api/call_ways", &json!({})).json();
    let offered = found["ways"]["offered"].as_array().unwrap();
    let carriers = |name: &str| offered.iter().filter(|of| of["carrier"] == name).count();
    assert!(
        carriers("udp") > 0 && carriers("udp") == carriers("tcp"),
        "{found}"
    );
    assert!(found["ice_servers"][0]["credential"].is_string());
    assert!(!found["ways"].to_string().contains("north"));

    let answer = ask(0, "/api/call_test", &test);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(
        answer.json()["answer"]
            .as_str()
            .unwrap()
            .contains("tcptype passive")
    );
    assert!(callers(&place, &seed).is_empty());
    // It does not stand in the way of a call, nor a call in its way.
    let page = &seed["pages"][0]["id"];
    let own = "01932d3c-5a00-7b1c-8f00-000000000008";
    assert_eq!(ask(0, "/api/call_join", &joining(page, own)).status, 200);
    assert_eq!(callers(&place, &seed).len(), 1);
    assert_eq!(
        ask(0, "/api/call_leave", &json!({ "session": SESSION })).status,
        200
    );

    let view = |account| {
        place.ask(
            "GET",
            "/admin/calls",
            &[("cookie", cookie(&seed, account))],
            "",
        )
    };
    let (shown, refused) = (view(0), view(1));
    assert!(shown.text().contains("Test a call") && shown.text().contains("turn.example"));
    assert!(!shown.text().contains("north"));
    assert!(refused.text().contains("For admins") && !refused.text().contains("turn.example"));
}

#[test]
fn an_outside_provider_is_named_and_nobody_joins_here() {
    let (place, seed) = seeded();
    let dir = Arc::clone(&place.dir);
    place.stop();
    let settings = [
        ("STOA_CALL_URL", "https://meet.example/{page}?jwt={token}"),
        ("STOA_CALL_TOKEN_SECRET", "south"),
        ("STOA_TURN_URLS", "turn:turn.example:3478"),
        ("STOA_TURN_SECRET", "north"),
    ];
    let place = Running::start_in(dir, &settings);
    let page = &seed["pages"][0]["id"];
    let now = ask(
        &place,
        "/api/call",
        cookie(&seed, 1),
        &json!({"page": page}),
    )
    .json();
    assert_eq!(now["settings"]["provider"], "embed");
    let url = now["settings"]["url"].as_str().unwrap();
    let begin = format!("https://meet.example/{}?jwt=ey", page.as_str().unwrap());
    assert!(url.starts_with(&begin), "{url}");
    let server = &now["ice_servers"][0];
    assert!(server["username"].is_string() && server["credential"].is_string());
    let join = ask(
        &place,
        "/api/call_join",
        cookie(&seed, 1),
        &joining(page, SESSION),
    );
    assert_eq!(join.json()["code"], "not_found");
    let answer = place.get("/sign-in");
    let policy = answer.header("content-security-policy");
    assert!(
        policy.ends_with("; frame-src https://meet.example"),
        "{policy}"
    );
    let delegated = answer.header("permissions-policy");
    assert!(
        delegated.contains("camera=(self \"https://meet.example\")"),
        "{delegated}"
    );
}
