//! Another codec (`mqttbytes`) reads what we write and writes what we read.

mod packets;

use bytes::BytesMut;
use mqtt::{ConnectCode, Delivery, Packet, QoS, decode};
use mqttbytes::v4;
use proptest::prelude::*;

const MAX: usize = 1 << 20;

proptest! {
    #[test]
    fn both_codecs_say_the_same_in_the_same_bytes(packet in packets::any()) {
        let mut ours = BytesMut::new();
        packet.encode(&mut ours).unwrap();
        // Bytes that mqttbytes cannot hold: a login without password and a binary password or will.
        let Some(foreign) = translated(&packet) else { return Ok(()) };
        let read = v4::read(&mut ours.clone(), MAX);
        prop_assert_eq!(read.as_ref(), Ok(&foreign), "they read what we wrote");
        let mut theirs = BytesMut::new();
        written(&foreign, &mut theirs);
        prop_assert_eq!(&theirs, &ours, "the same bytes");
        prop_assert_eq!(decode(&mut theirs, MAX), Ok(Some(packet)), "we read what they wrote");
    }
}

fn qos(qos: QoS) -> mqttbytes::QoS {
    match qos {
        QoS::AtMostOnce => mqttbytes::QoS::AtMostOnce,
        QoS::AtLeastOnce => mqttbytes::QoS::AtLeastOnce,
        QoS::ExactlyOnce => mqttbytes::QoS::ExactlyOnce,
    }
}

fn translated(packet: &Packet) -> Option<v4::Packet> {
    Some(match packet {
        Packet::Connect(ours) => {
            let mut theirs = v4::Connect::new(ours.client_id.clone());
            theirs.keep_alive = ours.keep_alive;
            theirs.clean_session = ours.clean;
            theirs.last_will = ours.will.as_ref().map(|will| {
                v4::LastWill::new(
                    will.topic.clone(),
                    will.payload.to_vec(),
                    qos(will.qos),
                    will.retain,
                )
            });
            match (&ours.username, &ours.password) {
                (Some(username), Some(password))
                    if !username.is_empty() && !password.is_empty() =>
                {
                    theirs.set_login(
                        username.clone(),
                        std::str::from_utf8(password).ok()?.to_owned(),
                    );
                }
                (None, None) => {}
                _ => return None,
            }
            v4::Packet::Connect(theirs)
        }
        Packet::ConnAck(ours) => v4::Packet::ConnAck(v4::ConnAck::new(
            match ours.code {
                ConnectCode::Accepted => v4::ConnectReturnCode::Success,
                ConnectCode::UnacceptableProtocolVersion => {
                    v4::ConnectReturnCode::RefusedProtocolVersion
                }
                ConnectCode::IdentifierRejected => v4::ConnectReturnCode::BadClientId,
                ConnectCode::ServerUnavailable => v4::ConnectReturnCode::ServiceUnavailable,
                ConnectCode::BadCredentials => v4::ConnectReturnCode::BadUserNamePassword,
                ConnectCode::NotAuthorized => v4::ConnectReturnCode::NotAuthorized,
            },
            ours.session_present,
        )),
        Packet::Publish(ours) => {
            let mut theirs = v4::Publish::from_bytes(
                ours.topic.clone(),
                qos(ours.delivery.qos()),
                ours.payload.clone(),
            );
            theirs.retain = ours.retain;
            if let Delivery::AtLeastOnce { id, again } | Delivery::ExactlyOnce { id, again } =
                ours.delivery
            {
                theirs.pkid = id.get();
                theirs.dup = again;
            }
            v4::Packet::Publish(theirs)
        }
        Packet::PubAck(id) => v4::Packet::PubAck(v4::PubAck::new(id.get())),
        Packet::PubRec(id) => v4::Packet::PubRec(v4::PubRec::new(id.get())),
        Packet::PubRel(id) => v4::Packet::PubRel(v4::PubRel::new(id.get())),
        Packet::PubComp(id) => v4::Packet::PubComp(v4::PubComp::new(id.get())),
        Packet::Subscribe(ours) => {
            let mut theirs = v4::Subscribe::new_many(
                ours.filters
                    .iter()
                    .map(|(filter, asked)| v4::SubscribeFilter::new(filter.clone(), qos(*asked))),
            );
            theirs.pkid = ours.id.get();
            v4::Packet::Subscribe(theirs)
        }
        Packet::SubAck(ours) => v4::Packet::SubAck(v4::SubAck::new(
            ours.id.get(),
            ours.granted
                .iter()
                .map(|granted| match granted {
                    Some(granted) => v4::SubscribeReasonCode::Success(qos(*granted)),
                    None => v4::SubscribeReasonCode::Failure,
                })
                .collect(),
        )),
        Packet::Unsubscribe(ours) => {
            let mut theirs = v4::Unsubscribe::new("x");
            theirs.pkid = ours.id.get();
            theirs.topics.clone_from(&ours.filters);
            v4::Packet::Unsubscribe(theirs)
        }
        Packet::UnsubAck(id) => v4::Packet::UnsubAck(v4::UnsubAck::new(id.get())),
        Packet::PingReq => v4::Packet::PingReq,
        Packet::PingResp => v4::Packet::PingResp,
        Packet::Disconnect => v4::Packet::Disconnect,
    })
}

fn written(packet: &v4::Packet, out: &mut BytesMut) {
    match packet {
        v4::Packet::Connect(packet) => packet.write(out),
        v4::Packet::ConnAck(packet) => packet.write(out),
        v4::Packet::Publish(packet) => packet.write(out),
        v4::Packet::PubAck(packet) => packet.write(out),
        v4::Packet::PubRec(packet) => packet.write(out),
        v4::Packet::PubRel(packet) => packet.write(out),
        v4::Packet::PubComp(packet) => packet.write(out),
        v4::Packet::Subscribe(packet) => packet.write(out),
        v4::Packet::SubAck(packet) => packet.write(out),
        v4::Packet::Unsubscribe(packet) => packet.write(out),
        v4::Packet::UnsubAck(packet) => packet.write(out),
        v4::Packet::PingReq => v4::PingReq.write(out),
        v4::Packet::PingResp => v4::PingResp.write(out),
        v4::Packet::Disconnect => v4::Disconnect.write(out),
    }
    .expect("mqttbytes writes what it can hold");
}
