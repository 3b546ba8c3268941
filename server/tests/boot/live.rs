//! `/mqtt`: who gets in, and one message from a post to a socket.

use std::{net::TcpStream, time::Duration};

use serde_json::{Value, json};
use tungstenite::{
    ClientRequestBuilder, Error, Message, WebSocket, client, http::Uri,
    protocol::frame::coding::CloseCode,
};

use crate::{running::Running, seeded::seeded};

const CONNECT: &[u8] = &[0x10, 12, 0, 4, b'M', b'Q', b'T', b'T', 4, 2, 0, 30, 0, 0];
const CONNACK: &[u8] = &[0x20, 2, 0, 0];

pub(crate) struct Socket {
    pub(crate) frames: WebSocket<TcpStream>,
    /// Of the last frame, what has not been taken: events that happen together may share one.
    rest: Vec<u8>,
}

/// The socket, or the status it was refused with.
fn open(place: &Running, protocol: Option<&str>, headers: &[(&str, &str)]) -> Result<Socket, u16> {
    let stream = TcpStream::connect(place.host()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let uri: Uri = format!("ws://{}/mqtt", place.host()).parse().unwrap();
    let mut request = ClientRequestBuilder::new(uri);
    if let Some(protocol) = protocol {
        request = request.with_sub_protocol(protocol);
    }
    for (name, value) in headers {
        request = request.with_header(*name, *value);
    }
    match client(request, stream) {
        Ok((socket, response)) => {
            assert_eq!(response.headers()["sec-websocket-protocol"], "mqtt");
            Ok(Socket {
                frames: socket,
                rest: Vec::new(),
            })
        }
        Err(tungstenite::HandshakeError::Failure(Error::Http(response))) => {
            Err(response.status().as_u16())
        }
        Err(error) => panic!("{error}"),
    }
}

pub(crate) fn connected(place: &Running, seed: &Value, account: usize) -> Socket {
    let cookie = seed["accounts"][account]["cookie"].as_str().unwrap();
    let mut socket = open(place, Some("mqtt"), &[("cookie", cookie)]).unwrap();
    socket.frames.send(Message::binary(CONNECT)).unwrap();
    assert_eq!(next(&mut socket), CONNACK);
    socket
}

/// The next packet.
pub(crate) fn next(socket: &mut Socket) -> Vec<u8> {
    while socket.rest.is_empty() {
        match socket.frames.read().unwrap() {
            Message::Binary(bytes) => socket.rest = bytes.to_vec(),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
    let after = socket.rest.split_off(length(&socket.rest));
    std::mem::replace(&mut socket.rest, after)
}

/// Of the packet in front (MQTT 3.1.1 §2.2.3).
fn length(packets: &[u8]) -> usize {
    let end = 1 + packets[1..].iter().position(|byte| *byte < 0x80).unwrap();
    let digits = packets[1..=end].iter().rev();
    let remaining = digits.fold(0, |sum, byte| sum << 7 | usize::from(byte & 0x7F));
    end + 1 + remaining
}

/// Without acknowledgement (MQTT 3.1.1 §3.8); gives the code that was granted.
pub(crate) fn subscribe(socket: &mut Socket, filter: &str) -> u8 {
    let mut packet = vec![0x82, (filter.len() + 5) as u8, 0, 1, 0, filter.len() as u8];
    packet.extend_from_slice(filter.as_bytes());
    packet.push(0);
    socket.frames.send(Message::binary(packet)).unwrap();
    let mut answer = next(socket);
    // An event of what is listened to already may come first.
    while answer[0] == 0x30 {
        answer = next(socket);
    }
    assert_eq!(&answer[..4], &[0x90, 3, 0, 1], "{answer:?}");
    answer[4]
}

/// The next event of this type; others are passed over.
pub(crate) fn event(socket: &mut Socket, of: &str) -> Value {
    loop {
        let packet = next(socket);
        let start = packet.iter().position(|byte| *byte == b'{').unwrap();
        let event: Value = serde_json::from_slice(&packet[start..]).unwrap();
        if event["type"] == of {
            return event;
        }
    }
}

#[test]
fn only_somebody_signed_in_from_our_own_page_gets_in() {
    let (place, seed) = seeded();
    let cookie = ("cookie", seed["accounts"][0]["cookie"].as_str().unwrap());
    let ours = ("origin", place.url.as_str());
    let refused = |protocol, headers: &[(&str, &str)]| open(&place, protocol, headers).err();

    assert_eq!(refused(Some("mqtt"), &[]), Some(401));
    assert_eq!(refused(Some("mqtt"), &[ours]), Some(401));
    assert_eq!(
        refused(Some("mqtt"), &[("cookie", "stoa_session=made-up")]),
        Some(401)
    );
    assert_eq!(
        refused(Some("mqtt"), &[cookie, ("origin", "http://evil.example")]),
        Some(403)
    );
    assert_eq!(
        refused(Some("mqtt"), &[cookie, ("origin", "null")]),
        Some(403)
    );
    assert_eq!(refused(Some("chat"), &[cookie]), Some(422));
    assert_eq!(refused(None, &[cookie]), Some(422));
    assert_eq!(refused(Some("mqtt"), &[cookie, ours]), None);
    assert_eq!(refused(Some("mqtt"), &[cookie]), None);

    assert_eq!(place.get("/mqtt").status, 401);
    assert_eq!(place.ask("GET", "/mqtt", &[cookie], "").status, 400);
}

#[test]
fn a_message_travels_from_a_post_to_a_socket() {
    let (place, seed) = seeded();
    let page = seed["pages"][0]["id"].as_str().unwrap();
    let mut socket = connected(&place, &seed, 2);
    assert_eq!(subscribe(&mut socket, &format!("p/{page}/e")), 0);

    let id = "01932d3c-5a00-7b1c-8f00-000000000002";
    let post = json!({"page": page, "id": id, "body": "Can you hear me?"}).to_string();
    let cookie = seed["accounts"][1]["cookie"].as_str().unwrap();
    assert_eq!(place.call("/api/post_message", cookie, &post).status, 200);

    let publish = next(&mut socket);
    assert_eq!(publish[0], 0x30);
    let start = publish.iter().position(|byte| *byte == b'{').unwrap();
    let event: Value = serde_json::from_slice(&publish[start..]).unwrap();
    assert_eq!(event["type"], "message");
    assert_eq!(event["body"], "Can you hear me?");
    assert_eq!(event["seq"], 8);
}

#[test]
fn nobody_listens_to_what_is_not_theirs() {
    let (place, seed) = seeded();
    let mut socket = connected(&place, &seed, 2);
    let me = seed["accounts"][2]["id"].as_str().unwrap();
    let other = seed["accounts"][1]["id"].as_str().unwrap();
    assert_eq!(subscribe(&mut socket, &format!("u/{me}/e")), 0);
    assert_eq!(subscribe(&mut socket, &format!("u/{other}/e")), 0x80);
    assert_eq!(subscribe(&mut socket, &format!("p/{other}/e")), 0x80);
    assert_eq!(subscribe(&mut socket, "#"), 0x80);
}

#[test]
fn a_removed_member_is_cut_at_once() {
    let (place, seed) = seeded();
    let page = &seed["pages"][0]["id"];
    let member = &seed["accounts"][2]["id"];
    let mut socket = connected(&place, &seed, 2);
    subscribe(&mut socket, &format!("p/{}/e", page.as_str().unwrap()));

    let admin = seed["accounts"][0]["cookie"].as_str().unwrap();
    let remove = json!({"page": page, "account": member}).to_string();
    let start = std::time::Instant::now();
    assert_eq!(place.call("/api/remove_member", admin, &remove).status, 200);
    while socket.frames.read().is_ok() {}
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[test]
fn a_text_frame_closes_the_connection() {
    let (place, seed) = seeded();
    let mut socket = connected(&place, &seed, 1);
    socket.frames.send(Message::text("MQTT?")).unwrap();
    while let Ok(message) = socket.frames.read() {
        assert!(matches!(message, Message::Close(_)), "{message:?}");
    }
}

#[test]
fn sockets_are_told_to_come_back_when_the_program_stops() {
    let (place, seed) = seeded();
    let mut socket = connected(&place, &seed, 1);
    place.signal("-TERM");
    let code = loop {
        if let Message::Close(frame) = socket.frames.read().unwrap() {
            break frame.unwrap().code;
        }
    };
    assert_eq!(code, CloseCode::Restart);
}
