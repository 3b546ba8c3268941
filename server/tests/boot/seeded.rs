//! `stoa seed`: a place with people and messages, for trials.

use std::{process::Output, sync::Arc};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::running::{Running, stoa};

const MESSAGE: &str = "01932d3c-5a00-7b1c-8f00-000000000001";

fn seed(dir: &TempDir) -> Output {
    stoa(&dir.path().join("data"))
        .args(["seed", "--members", "3", "--messages", "7", "--out"])
        .arg(dir.path().join("seed.json"))
        .output()
        .unwrap()
}

/// A running place with three members and seven messages, and what `seed` has written.
pub(crate) fn seeded() -> (Running, Value) {
    let dir = Arc::new(TempDir::new().unwrap());
    let output = seed(&dir);
    assert!(output.status.success(), "{output:?}");
    let text = std::fs::read(dir.path().join("seed.json")).unwrap();
    let place = Running::start_in(dir, &[]);
    (place, serde_json::from_slice(&text).unwrap())
}

#[test]
fn a_seeded_place_can_be_used_at_once() {
    let (place, seed) = seeded();
    assert_eq!(place.setup_link, None);
    let accounts = seed["accounts"].as_array().unwrap();
    assert_eq!(accounts.len(), 3);
    assert_eq!(accounts[0]["admin"], true);
    assert_eq!(accounts[1]["admin"], false);
    for account in accounts {
        for field in ["id", "email", "name"] {
            assert!(account[field].is_string(), "{account}");
        }
        let cookie = account["cookie"].as_str().unwrap();
        assert!(cookie.starts_with("stoa_session="));
        let me = place.call("/api/whoami", cookie, "{}").json();
        assert_eq!(me["account"], account["id"]);
    }
    assert_eq!(seed["pages"].as_array().unwrap().len(), 1);
    assert!(seed["pages"][0]["name"].is_string());

    let page = &seed["pages"][0]["id"];
    let cookie = accounts[1]["cookie"].as_str().unwrap();
    let post = json!({"page": page, "id": MESSAGE, "body": "Hello"}).to_string();
    let posted = place.call("/api/post_message", cookie, &post);
    assert_eq!(posted.status, 200, "{posted:?}");
    assert_eq!(posted.json()["seq"], 8);
    // Sent again, as after a cut: the same message.
    assert_eq!(
        place.call("/api/post_message", cookie, &post).json()["seq"],
        8
    );

    let ask = json!({"page": page, "limit": 50}).to_string();
    let history = place.call("/api/messages", cookie, &ask).json();
    let messages = history["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 8);
    assert_eq!(messages[7]["body"], "Hello");
    assert_eq!(history["counter"], 8);

    let after = json!({"page": page, "after": 7, "limit": 50}).to_string();
    let news = place.call("/api/messages", cookie, &after).json();
    assert_eq!(news["messages"].as_array().unwrap().len(), 1);
}

#[test]
fn strangers_find_nothing() {
    let (place, seed) = seeded();
    let ask = json!({"page": seed["pages"][0]["id"], "limit": 50}).to_string();
    let refused = place.call("/api/messages", "", &ask);
    assert_eq!(refused.status, 401, "{refused:?}");
    assert_eq!(refused.json()["code"], "signed_out");
    let refused = place.call("/api/messages", "stoa_session=made-up", &ask);
    assert_eq!(refused.status, 401);

    let cookie = seed["accounts"][0]["cookie"].as_str().unwrap();
    let ask = json!({"page": MESSAGE, "limit": 50}).to_string();
    let refused = place.call("/api/messages", cookie, &ask);
    assert_eq!(refused.status, 404, "{refused:?}");
    assert_eq!(refused.json()["code"], "not_found");
}

#[test]
fn a_page_with_its_messages_can_be_read_before_any_script() {
    let (place, seed) = seeded();
    let page = format!("/p/{}", seed["pages"][0]["id"].as_str().unwrap());
    let cookie = seed["accounts"][1]["cookie"].as_str().unwrap();
    let view = place.ask("GET", &page, &[("cookie", cookie)], "");
    assert_eq!(view.status, 200);
    assert!(
        view.text()
            .contains(seed["pages"][0]["name"].as_str().unwrap())
    );

    let session = cookie.strip_prefix("stoa_session=").unwrap();
    assert!(
        !view.text().contains(session),
        "a session never stands in a page"
    );
}

#[test]
fn a_place_in_use_is_not_seeded() {
    let (place, _) = seeded();
    let again = seed(&place.dir);
    assert!(!again.status.success());
    assert!(!again.stderr.is_empty());
}
