//! Rights are taken away at once: sockets of an account close, whatever they are doing, and nothing reaches them.

mod support;

use std::time::Duration;

use bytes::Bytes;
use domain::Topic;
use hub::{ByteStream, Stats};
use mqtt::{Packet, PacketId, Publish, QoS, Subscribe};
use support::{Client, SOON, account, hub, page, until};
use tokio::{
    io::AsyncReadExt,
    time::{Instant, timeout},
};

const NOBODY: Stats = Stats {
    connections: 0,
    subscriptions: 0,
};

#[tokio::test]
async fn a_removed_member_stops_receiving_at_once() {
    let (hub, _) = hub();
    let topic = Topic::Page(page(1));
    let mut removed = [
        Client::connect(&hub, account(1)).await,
        Client::connect(&hub, account(1)).await,
    ];
    let mut stays = Client::connect(&hub, account(2)).await;
    for client in removed.iter_mut().chain([&mut stays]) {
        client.subscribe(topic, QoS::AtMostOnce).await;
    }
    hub.cut(account(1));
    // Not "soon": the very next delivery.
    assert_eq!(hub.deliver(topic, Bytes::from("secret")), 1);
    for client in &mut removed {
        client.is_closed().await;
    }
    assert_eq!(stays.publication().await.payload, "secret");
    until(|| hub.stats().connections == 1).await;
    assert_eq!(hub.stats().subscriptions, 1);
}

#[tokio::test]
async fn what_was_queued_for_a_removed_member_is_not_sent() {
    let (hub, _) = hub();
    let topic = Topic::Page(page(1));
    let mut client = Client::connect(&hub, account(1)).await;
    client.subscribe(topic, QoS::AtMostOnce).await;
    // On one thread nothing is written before the next `await`.
    hub.deliver(topic, Bytes::from("secret"));
    hub.cut(account(1));
    client.is_closed().await;
}

#[tokio::test]
async fn a_socket_that_is_stuck_in_a_write_is_closed_too() {
    let (hub, _) = hub();
    let topic = Topic::Page(page(1));
    let mut client = Client::open_with_pipe(&hub, account(1), 256);
    client.greet("a", 0).await;
    client.subscribe(topic, QoS::AtMostOnce).await;
    hub.deliver(topic, Bytes::from(vec![b'x'; 100_000]));
    tokio::time::sleep(Duration::from_millis(20)).await;
    let start = Instant::now();
    hub.cut(account(1));
    until(|| hub.stats() == NOBODY).await;
    timeout(SOON, &mut client.task).await.unwrap().unwrap();
    assert!(start.elapsed() < Duration::from_secs(1));
    let mut rest = Vec::new();
    client.stream.read_to_end(&mut rest).await.unwrap();
    assert!(rest.len() <= 256);
}

#[tokio::test]
async fn a_subscription_that_is_being_checked_does_not_survive() {
    let (hub, house) = hub();
    let topic = Topic::Page(page(1));
    let mut client = Client::connect(&hub, account(1)).await;
    let closed = house.gate.acquire().await.unwrap();
    client
        .send(&Packet::Subscribe(Subscribe {
            id: PacketId::MIN,
            filters: vec![(topic.to_string(), QoS::AtMostOnce)],
        }))
        .await;
    until(|| !house.asked.lock().unwrap().is_empty()).await;
    hub.cut(account(1));
    drop(closed);
    client.is_closed().await;
    until(|| hub.stats() == NOBODY).await;
    assert_eq!(hub.deliver(topic, Bytes::from("secret")), 0);
    assert_eq!(*house.wants.lock().unwrap(), []);
}

#[tokio::test]
async fn a_signal_that_is_being_checked_does_not_go_out() {
    let (hub, house) = hub();
    let own = Topic::Signals(page(1), account(1));
    let mut client = Client::connect(&hub, account(1)).await;
    let closed = house.gate.acquire().await.unwrap();
    let signal = Publish::at_most_once(own.to_string(), r#"{"type":"typing"}"#);
    client.send(&Packet::Publish(signal)).await;
    until(|| !house.asked.lock().unwrap().is_empty()).await;
    hub.cut(account(1));
    drop(closed);
    client.is_closed().await;
    assert_eq!(*house.relayed.lock().unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn after_cut_has_returned_nothing_is_delivered_whatever_ran_beside_it() {
    let (hub, _) = hub();
    let topic = Topic::Page(page(1));
    for round in 0..500u32 {
        let mut client = Client::connect(&hub, account(1)).await;
        let mut bytes = bytes::BytesMut::new();
        Packet::Subscribe(Subscribe {
            id: PacketId::MIN,
            filters: vec![(topic.to_string(), QoS::AtMostOnce)],
        })
        .encode(&mut bytes)
        .unwrap();
        client.send_raw(&bytes).await;
        for _ in 0..round % 50 {
            std::hint::spin_loop();
        }
        hub.cut(account(1));
        assert_eq!(hub.deliver(topic, Bytes::from("secret")), 0);
        while let Some(packet) = client.next().await {
            assert!(matches!(packet, Packet::SubAck(_)), "{packet:?}");
        }
    }
    until(|| hub.stats() == NOBODY).await;
}

#[tokio::test]
async fn a_seat_that_was_cut_before_it_is_used_serves_nobody() {
    let (hub, _) = hub();
    let seat = hub.enter(account(1));
    hub.cut(account(1));
    let (mut ours, theirs) = tokio::io::duplex(64);
    seat.serve(ByteStream::new(theirs)).await;
    assert_eq!(ours.read(&mut [0; 8]).await.unwrap(), 0);
    assert_eq!(hub.stats(), NOBODY);
}

#[tokio::test]
async fn draining_closes_everybody_and_whoever_comes_after() {
    let (hub, _) = hub();
    let mut clients = Vec::new();
    for number in 1..=3 {
        clients.push(Client::connect(&hub, account(number)).await);
    }
    hub.drain();
    for client in &mut clients {
        client.is_closed().await;
    }
    Client::open(&hub, account(4)).is_closed().await;
    until(|| hub.stats() == NOBODY).await;
}
