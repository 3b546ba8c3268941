//! Whoever says nothing is let go: before CONNECT, after it, and while a write does not end.

mod support;

use std::time::Duration;

use bytes::Bytes;
use domain::Topic;
use hub::Hub;
use mqtt::QoS;
use support::{Client, account, hub, page};
use tokio::time::{Instant, sleep};

/// How long after `since` the connection was gone, to the second.
async fn gone_after(hub: &Hub, since: Instant) -> u64 {
    while hub.stats().connections > 0 {
        sleep(Duration::from_millis(100)).await;
    }
    since.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn connect_comes_within_ten_seconds_or_not_at_all() {
    let (hub, _) = hub();
    let start = Instant::now();
    let _silent = Client::open(&hub, account(1));
    let mut slow = Client::open(&hub, account(1));
    slow.send_raw(b"\x10\x20\0\x04MQ").await;
    sleep(Duration::from_secs(9)).await;
    slow.send_raw(b"TT").await;
    assert_eq!(hub.stats().connections, 2);
    assert_eq!(gone_after(&hub, start).await, 10);
}

#[tokio::test(start_paused = true)]
async fn one_and_a_half_keep_alives_of_silence_are_the_end() {
    let (hub, _) = hub();
    let mut client = Client::open(&hub, account(1));
    client.greet("a", 10).await;
    for _ in 0..5 {
        sleep(Duration::from_secs(14)).await;
        client.ping().await;
    }
    let last = Instant::now();
    assert_eq!(gone_after(&hub, last).await, 15);
    client.is_closed().await;
}

#[tokio::test(start_paused = true)]
async fn what_a_client_is_sent_does_not_speak_for_it() {
    let (hub, _) = hub();
    let mut client = Client::open(&hub, account(1));
    client.greet("a", 10).await;
    client
        .subscribe(Topic::Page(page(1)), QoS::AtMostOnce)
        .await;
    let last = Instant::now();
    for _ in 0..14 {
        sleep(Duration::from_secs(1)).await;
        assert_eq!(hub.deliver(Topic::Page(page(1)), Bytes::from("x")), 1);
    }
    assert_eq!(gone_after(&hub, last).await, 15);
}

#[tokio::test(start_paused = true)]
async fn without_a_keep_alive_an_hour_is_enough() {
    let (hub, _) = hub();
    let client = Client::connect(&hub, account(1)).await;
    let start = Instant::now();
    assert_eq!(gone_after(&hub, start).await, 3600);
    drop(client);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_does_not_end_is_given_up() {
    let (hub, _) = hub();
    let mut client = Client::open_with_pipe(&hub, account(1), 64);
    client.greet("a", 600).await;
    client
        .subscribe(Topic::Page(page(1)), QoS::AtMostOnce)
        .await;
    let start = Instant::now();
    hub.deliver(Topic::Page(page(1)), Bytes::from(vec![0; 1000]));
    assert_eq!(gone_after(&hub, start).await, 15);
}
