//! One outgoing stream continued over changing sources: to the receiver it never breaks. Pure.

use std::time::Instant;

/// Where an outgoing stream begins. SRTP receivers take a first number below 65,536 only (RFC 3711 §3.3.1).
const FIRST: u64 = 1_000;

/// What of a packet depends on the stream it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Extended: without rollover.
    pub(crate) seq: u64,
    pub(crate) time: u32,
    /// VP8 (RFC 7741 §4.2).
    pub(crate) picture: Option<u16>,
    pub(crate) tl0: Option<u8>,
}

#[derive(Debug)]
pub(crate) struct Rewrite {
    /// RTP clock ticks a second.
    rate: u64,
    sent: Option<(Place, Instant)>,
    shift: Option<Shift>,
}

/// What is added to the places of the present source.
#[derive(Debug, Clone, Copy)]
struct Shift {
    first: u64,
    seq: u64,
    time: u32,
    picture: u16,
    tl0: u8,
}

impl Rewrite {
    pub(crate) fn new(rate: u64) -> Self {
        Self {
            rate,
            sent: None,
            shift: None,
        }
    }

    /// The next packet is the first of another source.
    pub(crate) fn point(&mut self) {
        self.shift = None;
    }

    /// The place in the outgoing stream; none for what came before the first packet of this source.
    pub(crate) fn place(&mut self, now: Instant, of: Place) -> Option<Place> {
        let shift = match self.shift {
            Some(shift) => shift,
            None => *self.shift.insert(self.follow(now, of)),
        };
        if of.seq < shift.first {
            return None;
        }
        let place = Place {
            seq: of.seq.wrapping_add(shift.seq),
            time: of.time.wrapping_add(shift.time),
            picture: of
                .picture
                .map(|picture| picture.wrapping_add(shift.picture) & 0x7fff),
            tl0: of.tl0.map(|tl0| tl0.wrapping_add(shift.tl0)),
        };
        if self.sent.is_none_or(|(sent, _)| place.seq > sent.seq) {
            self.sent = Some((place, now));
        }
        Some(place)
    }

    /// This packet of the present source is not sent: the next one closes up.
    pub(crate) fn pass_over(&mut self, seq: u64) {
        if let Some(shift) = &mut self.shift
            && self
                .sent
                .is_none_or(|(sent, _)| seq.wrapping_add(shift.seq) > sent.seq)
        {
            shift.seq = shift.seq.wrapping_sub(1);
        }
    }

    /// Right after what was sent last, as much later as it is.
    fn follow(&self, now: Instant, of: Place) -> Shift {
        let (seq, time, picture, tl0) = match self.sent {
            Some((sent, at)) => {
                let millis = now.saturating_duration_since(at).as_millis() as u64;
                let ticks = (millis * self.rate / 1000).max(1) as u32;
                (
                    sent.seq + 1,
                    sent.time.wrapping_add(ticks),
                    sent.picture.unwrap_or(0).wrapping_add(1),
                    sent.tl0.unwrap_or(0).wrapping_add(1),
                )
            }
            None => (FIRST, of.time, of.picture.unwrap_or(0), of.tl0.unwrap_or(0)),
        };
        Shift {
            first: of.seq,
            seq: seq.wrapping_sub(of.seq),
            time: time.wrapping_sub(of.time),
            picture: picture.wrapping_sub(of.picture.unwrap_or(0)),
            tl0: tl0.wrapping_sub(of.tl0.unwrap_or(0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn place(seq: u64, time: u32, picture: u16) -> Place {
        Place {
            seq,
            time,
            picture: Some(picture),
            tl0: Some(picture as u8),
        }
    }

    #[test]
    fn another_source_goes_on_where_the_first_ended() {
        let now = Instant::now();
        let mut stream = Rewrite::new(90_000);
        let first = stream.place(now, place(70_000, 500, 9)).unwrap();
        assert!(first.seq < 65_536);
        let second = stream.place(now, place(70_002, 3_500, 10)).unwrap();
        assert_eq!(second.seq, first.seq + 2, "a lost packet stays a gap");
        assert_eq!(second.time - first.time, 3_000);
        stream.point();
        let later = now + Duration::from_millis(100);
        let other = stream
            .place(later, place(5, 4_000_000_000, 32_000))
            .unwrap();
        assert_eq!(other.seq, second.seq + 1);
        assert_eq!(other.time, second.time + 9_000);
        assert_eq!(other.picture, Some(11));
        assert_eq!(other.tl0, Some(11));
        let next = stream
            .place(later, place(6, 4_000_003_000, 32_001))
            .unwrap();
        assert_eq!((next.seq, next.picture), (other.seq + 1, Some(12)));
    }

    #[test]
    fn what_came_before_the_first_packet_is_left_out_and_what_was_late_finds_its_place() {
        let now = Instant::now();
        let mut stream = Rewrite::new(48_000);
        let first = stream.place(now, place(10, 0, 0)).unwrap();
        stream.place(now, place(13, 2_880, 0)).unwrap();
        assert_eq!(stream.place(now, place(9, 0, 0)), None);
        let late = stream.place(now, place(12, 1_920, 0)).unwrap();
        assert_eq!(late.seq, first.seq + 2);
        stream.point();
        assert_eq!(
            stream.place(now, place(1, 0, 0)).unwrap().seq,
            first.seq + 4
        );
    }

    #[test]
    fn what_is_passed_over_leaves_no_gap() {
        let now = Instant::now();
        let mut stream = Rewrite::new(90_000);
        let first = stream.place(now, place(10, 0, 0)).unwrap();
        stream.pass_over(11);
        assert_eq!(
            stream.place(now, place(12, 0, 0)).unwrap().seq,
            first.seq + 1
        );
    }

    #[test]
    fn numbers_go_on_past_their_width() {
        let now = Instant::now();
        let mut stream = Rewrite::new(90_000);
        let first = stream
            .place(now, place(u64::from(u16::MAX), u32::MAX, 0x7fff))
            .unwrap();
        let next = stream.place(now, place(65_536, 2_999, 0)).unwrap();
        assert_eq!(next.seq, first.seq + 1);
        assert_eq!(next.time.wrapping_sub(first.time), 3_000);
        assert_eq!(next.picture, Some(0));
    }
}
