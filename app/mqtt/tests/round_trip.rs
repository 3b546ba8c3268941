//! What is encoded is decoded again, however the stream is cut; what is not MQTT never panics and is never read past.

mod packets;

use bytes::BytesMut;
use mqtt::{Packet, decode};
use proptest::prelude::*;

const MAX: usize = 1 << 20;

fn encoded(packets: &[Packet]) -> BytesMut {
    let mut bytes = BytesMut::new();
    for packet in packets {
        packet
            .encode(&mut bytes)
            .expect("the strategies make valid packets");
    }
    bytes
}

proptest! {
    #[test]
    fn a_packet_comes_back_as_it_was(packet in packets::any()) {
        let mut bytes = encoded(std::slice::from_ref(&packet));
        prop_assert_eq!(decode(&mut bytes, MAX), Ok(Some(packet)));
        prop_assert!(bytes.is_empty());
    }

    #[test]
    fn packets_are_the_same_wherever_the_stream_is_cut(
        sent in prop::collection::vec(packets::any(), 1..4),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let bytes = encoded(&sent);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let mut stream = BytesMut::new();
        let mut received = Vec::new();
        for pair in cuts.windows(2) {
            stream.extend_from_slice(&bytes[pair[0]..pair[1]]);
            while let Some(packet) = decode(&mut stream, MAX).unwrap() {
                received.push(packet);
            }
        }
        prop_assert_eq!(received, sent);
        prop_assert!(stream.is_empty());
    }

    #[test]
    fn an_incomplete_packet_is_waited_for_and_nothing_is_taken(packet in packets::any()) {
        let bytes = encoded(&[packet]);
        for length in 0..bytes.len() {
            let mut part = BytesMut::from(&bytes[..length]);
            prop_assert_eq!(decode(&mut part, MAX), Ok(None));
            prop_assert_eq!(part.len(), length);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic_and_the_next_packet_is_left_alone(
        bytes in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let mut stream = BytesMut::from(bytes.as_slice());
        if let Ok(Some(packet)) = decode(&mut stream, MAX) {
            // Exactly the bytes that the header announced are gone.
            let mut again = BytesMut::new();
            packet.encode(&mut again).unwrap();
            let taken = bytes.len() - stream.len();
            prop_assert!(again.len() <= taken);
            prop_assert_eq!(&bytes[taken..], &stream[..]);
        }
    }

    #[test]
    fn a_flipped_byte_never_panics_and_what_it_still_says_can_be_said_again(
        packet in packets::any(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = encoded(&[packet]);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(Some(packet)) = decode(&mut bytes, MAX) {
            let mut again = BytesMut::new();
            packet.encode(&mut again).unwrap();
            prop_assert_eq!(decode(&mut again, MAX), Ok(Some(packet)));
        }
    }

    #[test]
    fn the_limit_counts_the_whole_packet_and_holds_before_it_is_complete(packet in packets::any()) {
        let bytes = encoded(&[packet]);
        prop_assert!(decode(&mut bytes.clone(), bytes.len()).unwrap().is_some());
        // The header alone tells: its last byte is the first without the continuation bit.
        let header = 2 + bytes[1..].iter().take_while(|b| **b & 0x80 != 0).count();
        let mut start = BytesMut::from(&bytes[..header]);
        prop_assert_eq!(decode(&mut start, bytes.len() - 1), Err(mqtt::Error::TooLarge));
    }
}
