//! What of a VP8 packet matters to who passes it on. Pure.

/// Width and height, if a keyframe begins in this payload (RFC 7741 §4.2, RFC 6386 §9.1).
pub(crate) fn keyframe_size(payload: &[u8]) -> Option<(u32, u32)> {
    let first = *payload.first()?;
    // The first packet of the first partition.
    if first & 0x17 != 0x10 {
        return None;
    }
    let mut at = 1;
    if first & 0x80 != 0 {
        let extension = *payload.get(at)?;
        at += 1;
        if extension & 0x80 != 0 {
            at += if payload.get(at)? & 0x80 == 0 { 1 } else { 2 };
        }
        at += usize::from(extension & 0x40 != 0) + usize::from(extension & 0x30 != 0);
    }
    let frame = payload.get(at..at + 10)?;
    if frame[0] & 1 != 0 || frame[3..6] != [0x9d, 0x01, 0x2a] {
        return None;
    }
    let side = |low: u8, high: u8| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
    Some((side(frame[6], frame[7]), side(frame[8], frame[9])))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: [u8; 10] = [0x10, 2, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01];

    #[test]
    fn a_keyframe_says_how_large_it_is() {
        let with = |head: &[u8]| [head, &FRAME].concat();
        assert_eq!(keyframe_size(&with(&[0x10])), Some((640, 360)));
        let full = [0x90, 0xe0, 0x81, 0x23, 7, 0x20];
        assert_eq!(keyframe_size(&with(&full)), Some((640, 360)));
        assert_eq!(keyframe_size(&with(&[0x90, 0x80, 0x12])), Some((640, 360)));
    }

    #[test]
    fn anything_else_does_not() {
        assert_eq!(keyframe_size(&[]), None);
        assert_eq!(keyframe_size(&[0x90, 0xe0, 0x81]), None);
        let mut between = [&[0x10][..], &FRAME].concat();
        between[1] |= 1;
        assert_eq!(keyframe_size(&between), None);
        between[0] = 0;
        assert_eq!(keyframe_size(&between), None);
        for length in 0..10 {
            assert_eq!(keyframe_size(&[0x10; 20][..length]), None);
        }
    }
}
