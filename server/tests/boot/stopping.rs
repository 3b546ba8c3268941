//! SIGTERM: what has begun is finished, and then it is over.

use std::{
    io::{Read, Write},
    net::TcpStream,
    thread::sleep,
    time::Duration,
};

use crate::{live::connected, running::Running, seeded::seeded};

/// A request of which the second half is still to come.
fn half_a_request(place: &Running) -> TcpStream {
    let mut stream = TcpStream::connect(place.host()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let host = place.host();
    let head = format!(
        "POST /api/whoami HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{{"
    );
    stream.write_all(head.as_bytes()).unwrap();
    // Time for it to be read and begun.
    sleep(Duration::from_millis(300));
    stream
}

#[test]
fn it_stops_within_seconds_with_sockets_and_idle_connections_open() {
    let (mut place, seed) = seeded();
    let sockets: Vec<_> = (0..3)
        .map(|account| connected(&place, &seed, account))
        .collect();
    let idle = TcpStream::connect(place.host()).unwrap();
    place.signal("-TERM");
    let status = place.ended_within(Duration::from_secs(5)).unwrap();
    assert!(status.success(), "{status}");
    drop((sockets, idle));
}

#[test]
fn an_open_request_is_answered_before_it_stops() {
    let mut place = Running::start();
    let mut stream = half_a_request(&place);
    place.signal("-TERM");
    assert_eq!(place.ended_within(Duration::from_millis(300)), None);
    assert!(
        TcpStream::connect(place.host()).is_err(),
        "nobody new is let in"
    );

    stream.write_all(b"}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let status = place.ended_within(Duration::from_secs(5)).unwrap();
    assert!(status.success(), "{status}");
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut place = Running::start();
    let waiting = half_a_request(&place);
    place.signal("-TERM");
    assert_eq!(place.ended_within(Duration::from_millis(300)), None);
    place.signal("-INT");
    let status = place.ended_within(Duration::from_secs(1)).unwrap();
    assert!(!status.success());
    drop(waiting);
}
