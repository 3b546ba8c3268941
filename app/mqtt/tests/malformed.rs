//! What the standard forbids is refused, each with its reason.

use bytes::BytesMut;
use mqtt::{
    Error, MAX_REMAINING, Packet, PacketId, Publish, QoS, Subscribe, decode, decode_from_server,
};

fn decoded(bytes: &[u8]) -> Result<Option<Packet>, Error> {
    decode(&mut BytesMut::from(bytes), 1024)
}

fn connect(level: u8, flags: u8, rest: &[u8]) -> Vec<u8> {
    let mut body = b"\0\x04MQTT".to_vec();
    body.extend([level, flags, 0, 60]);
    body.extend(rest);
    let mut packet = vec![0x10, body.len() as u8];
    packet.extend(body);
    packet
}

#[test]
fn another_version_is_told_apart_from_nonsense() {
    let v5 = connect(5, 2, b"\x00\x00\x01a");
    assert_eq!(decoded(&v5), Err(Error::ProtocolLevel(5)));
    let v31 = b"\x10\x0d\0\x06MQIsdp\x03\x02\0\x3c\0";
    assert_eq!(decoded(v31), Err(Error::ProtocolLevel(3)));
    assert_eq!(
        decoded(b"\x10\x09\0\x04HTTP\x04\x02\0"),
        Err(Error::ProtocolName)
    );
}

#[test]
fn flags_of_a_connect_agree_with_each_other() {
    for flags in [0x01, 0x08, 0x10, 0x20, 0x40] {
        assert_eq!(
            decoded(&connect(4, 0x02 | flags, b"\0\x01a")),
            Err(Error::Flags),
            "{flags:#x}"
        );
    }
    assert_eq!(
        decoded(&connect(4, 0x1E, b"\0\x01a\0\x01t\0\0")),
        Err(Error::QoS)
    );
    assert!(decoded(&connect(4, 0x02, b"\0\x01a")).is_ok());
    assert_eq!(
        decoded(&connect(4, 0x02, b"\0\x01ab")),
        Err(Error::Trailing)
    );
    assert_eq!(
        decoded(&connect(4, 0x82, b"\0\x01a")),
        Err(Error::Truncated)
    );
}

#[test]
fn reserved_flags_of_the_first_byte_are_fixed() {
    for first in 0..=255u8 {
        let wrong = match first >> 4 {
            0 | 3 | 15 => continue,
            6 | 8 | 10 => first & 0x0F != 2,
            _ => first & 0x0F != 0,
        };
        // Alone, it is enough to know.
        let error = decoded(&[first]).err();
        assert_eq!(error == Some(Error::Flags), wrong, "{first:#x}: {error:?}");
    }
    assert_eq!(decoded(&[0x00]), Err(Error::PacketType));
    assert_eq!(decoded(&[0xFF]), Err(Error::PacketType));
}

#[test]
fn a_publish_has_a_quality_of_service_and_a_name_without_wildcards() {
    assert_eq!(decoded(b"\x36\x05\0\x01a\0\x01"), Err(Error::QoS));
    assert_eq!(decoded(b"\x38\x03\0\x01a"), Err(Error::Flags), "again at 0");
    assert_eq!(decoded(b"\x32\x05\0\x01a\0\0"), Err(Error::PacketId));
    assert_eq!(decoded(b"\x32\x03\0\x01a"), Err(Error::Truncated));
    assert_eq!(decoded(b"\x30\x03\0\x01+"), Err(Error::Topic));
    assert_eq!(decoded(b"\x30\x02\0\0"), Err(Error::Topic));
    assert_eq!(decoded(b"\x30\x03\0\x02a"), Err(Error::Truncated));
}

#[test]
fn texts_are_utf8_without_nul_and_without_surrogates() {
    assert_eq!(decoded(b"\x30\x03\0\x01\xFF"), Err(Error::Text));
    assert_eq!(decoded(b"\x30\x03\0\x01\0"), Err(Error::Text));
    assert_eq!(decoded(b"\x30\x05\0\x03\xED\xA0\x80"), Err(Error::Text));
    // §1.5.3.3: a byte order mark is a character like any other.
    assert!(decoded(b"\x30\x05\0\x03\xEF\xBB\xBF").is_ok());
}

#[test]
fn a_subscribe_names_filters_that_are_filters() {
    assert_eq!(decoded(b"\x82\x02\0\x01"), Err(Error::Empty));
    assert_eq!(decoded(b"\x82\x06\0\0\0\x01a\0"), Err(Error::PacketId));
    assert_eq!(decoded(b"\x82\x06\0\x01\0\x01a\x03"), Err(Error::QoS));
    assert_eq!(decoded(b"\x82\x06\0\x01\0\x01a\x81"), Err(Error::QoS));
    assert_eq!(decoded(b"\x82\x05\0\x01\0\x01a"), Err(Error::Truncated));
    assert_eq!(decoded(b"\x82\x0b\0\x01\0\x06x/a#/b\0"), Err(Error::Topic));
    assert_eq!(decoded(b"\xA2\x02\0\x01"), Err(Error::Empty));
    assert_eq!(decoded(b"\xA2\x06\0\x01\0\x02a#"), Err(Error::Topic));
}

#[test]
fn answers_carry_codes_that_exist() {
    assert_eq!(decoded(b"\x20\x02\0\x06"), Err(Error::ReturnCode));
    assert_eq!(decoded(b"\x20\x02\x02\0"), Err(Error::Flags));
    assert_eq!(decoded(b"\x20\x02\x01\x05"), Err(Error::Flags));
    assert_eq!(decoded(b"\x90\x03\0\x01\x03"), Err(Error::ReturnCode));
    assert_eq!(decoded(b"\x90\x02\0\x01"), Err(Error::Empty));
    assert_eq!(decoded(b"\xC0\x01\0"), Err(Error::Trailing));
}

#[test]
fn a_length_of_five_bytes_and_a_packet_over_the_limit_are_refused_at_once() {
    assert_eq!(
        decoded(b"\x30\xFF\xFF\xFF\xFF"),
        Err(Error::RemainingLength)
    );
    assert_eq!(decoded(b"\x30\xFF\xFF\xFF\x7F"), Err(Error::TooLarge));
    assert_eq!(decoded(b"\x30\xFF"), Ok(None));
}

#[test]
fn what_would_be_refused_is_not_encoded_and_leaves_nothing_behind() {
    let id = PacketId::new(1).unwrap();
    let mut out = BytesMut::from(&b"before"[..]);
    for packet in [
        Packet::Publish(Publish::at_most_once("a/#", "")),
        Packet::Publish(Publish::at_most_once("t", vec![0; MAX_REMAINING])),
        Packet::Subscribe(Subscribe {
            id,
            filters: vec![],
        }),
        Packet::Subscribe(Subscribe {
            id,
            filters: vec![("x/a#/b".into(), QoS::AtMostOnce)],
        }),
        Packet::Connect(mqtt::Connect::clean(&"x".repeat(65_536), 0)),
        Packet::Connect(mqtt::Connect {
            password: Some("secret".into()),
            ..mqtt::Connect::clean("a", 0)
        }),
    ] {
        assert!(packet.encode(&mut out).is_err());
        assert_eq!(&out[..], b"before");
    }
}

#[test]
fn a_client_takes_nothing_that_only_clients_send() {
    let asked: [&[u8]; 5] = [
        &connect(4, 2, b"\0\x01a"),
        b"\x82\x06\0\x01\0\x01a\0",
        b"\xa2\x05\0\x01\0\x01a",
        b"\xc0\0",
        b"\xe0\0",
    ];
    for packet in asked {
        assert!(matches!(decoded(packet), Ok(Some(_))), "{packet:?}");
        assert_eq!(
            decode_from_server(&mut BytesMut::from(packet), 1024),
            Err(Error::PacketType)
        );
    }
    let told = decode_from_server(&mut BytesMut::from(&b"\xd0\0"[..]), 1024);
    assert_eq!(told, Ok(Some(Packet::PingResp)));
}
