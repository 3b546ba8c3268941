//! Sockets whose other side is gone without a word, as when a laptop sleeps or a cable is pulled.

use std::time::{Duration, Instant};

use tungstenite::Message;

use crate::{
    live::{connected, event, next, subscribe},
    seeded::seeded,
};

#[test]
fn who_vanished_is_said_offline_within_sixteen_seconds_and_who_answers_stays() {
    let (place, seed) = seeded();
    let page = seed["pages"][0]["id"].as_str().unwrap();
    let mut watcher = connected(&place, &seed, 0);
    let patience = Some(Duration::from_secs(30));
    watcher.frames.get_ref().set_read_timeout(patience).unwrap();
    assert_eq!(subscribe(&mut watcher, &format!("p/{page}/e")), 0);

    let vanished = &seed["accounts"][1]["id"];
    let start = Instant::now();
    // From here on it neither reads nor answers, and its end of the connection stays open.
    let mut silent = connected(&place, &seed, 1);
    loop {
        let event = event(&mut watcher, "presence");
        if event["offline"].as_array().unwrap().contains(vanished) {
            break;
        }
    }
    let took = start.elapsed();
    assert!(took > Duration::from_millis(14_900), "{took:?}");
    assert!(took < Duration::from_secs(17), "{took:?}");

    let mut asked = 0;
    while let Ok(message) = silent.frames.read() {
        asked += usize::from(matches!(message, Message::Ping(_)));
    }
    assert_eq!(asked, 1);
    // Having said nothing itself but that it is there.
    watcher
        .frames
        .send(Message::binary(&[0xC0, 0][..]))
        .unwrap();
    assert_eq!(next(&mut watcher), [0xD0, 0]);
}
