//! Strategies for every packet that can be encoded.

use bytes::Bytes;
use mqtt::{
    ConnAck, Connect, ConnectCode, Delivery, Packet, PacketId, Publish, QoS, SubAck, Subscribe,
    Unsubscribe, Will,
};
use proptest::prelude::*;

pub(crate) fn any() -> impl Strategy<Value = Packet> {
    prop_oneof![
        connect().prop_map(Packet::Connect),
        connack().prop_map(Packet::ConnAck),
        publish().prop_map(Packet::Publish),
        id().prop_map(Packet::PubAck),
        id().prop_map(Packet::PubRec),
        id().prop_map(Packet::PubRel),
        id().prop_map(Packet::PubComp),
        (id(), prop::collection::vec((filter(), qos()), 1..5))
            .prop_map(|(id, filters)| Packet::Subscribe(Subscribe { id, filters })),
        (id(), prop::collection::vec(prop::option::of(qos()), 1..5))
            .prop_map(|(id, granted)| Packet::SubAck(SubAck { id, granted })),
        (id(), prop::collection::vec(filter(), 1..5))
            .prop_map(|(id, filters)| Packet::Unsubscribe(Unsubscribe { id, filters })),
        id().prop_map(Packet::UnsubAck),
        Just(Packet::PingReq),
        Just(Packet::PingResp),
        Just(Packet::Disconnect),
    ]
}

fn id() -> impl Strategy<Value = PacketId> {
    proptest::arbitrary::any::<PacketId>()
}

fn qos() -> impl Strategy<Value = QoS> {
    prop_oneof![
        Just(QoS::AtMostOnce),
        Just(QoS::AtLeastOnce),
        Just(QoS::ExactlyOnce)
    ]
}

/// Without U+0000, which no text of MQTT may hold.
fn text() -> impl Strategy<Value = String> {
    "[^\0]{0,12}"
}

fn topic() -> impl Strategy<Value = String> {
    "[^\0#+]{1,12}"
}

fn filter() -> impl Strategy<Value = String> {
    "([a-z$ é]{0,4}|[+])(/([a-z]{0,4}|[+])){1,3}(/#)?"
}

fn bytes() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        prop::collection::vec(proptest::num::u8::ANY, 0..300).prop_map(Bytes::from),
        text().prop_map(Bytes::from),
    ]
}

fn flag() -> impl Strategy<Value = bool> {
    proptest::bool::ANY
}

fn connect() -> impl Strategy<Value = Connect> {
    let will = (topic(), bytes(), qos(), flag()).prop_map(|(topic, payload, qos, retain)| Will {
        topic,
        payload,
        qos,
        retain,
    });
    let login = prop::option::of((text(), prop::option::of(bytes())));
    (
        text(),
        flag(),
        proptest::num::u16::ANY,
        prop::option::of(will),
        login,
    )
        .prop_map(|(client_id, clean, keep_alive, will, login)| {
            let (username, password) = login.map_or((None, None), |(u, p)| (Some(u), p));
            Connect {
                client_id,
                clean,
                keep_alive,
                will,
                username,
                password,
            }
        })
}

fn connack() -> impl Strategy<Value = ConnAck> {
    prop_oneof![
        flag().prop_map(|session_present| ConnAck {
            session_present,
            code: ConnectCode::Accepted
        }),
        prop_oneof![
            Just(ConnectCode::UnacceptableProtocolVersion),
            Just(ConnectCode::IdentifierRejected),
            Just(ConnectCode::ServerUnavailable),
            Just(ConnectCode::BadCredentials),
            Just(ConnectCode::NotAuthorized),
        ]
        .prop_map(|code| ConnAck {
            session_present: false,
            code
        }),
    ]
}

fn publish() -> impl Strategy<Value = Publish> {
    let delivery = prop_oneof![
        Just(Delivery::AtMostOnce),
        (id(), flag()).prop_map(|(id, again)| Delivery::AtLeastOnce { id, again }),
        (id(), flag()).prop_map(|(id, again)| Delivery::ExactlyOnce { id, again }),
    ];
    (topic(), bytes(), delivery, flag()).prop_map(|(topic, payload, delivery, retain)| Publish {
        topic,
        payload,
        delivery,
        retain,
    })
}
