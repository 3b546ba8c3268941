//! WebSocket frames (RFC 6455 §5.2), as far as a load client meets them: whole or in parts, never masked by the server.

use bytes::{Buf, BytesMut};

const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

pub(crate) enum Frame {
    Data,
    Ping(Vec<u8>),
    Close,
}

/// Takes the next whole frame from `raw`, its data to `data`. `None`: no whole frame is there.
pub(crate) fn unwrap(raw: &mut BytesMut, data: &mut BytesMut) -> Option<Frame> {
    let first = *raw.first()?;
    let (head, length) = match raw.get(1)? & 0x7f {
        126 => (
            4,
            u64::from(u16::from_be_bytes(raw.get(2..4)?.try_into().ok()?)),
        ),
        127 => (10, u64::from_be_bytes(raw.get(2..10)?.try_into().ok()?)),
        short => (2, u64::from(short)),
    };
    let length = length as usize;
    if raw.len() < head + length {
        return None;
    }
    raw.advance(head);
    let payload = raw.split_to(length);
    Some(match first & 0x0f {
        PING => Frame::Ping(payload.to_vec()),
        CLOSE => Frame::Close,
        _ => {
            data.extend_from_slice(&payload);
            Frame::Data
        }
    })
}

pub(crate) fn binary(payload: &[u8], out: &mut Vec<u8>) {
    wrap(BINARY, payload, out);
}

pub(crate) fn pong(payload: &[u8], out: &mut Vec<u8>) {
    wrap(PONG, payload, out);
}

/// With the mask that a client must have; of zeros, so that it costs nothing.
fn wrap(kind: u8, payload: &[u8], out: &mut Vec<u8>) {
    out.push(0x80 | kind);
    match payload.len() {
        short @ ..126 => out.push(0x80 | short as u8),
        long => {
            out.push(0xfe);
            out.extend_from_slice(&(long as u16).to_be_bytes());
        }
    }
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(payload);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_unwrapped_when_they_are_whole() {
        let long = vec![7; 300];
        let mut raw = BytesMut::from(&[0x82, 2, 1, 2, 0x82, 126, 1, 44][..]);
        raw.extend_from_slice(&long[..299]);
        let mut data = BytesMut::new();
        assert!(matches!(unwrap(&mut raw, &mut data), Some(Frame::Data)));
        assert_eq!(&data[..], [1, 2]);
        assert!(unwrap(&mut raw, &mut data).is_none());
        raw.extend_from_slice(&[7]);
        assert!(matches!(unwrap(&mut raw, &mut data), Some(Frame::Data)));
        assert_eq!(data.len(), 302);
        raw.extend_from_slice(&[0x89, 1, 9]);
        assert!(matches!(unwrap(&mut raw, &mut data), Some(Frame::Ping(what)) if what == [9]));
    }

    #[test]
    fn what_a_client_says_is_masked() {
        let mut out = Vec::new();
        binary(&[5; 3], &mut out);
        assert_eq!(out, [0x82, 0x83, 0, 0, 0, 0, 5, 5, 5]);
        out.clear();
        binary(&[5; 300], &mut out);
        assert_eq!(out[..4], [0x82, 0xfe, 1, 44]);
    }
}
