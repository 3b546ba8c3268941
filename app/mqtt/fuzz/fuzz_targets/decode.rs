//! `cargo +nightly fuzz run decode` in `app/mqtt`: a stream of arbitrary bytes, arriving in two parts, gives the
//! same packets as arriving at once, and every packet says itself again.

#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use mqtt::{Error, Packet, decode};

const MAX: usize = 64 * 1024;

fn packets(parts: &[&[u8]]) -> (Vec<Packet>, Option<Error>) {
    let mut stream = BytesMut::new();
    let mut packets = Vec::new();
    for part in parts {
        stream.extend_from_slice(part);
        loop {
            match decode(&mut stream, MAX) {
                Ok(Some(packet)) => packets.push(packet),
                Ok(None) => break,
                Err(error) => return (packets, Some(error)),
            }
        }
    }
    (packets, None)
}

fuzz_target!(|data: &[u8]| {
    let Some((&cut, stream)) = data.split_first() else {
        return;
    };
    let at_once = packets(&[stream]);
    let (head, tail) = stream.split_at(usize::from(cut).min(stream.len()));
    assert_eq!(packets(&[head, tail]), at_once);
    for packet in at_once.0 {
        let mut bytes = BytesMut::new();
        packet.encode(&mut bytes).expect("what was decoded can be encoded");
        assert_eq!(decode(&mut bytes, MAX), Ok(Some(packet)));
    }
});
