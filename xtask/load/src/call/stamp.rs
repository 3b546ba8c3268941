//! What a packet carries of the load's own: who sent it, when, and its number. At the end of the payload, so that a
//! picture begins as VP8 does. Pure.

/// At the end of every stamped payload: kind, sender, number, nanoseconds, and a mark that nothing else ends with.
const LENGTH: usize = 1 + 1 + 4 + 8 + MARK.len();
const MARK: [u8; 2] = [0x53, 0x74];
/// Descriptor with a picture id of 15 bits (RFC 7741 §4.2), then a keyframe's header (RFC 6386 §9.1).
const HEAD: usize = 4 + 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Voice,
    Picture,
    /// The packet a keyframe begins with.
    Keyframe,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) kind: Kind,
    pub(crate) sender: u8,
    /// Counted by the sender, sound and pictures apart. No two layers have the same.
    pub(crate) number: u32,
    /// Nanoseconds since the load began.
    pub(crate) sent: u64,
}

impl Stamp {
    /// A payload of Opus, as far as anybody who forwards it can tell.
    pub(crate) fn voice(&self, length: usize) -> Vec<u8> {
        self.end(vec![0x78; length - LENGTH])
    }

    /// A payload of VP8. `sides`: in the first packet of a frame.
    pub(crate) fn picture(
        &self,
        picture: u16,
        sides: Option<(u16, u16)>,
        length: usize,
    ) -> Vec<u8> {
        let [high, low] = picture.to_be_bytes();
        let begins = if sides.is_some() { 0x90 } else { 0x80 };
        let mut payload = Vec::with_capacity(length);
        payload.extend([begins, 0x80, 0x80 | high, low]);
        if let Some((width, height)) = sides {
            payload.extend([u8::from(self.kind != Kind::Keyframe), 0, 0]);
            payload.extend([0x9d, 0x01, 0x2a]);
            payload.extend(width.to_le_bytes());
            payload.extend(height.to_le_bytes());
        }
        payload.resize(length.max(HEAD + LENGTH) - LENGTH, 0x55);
        self.end(payload)
    }

    fn end(&self, mut payload: Vec<u8>) -> Vec<u8> {
        payload.extend([self.kind as u8, self.sender]);
        payload.extend(self.number.to_be_bytes());
        payload.extend(self.sent.to_be_bytes());
        payload.extend(MARK);
        payload
    }

    /// None for what the load has not sent, as padding that looks for bandwidth.
    pub(crate) fn read(payload: &[u8]) -> Option<Self> {
        let (rest, mark) = payload.split_last_chunk()?;
        let (rest, sent) = rest.split_last_chunk()?;
        let (rest, number) = rest.split_last_chunk()?;
        let (_, [kind, sender]) = rest.split_last_chunk()?;
        let kind = [Kind::Voice, Kind::Picture, Kind::Keyframe]
            .into_iter()
            .find(|of| *of as u8 == *kind)?;
        (*mark == MARK).then_some(Self {
            kind,
            sender: *sender,
            number: u32::from_be_bytes(*number),
            sent: u64::from_be_bytes(*sent),
        })
    }
}

#[cfg(test)]
mod tests {
    use str0m::rtp::Vp8Descriptor;

    use super::*;

    const SIDES: Option<(u16, u16)> = Some((1280, 720));

    fn stamp(kind: Kind) -> Stamp {
        Stamp {
            kind,
            sender: 23,
            number: 70_000,
            sent: 12_345_678_901,
        }
    }

    #[test]
    fn a_stamp_is_read_as_it_was_written() {
        for kind in [Kind::Picture, Kind::Keyframe] {
            let written = stamp(kind).picture(9, SIDES, 1_150);
            assert_eq!(written.len(), 1_150);
            assert_eq!(Stamp::read(&written), Some(stamp(kind)));
        }
        let written = stamp(Kind::Voice).voice(80);
        assert_eq!(written.len(), 80);
        assert_eq!(Stamp::read(&written), Some(stamp(Kind::Voice)));
        assert_eq!(Stamp::read(&[0; 200]), None);
        assert_eq!(Stamp::read(&written[..79]), None);
        assert_eq!(Stamp::read(&written[70..]), None);
    }

    #[test]
    fn a_picture_begins_as_vp8_does() {
        let first = stamp(Kind::Keyframe).picture(0x1234, SIDES, 1_150);
        let descriptor = Vp8Descriptor::parse(&first).unwrap();
        assert_eq!(descriptor.picture_id(), Some(0x1234));
        assert_eq!(first[0] & 0x17, 0x10, "the start of the first partition");
        assert_eq!(first[4] & 1, 0, "a keyframe");
        assert_eq!(first[7..14], [0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02]);
        let between = stamp(Kind::Picture).picture(7, SIDES, 1_150);
        assert_eq!(between[4] & 1, 1, "no keyframe");
        let next = stamp(Kind::Picture).picture(7, None, 1_150);
        assert_eq!(Vp8Descriptor::parse(&next).unwrap().picture_id(), Some(7));
        assert_eq!(next[0] & 0x10, 0, "in the middle of a frame");
    }
}
