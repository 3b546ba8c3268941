//! What the hub does not do: other versions, wills, foreign topics, wildcards, retained messages, quality of service 2, malformed bytes.

mod support;

use bytes::{Bytes, BytesMut};
use domain::Topic;
use hub::Limits;
use mqtt::{ConnAck, Connect, ConnectCode, Delivery, Packet, PacketId, Publish, QoS, SubAck, Will};
use proptest::prelude::*;
use support::{Client, account, hub, hub_with, page, until};

fn refusal(code: ConnectCode) -> Packet {
    Packet::ConnAck(ConnAck {
        session_present: false,
        code,
    })
}

#[tokio::test]
async fn version_5_is_told_so_and_closed() {
    let (hub, _) = hub();
    let v5 = b"\x10\x0f\0\x04MQTT\x05\x02\0\x3c\0\0\x02ab";
    let v31 = b"\x10\x0e\0\x06MQIsdp\x03\x02\0\x3c\0\0";
    for connect in [&v5[..], &v31[..]] {
        let mut client = Client::open(&hub, account(1));
        client.send_raw(connect).await;
        let answer = client.receive().await;
        assert_eq!(answer, refusal(ConnectCode::UnacceptableProtocolVersion));
        client.is_closed().await;
    }
    until(|| hub.stats().connections == 0).await;
}

#[tokio::test]
async fn wills_and_unusable_client_ids_are_refused_at_connect() {
    let (hub, _) = hub();
    let will = Connect {
        will: Some(Will {
            topic: "t".into(),
            payload: Bytes::new(),
            qos: QoS::AtMostOnce,
            retain: false,
        }),
        ..Connect::clean("a", 0)
    };
    let nameless = Connect {
        clean: false,
        ..Connect::clean("", 0)
    };
    let long = Connect::clean(&"x".repeat(129), 0);
    for (connect, code) in [
        (will, ConnectCode::NotAuthorized),
        (nameless, ConnectCode::IdentifierRejected),
        (long, ConnectCode::IdentifierRejected),
    ] {
        let mut client = Client::open(&hub, account(1));
        client.send(&Packet::Connect(connect)).await;
        assert_eq!(client.receive().await, refusal(code));
        client.is_closed().await;
    }
}

#[tokio::test]
async fn a_session_that_is_to_be_kept_starts_empty() {
    let (hub, _) = hub();
    let kept = Packet::Connect(Connect {
        clean: false,
        ..Connect::clean("a", 0)
    });
    for _ in 0..2 {
        let mut client = Client::open(&hub, account(1));
        client.send(&kept).await;
        assert_eq!(client.receive().await, refusal(ConnectCode::Accepted));
        client
            .subscribe(Topic::Page(page(1)), QoS::AtLeastOnce)
            .await;
        client.send(&Packet::Disconnect).await;
        client.is_closed().await;
    }
}

#[tokio::test]
async fn a_connection_too_many_is_turned_away() {
    let (hub, _) = hub_with(Limits {
        connections_per_account: 1,
        ..Limits::default()
    });
    let mut first = Client::connect(&hub, account(1)).await;
    let mut second = Client::open(&hub, account(1));
    second.send(&Packet::Connect(Connect::clean("", 0))).await;
    assert_eq!(
        second.receive().await,
        refusal(ConnectCode::ServerUnavailable)
    );
    second.is_closed().await;
    first.ping().await;
    Client::connect(&hub, account(2)).await.ping().await;
}

#[tokio::test]
async fn only_the_forms_of_the_wire_can_be_subscribed_to() {
    let (hub, house) = hub();
    house.denied.lock().unwrap().insert(page(9));
    let (mine, theirs) = (account(1), account(2));
    let mut client = Client::connect(&hub, mine).await;
    let filters: Vec<String> = [
        "#",
        "+",
        "p/#",
        "p/+/e",
        "+/+/e",
        "$SYS/#",
        "$SYS/broker/uptime",
        "/",
        "p",
        "nothing/here",
    ]
    .map(String::from)
    .into_iter()
    .chain([
        format!("$share/group/p/{}/e", page(1)),
        format!("p/{}/#", page(1)),
        format!("p/{}/+", page(1)),
        format!("p/{}/s/#", page(1)),
        format!("p/{}/e/", page(1)),
        format!("p/{}/e", page(1)).to_uppercase(),
        Topic::Page(page(9)).to_string(),
        Topic::AllSignals(page(9)).to_string(),
        Topic::Account(theirs).to_string(),
    ])
    .collect();
    let answers = client.ask(&filters, QoS::AtLeastOnce).await;
    for (filter, answer) in filters.iter().zip(answers) {
        assert_eq!(answer, None, "{filter}");
    }
    let allowed = [
        Topic::Page(page(1)),
        Topic::AllSignals(page(1)),
        Topic::Signals(page(1), theirs),
        Topic::Account(mine),
    ];
    let answers = client
        .ask(&allowed.map(|topic| topic.to_string()), QoS::AtMostOnce)
        .await;
    assert_eq!(answers, [Some(QoS::AtMostOnce); 4]);
    assert_eq!(hub.stats().subscriptions, 4);
}

#[tokio::test]
async fn the_last_subscription_allowed_is_the_last_one_granted() {
    let (hub, _) = hub_with(Limits {
        subscriptions_per_client: 2,
        ..Limits::default()
    });
    let mut client = Client::connect(&hub, account(1)).await;
    let filters = [1, 2, 3, 1].map(|number| Topic::Page(page(number)).to_string());
    let answers = client.ask(&filters, QoS::AtMostOnce).await;
    let ok = Some(QoS::AtMostOnce);
    assert_eq!(answers, [ok, ok, None, ok]);
}

#[tokio::test]
async fn a_forbidden_publish_closes_the_connection() {
    let (hub, house) = hub();
    house.denied.lock().unwrap().insert(page(9));
    let me = account(1);
    let own = Topic::Signals(page(1), me).to_string();
    let typing = r#"{"type":"typing"}"#;
    let plain = |topic: &str, payload: &str| Publish::at_most_once(topic, payload.to_owned());
    let id = PacketId::MIN;
    for publish in [
        plain(&Topic::Page(page(1)).to_string(), typing),
        plain(&Topic::Account(me).to_string(), typing),
        plain(&Topic::Signals(page(1), account(2)).to_string(), typing),
        plain(&Topic::Signals(page(9), me).to_string(), typing),
        plain("$SYS/broker", typing),
        plain("anything", typing),
        plain(&own, ""),
        plain(&own, "typing"),
        plain(&own, r#"{"type":"reboot"}"#),
        plain(&own, &format!("{}{typing}", " ".repeat(1024))),
        Publish {
            retain: true,
            ..plain(&own, typing)
        },
        Publish {
            retain: true,
            ..plain(&own, "")
        },
        Publish {
            delivery: Delivery::ExactlyOnce { id, again: false },
            ..plain(&own, typing)
        },
    ] {
        let mut client = Client::connect(&hub, me).await;
        client.send(&Packet::Publish(publish.clone())).await;
        assert_eq!(client.next().await, None, "{publish:?}");
    }
    assert_eq!(*house.relayed.lock().unwrap(), []);
}

#[tokio::test]
async fn packets_out_of_place_close_the_connection() {
    let (hub, _) = hub();
    let id = PacketId::MIN;
    for packet in [
        Packet::Connect(Connect::clean("again", 0)),
        refusal(ConnectCode::Accepted),
        Packet::PubRec(id),
        Packet::PubRel(id),
        Packet::PubComp(id),
        Packet::SubAck(SubAck {
            id,
            granted: vec![None],
        }),
        Packet::UnsubAck(id),
        Packet::PingResp,
    ] {
        let mut client = Client::connect(&hub, account(1)).await;
        client.send(&packet).await;
        assert_eq!(client.next().await, None, "{packet:?}");
    }
    let mut silent = Client::open(&hub, account(1));
    silent.send(&Packet::PingReq).await;
    silent.is_closed().await;
}

#[tokio::test]
async fn malformed_and_oversize_packets_close_the_connection() {
    let (hub, _) = hub();
    for bytes in [
        &b"\x00\x00"[..],
        b"\xF0\x00",
        b"\x83\x06\0\x01\0\x01a\0",
        b"\x82\x0b\0\x01\0\x06x/a#/b\0",
        b"\x82\x02\0\x01",
        b"\x30\x03\0\x01+",
        b"\x36\x05\0\x01a\0\x01",
        b"\xC0\xFF\xFF\xFF\xFF\x01",
        // 65,536 bytes to come, with their header too many; refused before they do.
        b"\x30\x80\x80\x04",
        b"GET / HTTP/1.1\r\n\r\n",
    ] {
        let mut client = Client::connect(&hub, account(1)).await;
        client.send_raw(bytes).await;
        assert_eq!(client.next().await, None, "{bytes:?}");
    }
    let mut first = Client::open(&hub, account(1));
    first.send_raw(b"GET /mqtt HTTP/1.1\r\n\r\n").await;
    first.is_closed().await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn arbitrary_bytes_hurt_nobody_else(
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..4),
        connected in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (hub, _) = hub();
            let topic = Topic::Page(page(1));
            let mut other = Client::connect(&hub, account(2)).await;
            other.subscribe(topic, QoS::AtMostOnce).await;
            let mut client = Client::open(&hub, account(1));
            if connected {
                client.greet("a", 0).await;
            }
            for chunk in &chunks {
                use tokio::io::AsyncWriteExt;
                if client.stream.write_all(chunk).await.is_err() {
                    break;
                }
            }
            client.inbound = BytesMut::new();
            hub.deliver(topic, Bytes::from("x"));
            assert_eq!(other.publication().await.payload, "x");
            drop(client);
            until(|| hub.stats().connections == 1).await;
        });
    }
}
