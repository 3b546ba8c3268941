//! What browsers publish: a member's own signals, to the members who listen, at a pace somebody can type.

mod support;

use std::time::Duration;

use domain::Topic;
use hub::{Action, Limits};
use mqtt::{Delivery, Packet, PacketId, Publish, QoS};
use support::{Client, account, hub, hub_with, page};

const TYPING: &str = r#"{"type":"typing"}"#;

#[tokio::test]
async fn a_signal_reaches_those_who_listen_and_goes_upstream_once() {
    let (hub, house) = hub();
    let (writer, reader) = (account(1), account(2));
    let own = Topic::Signals(page(1), writer);
    let mut writing = Client::connect(&hub, writer).await;
    let mut all = Client::connect(&hub, reader).await;
    let mut one = Client::connect(&hub, reader).await;
    let mut elsewhere = Client::connect(&hub, reader).await;
    all.subscribe(Topic::AllSignals(page(1)), QoS::AtLeastOnce)
        .await;
    one.subscribe(own, QoS::AtMostOnce).await;
    elsewhere
        .subscribe(Topic::AllSignals(page(2)), QoS::AtMostOnce)
        .await;
    elsewhere
        .subscribe(Topic::Signals(page(1), reader), QoS::AtMostOnce)
        .await;
    elsewhere
        .subscribe(Topic::Page(page(1)), QoS::AtMostOnce)
        .await;

    let signal = Publish::at_most_once(own.to_string(), TYPING);
    writing.send(&Packet::Publish(signal.clone())).await;
    // At the lower of what it was published at and what was granted.
    assert_eq!(all.publication().await, signal);
    assert_eq!(one.publication().await, signal);
    elsewhere.ping().await;
    writing.ping().await;
    assert_eq!(*house.relayed.lock().unwrap(), [(own, TYPING.into())]);
    let asked = house.asked.lock().unwrap().last().copied();
    assert_eq!(asked, Some((writer, Action::Publish, own)));
}

#[tokio::test]
async fn a_signal_at_quality_of_service_1_is_acknowledged_and_delivered_so() {
    let (hub, _) = hub();
    let own = Topic::Signals(page(1), account(1));
    let mut client = Client::connect(&hub, account(1)).await;
    client.subscribe(own, QoS::AtLeastOnce).await;
    let id = PacketId::new(4321).unwrap();
    let signal = Publish {
        delivery: Delivery::AtLeastOnce { id, again: false },
        ..Publish::at_most_once(own.to_string(), TYPING)
    };
    client.send(&Packet::Publish(signal)).await;
    assert_eq!(client.receive().await, Packet::PubAck(id));
    let back = client.publication().await;
    assert_eq!(back.payload, TYPING);
    assert_eq!(back.delivery.qos(), QoS::AtLeastOnce);
}

#[tokio::test(start_paused = true)]
async fn nobody_types_faster_than_the_limit() {
    let (hub, house) = hub_with(Limits {
        signal_burst: 3,
        signals_per_second: 1,
        ..Limits::default()
    });
    let own = Topic::Signals(page(1), account(1)).to_string();
    let signal = Packet::Publish(Publish::at_most_once(own, TYPING));
    let mut client = Client::connect(&hub, account(1)).await;
    for _ in 0..10 {
        client.send(&signal).await;
        client.ping().await;
        tokio::time::sleep(Duration::from_millis(1001)).await;
    }
    for _ in 0..4 {
        client.send(&signal).await;
    }
    client.is_closed().await;
    assert_eq!(house.relayed.lock().unwrap().len(), 13);
}
