//! A subscriber that does not read is cut at one megabyte, and costs nobody else a message.

mod support;

use bytes::Bytes;
use domain::Topic;
use mqtt::{Packet, PacketId, QoS, Subscribe};
use support::{Client, account, hub, page, until};

const MEGABYTE: usize = 1024 * 1024;
const PAYLOAD: usize = 300;

async fn cut_at_a_megabyte(qos: QoS) {
    let (hub, _) = hub();
    let topic = Topic::Page(page(1));
    let pipe = 4096;
    let mut stalled = Client::open_with_pipe(&hub, account(1), pipe);
    stalled.greet("stalled", 0).await;
    stalled.subscribe(topic, qos).await;
    let mut reader = Client::connect(&hub, account(2)).await;
    reader.subscribe(topic, QoS::AtMostOnce).await;

    let mut taken = 0;
    for number in 0..5000u32 {
        let payload = Bytes::from(format!("{number:0PAYLOAD$}"));
        let reached = hub.deliver(topic, payload.clone());
        taken += usize::from(reached == 2);
        assert!(reached >= 1);
        // Everybody else goes on, each message, in order.
        assert_eq!(reader.publication().await.payload, payload);
    }
    assert!(taken > 1000, "cut too early: {taken}");
    assert!(taken * PAYLOAD <= MEGABYTE + pipe, "cut too late: {taken}");
    until(|| hub.stats().connections == 1).await;
    reader.ping().await;
}

#[tokio::test]
async fn a_stalled_subscriber_is_cut_at_a_megabyte_and_others_go_on() {
    cut_at_a_megabyte(QoS::AtMostOnce).await;
}

#[tokio::test]
async fn one_that_never_acknowledges_is_cut_as_well() {
    let (hub, _) = hub();
    let topic = Topic::Page(page(1));
    let mut silent = Client::connect(&hub, account(1)).await;
    silent.subscribe(topic, QoS::AtLeastOnce).await;
    let mut reached = 0;
    for _ in 0..5000 {
        reached += hub.deliver(topic, Bytes::from(vec![b'x'; PAYLOAD]));
        // The network takes what the window lets through.
        tokio::task::yield_now().await;
    }
    assert!(
        reached * PAYLOAD <= MEGABYTE + 256 * (PAYLOAD + 100),
        "{reached}"
    );
    until(|| hub.stats().connections == 0).await;
    cut_at_a_megabyte(QoS::AtLeastOnce).await;
}

#[tokio::test]
async fn empty_messages_weigh_something_too() {
    let (hub, _) = hub();
    let topic = Topic::Page(page(1));
    let mut stalled = Client::open_with_pipe(&hub, account(1), 64);
    stalled.greet("stalled", 0).await;
    let filters = vec![(topic.to_string(), QoS::AtMostOnce)];
    let id = PacketId::MIN;
    stalled
        .send(&Packet::Subscribe(Subscribe { id, filters }))
        .await;
    stalled.receive().await;
    let reached: usize = (0..50_000).map(|_| hub.deliver(topic, Bytes::new())).sum();
    assert!(reached < 20_000, "{reached}");
}

#[tokio::test]
async fn what_fits_into_no_queue_cuts_nobody() {
    let (hub, _) = hub();
    let topic = Topic::Page(page(1));
    let mut client = Client::connect(&hub, account(1)).await;
    client.subscribe(topic, QoS::AtMostOnce).await;
    assert_eq!(hub.deliver(topic, Bytes::from(vec![0; MEGABYTE])), 0);
    client.ping().await;
}
