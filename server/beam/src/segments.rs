//! Datagrams that leave together: all to one browser and of one length, but for the last, which may be shorter
//! (`UDP_SEGMENT` of udp(7)). A picture is several of them in a row. Pure.

use std::net::SocketAddr;

/// What the system takes in one go (`UDP_MAX_SEGMENTS` of Linux, and the length of a datagram).
const MOST: usize = 64;
const MOST_BYTES: usize = 65_000;
/// What may not fit a line of 1,500 bytes goes alone: in a row it would be refused, and all rows after it.
const LARGEST: usize = 1_400;

#[derive(Debug, Default)]
pub(crate) struct Segments {
    /// Whom it is for, and from which of our addresses.
    ends: Option<(SocketAddr, SocketAddr)>,
    bytes: Vec<u8>,
    length: usize,
    count: usize,
}

impl Segments {
    /// False if it does not go with those that are there; nothing goes with a shorter one any more.
    pub(crate) fn take(&mut self, ends: (SocketAddr, SocketAddr), bytes: &[u8]) -> bool {
        if self.count == 0 {
            self.ends = Some(ends);
            self.length = bytes.len();
        } else if self.ends != Some(ends) || !self.has_room(bytes.len()) {
            return false;
        }
        self.bytes.extend_from_slice(bytes);
        self.count += 1;
        true
    }

    fn has_room(&self, length: usize) -> bool {
        let is_open = self.bytes.len() == self.count * self.length;
        is_open
            && length <= self.length
            && self.length <= LARGEST
            && self.count < MOST
            && self.bytes.len() + length <= MOST_BYTES
    }

    pub(crate) fn ends(&self) -> Option<(SocketAddr, SocketAddr)> {
        self.ends
    }

    /// All of them, and the length of each but the last.
    pub(crate) fn bytes(&self) -> (&[u8], usize) {
        (&self.bytes, self.length)
    }

    pub(crate) fn clear(&mut self) {
        self.ends = None;
        self.bytes.clear();
        self.count = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(port: u16) -> (SocketAddr, SocketAddr) {
        let of = |port| SocketAddr::from(([127, 0, 0, 1], port));
        (of(1), of(port))
    }

    #[test]
    fn those_of_one_length_go_together_and_a_shorter_one_is_the_last() {
        let mut segments = Segments::default();
        assert!(segments.take(ends(2), &[1; 100]));
        assert!(segments.take(ends(2), &[2; 100]));
        assert!(!segments.take(ends(2), &[3; 101]));
        assert!(segments.take(ends(2), &[4; 40]));
        assert!(!segments.take(ends(2), &[5; 40]));
        let (bytes, length) = segments.bytes();
        let lengths: Vec<_> = bytes.chunks(length).map(<[u8]>::len).collect();
        assert_eq!(lengths, [100, 100, 40]);
        assert_eq!(segments.ends(), Some(ends(2)));
        segments.clear();
        assert!(segments.take(ends(3), &[6; 7]));
        assert_eq!(segments.bytes(), (&[6; 7][..], 7));
    }

    #[test]
    fn what_is_for_somebody_else_does_not_go_along() {
        let mut segments = Segments::default();
        assert!(segments.take(ends(2), &[1; 100]));
        assert!(!segments.take(ends(3), &[1; 100]));
    }

    #[test]
    fn what_is_too_long_for_a_row_goes_alone() {
        let mut segments = Segments::default();
        assert!(segments.take(ends(2), &[1; LARGEST + 1]));
        assert!(!segments.take(ends(2), &[1; LARGEST + 1]));
        assert!(!segments.take(ends(2), &[1; 100]));
    }

    #[test]
    fn they_are_no_more_than_the_system_takes() {
        let mut segments = Segments::default();
        let small = (0..100).filter(|_| segments.take(ends(2), &[0; 80]));
        assert_eq!(small.count(), MOST);
        segments.clear();
        let large = (0..100).filter(|_| segments.take(ends(2), &[0; 1_200]));
        assert_eq!(large.count(), MOST_BYTES / 1_200);
    }
}
