//! Connect, subscribe, receive, unsubscribe, leave.

mod support;

use bytes::Bytes;
use domain::{Event, Topic};
use hub::{Limits, Stats};
use mqtt::{Connect, Delivery, Packet, PacketId, Publish, QoS, Unsubscribe};
use support::{Client, account, hub, hub_with, page, until};

#[tokio::test]
async fn a_subscriber_receives_what_the_server_delivers_and_nobody_else_does() {
    let (hub, _) = hub();
    let mut reader = Client::connect(&hub, account(1)).await;
    let mut other = Client::connect(&hub, account(2)).await;
    reader
        .subscribe(Topic::Page(page(1)), QoS::AtMostOnce)
        .await;
    other.subscribe(Topic::Page(page(2)), QoS::AtMostOnce).await;
    assert_eq!(hub.deliver(Topic::Page(page(1)), Bytes::from("one")), 1);
    let got = reader.publication().await;
    assert_eq!(
        got,
        Publish::at_most_once(Topic::Page(page(1)).to_string(), "one")
    );
    other.ping().await;
}

#[tokio::test]
async fn packets_that_come_with_connect_in_one_piece_are_heeded() {
    let (hub, _) = hub();
    let mut client = Client::open(&hub, account(1));
    let mut bytes = bytes::BytesMut::new();
    Packet::Connect(Connect::clean("a", 0))
        .encode(&mut bytes)
        .unwrap();
    Packet::PingReq.encode(&mut bytes).unwrap();
    for byte in &bytes {
        client.send_raw(std::slice::from_ref(byte)).await;
    }
    assert!(matches!(client.receive().await, Packet::ConnAck(_)));
    assert_eq!(client.receive().await, Packet::PingResp);
}

#[tokio::test]
async fn a_burst_arrives_in_order_and_whole() {
    let (hub, _) = hub();
    let topic = Topic::Page(page(1));
    let mut plain = Client::connect(&hub, account(1)).await;
    let mut careful = Client::connect(&hub, account(2)).await;
    plain.subscribe(topic, QoS::AtMostOnce).await;
    careful.subscribe(topic, QoS::AtLeastOnce).await;
    for number in 0..600u32 {
        let payload = Bytes::from(format!("{number:0300}"));
        assert_eq!(hub.deliver(topic, payload), 2);
    }
    for number in 0..600u32 {
        assert_eq!(plain.publication().await.payload, format!("{number:0300}"));
    }
    for number in 0..600u32 {
        let got = careful.publication().await;
        assert_eq!(got.payload, format!("{number:0300}"));
        let Delivery::AtLeastOnce { id, again: false } = got.delivery else {
            panic!("{:?}", got.delivery);
        };
        careful.send(&Packet::PubAck(id)).await;
    }
}

#[tokio::test]
async fn what_is_not_acknowledged_holds_back_the_rest_until_it_is() {
    let limits = Limits {
        window: 2,
        ..Limits::default()
    };
    let (hub, _) = hub_with(limits);
    let topic = Topic::Page(page(1));
    let mut client = Client::connect(&hub, account(1)).await;
    client.subscribe(topic, QoS::AtLeastOnce).await;
    for number in 0..4u8 {
        hub.deliver(topic, Bytes::from(vec![number]));
    }
    let mut ids = Vec::new();
    for number in 0..2u8 {
        let got = client.publication().await;
        assert_eq!(got.payload, vec![number]);
        let Delivery::AtLeastOnce { id, .. } = got.delivery else {
            panic!("{:?}", got.delivery);
        };
        ids.push(id);
    }
    assert_ne!(ids[0], ids[1]);
    client.ping().await;
    client.send(&Packet::PubAck(ids[0])).await;
    assert_eq!(client.publication().await.payload, vec![2]);
    client.ping().await;
}

#[tokio::test]
async fn granted_is_what_was_asked_for_up_to_one() {
    let (hub, _) = hub();
    let mut client = Client::connect(&hub, account(1)).await;
    let filter = Topic::Page(page(1)).to_string();
    for (asked, granted) in [
        (QoS::AtMostOnce, QoS::AtMostOnce),
        (QoS::AtLeastOnce, QoS::AtLeastOnce),
        (QoS::ExactlyOnce, QoS::AtLeastOnce),
    ] {
        let answer = client.ask(std::slice::from_ref(&filter), asked).await;
        assert_eq!(answer, [Some(granted)]);
    }
    // Subscribing again replaces (§3.8.4): one copy comes.
    assert_eq!(hub.stats().subscriptions, 1);
    assert_eq!(hub.deliver(Topic::Page(page(1)), Bytes::from("x")), 1);
}

#[tokio::test]
async fn after_unsubscribe_nothing_comes() {
    let (hub, _) = hub();
    let topic = Topic::Page(page(1));
    let mut client = Client::connect(&hub, account(1)).await;
    client.subscribe(topic, QoS::AtMostOnce).await;
    let id = PacketId::new(9).unwrap();
    let filters = vec![topic.to_string(), "never/held".into()];
    client
        .send(&Packet::Unsubscribe(Unsubscribe { id, filters }))
        .await;
    assert_eq!(client.receive().await, Packet::UnsubAck(id));
    assert_eq!(hub.deliver(topic, Bytes::from("x")), 0);
    client.ping().await;
}

#[tokio::test]
async fn leaving_leaves_nothing_behind_however_it_is_done() {
    let (hub, _) = hub();
    let mut polite = Client::connect(&hub, account(1)).await;
    let mut rude = Client::connect(&hub, account(1)).await;
    for client in [&mut polite, &mut rude] {
        client
            .subscribe(Topic::Page(page(1)), QoS::AtMostOnce)
            .await;
    }
    let aborted = Client::connect(&hub, account(1)).await;
    let connections = |connections, subscriptions| Stats {
        connections,
        subscriptions,
    };
    assert_eq!(hub.stats(), connections(3, 2));
    polite.send(&Packet::Disconnect).await;
    polite.is_closed().await;
    drop(rude);
    aborted.task.abort();
    until(|| hub.stats() == connections(0, 0)).await;
}

#[tokio::test]
async fn the_same_client_id_of_the_same_account_takes_over() {
    let (hub, _) = hub();
    let mut old = Client::open(&hub, account(1));
    old.greet("tab", 0).await;
    let mut others = Client::open(&hub, account(2));
    others.greet("tab", 0).await;
    let mut new = Client::open(&hub, account(1));
    new.greet("tab", 0).await;
    old.is_closed().await;
    others.ping().await;
    new.ping().await;
}

#[tokio::test]
async fn resync_is_said_once_to_everybody_who_listens() {
    let (hub, _) = hub();
    let mut client = Client::connect(&hub, account(1)).await;
    let mut visitor = Client::connect(&hub, account(2)).await;
    for topic in [Topic::Page(page(1)), Topic::Account(account(1))] {
        client.subscribe(topic, QoS::AtMostOnce).await;
    }
    visitor
        .subscribe(Topic::Page(page(1)), QoS::AtLeastOnce)
        .await;
    hub.resync();
    for (client, topic) in [
        (&mut client, Topic::Account(account(1))),
        (&mut visitor, Topic::Page(page(1))),
    ] {
        let got = client.publication().await;
        assert_eq!(got.topic, topic.to_string());
        let event: Event = serde_json::from_slice(&got.payload).unwrap();
        assert_eq!(event, Event::Resync);
        client.ping().await;
    }
}
