//! A camera and a microphone: what they bring, and when. Pure, given the time.

use super::stamp::{Kind, Stamp};

const FRAMES: u64 = 25;
/// Bytes of a packet's payload.
const PICTURE: u64 = 1_150;
const VOICE: usize = 80;
const SECOND: u64 = 1_000_000_000;

/// A packet without its header.
#[derive(Debug)]
pub(crate) struct Packet {
    pub(crate) payload: Vec<u8>,
    pub(crate) number: u32,
    /// RTP clock.
    pub(crate) time: u32,
    /// The last of its frame.
    pub(crate) marker: bool,
    pub(crate) sent: u64,
    /// Worth sending again.
    pub(crate) picture: bool,
}

pub(crate) struct Camera {
    sender: u8,
    /// Bytes a frame.
    frame: u64,
    owed: u64,
    /// When the next frame is due, in nanoseconds.
    pub(crate) next: u64,
    pictures: u64,
    sent: u32,
    pub(crate) keyframe: bool,
}

impl Camera {
    /// `rate` in bits a second.
    pub(crate) fn new(sender: u8, rate: u64, now: u64) -> Self {
        Self {
            sender,
            frame: rate / 8 / FRAMES,
            owed: 0,
            next: now,
            pictures: 0,
            sent: 0,
            keyframe: true,
        }
    }

    /// A frame, if it is time for one. What was missed while nobody looked is not made up for.
    pub(crate) fn film(&mut self, now: u64) -> Vec<Packet> {
        if now < self.next {
            return Vec::new();
        }
        self.next = after(self.next, now, SECOND / FRAMES);
        self.owed += self.frame;
        let count = (self.owed / PICTURE).max(1);
        self.owed = self.owed.saturating_sub(count * PICTURE);
        let keyframe = std::mem::take(&mut self.keyframe);
        let picture = (self.pictures & 0x7fff) as u16;
        let time = (self.pictures * 90_000 / FRAMES) as u32;
        self.pictures += 1;
        let packet = |index| {
            let stamp = Stamp {
                kind: if keyframe && index == 0 {
                    Kind::Keyframe
                } else {
                    Kind::Picture
                },
                sender: self.sender,
                number: self.sent + index as u32,
                sent: now,
            };
            Packet {
                payload: stamp.picture(picture, index == 0, PICTURE as usize),
                number: stamp.number,
                time,
                marker: index + 1 == count,
                sent: now,
                picture: true,
            }
        };
        let packets = (0..count).map(packet).collect();
        self.sent += count as u32;
        packets
    }
}

pub(crate) struct Voice {
    sender: u8,
    pub(crate) next: u64,
    sent: u32,
}

impl Voice {
    pub(crate) fn new(sender: u8, now: u64) -> Self {
        Self {
            sender,
            next: now,
            sent: 0,
        }
    }

    pub(crate) fn talk(&mut self, now: u64) -> Option<Packet> {
        if now < self.next {
            return None;
        }
        self.next = after(self.next, now, SECOND / 50);
        let stamp = Stamp {
            kind: Kind::Voice,
            sender: self.sender,
            number: self.sent,
            sent: now,
        };
        self.sent += 1;
        Some(Packet {
            payload: stamp.voice(VOICE),
            number: stamp.number,
            time: stamp.number.wrapping_mul(960),
            marker: false,
            sent: now,
            picture: false,
        })
    }
}

/// In step, unless that is over already.
fn after(due: u64, now: u64, period: u64) -> u64 {
    let next = due + period;
    if next > now { next } else { now + period }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_of_film_is_as_many_bits_as_asked_for() {
        let mut camera = Camera::new(1, 1_000_000, 0);
        let (mut bytes, mut frames, mut keyframes) = (0, 0, 0);
        for millisecond in 0..10_000 {
            let packets = camera.film(millisecond * 1_000_000);
            bytes += packets.iter().map(|of| of.payload.len()).sum::<usize>();
            frames += packets.iter().filter(|of| of.marker).count();
            let key = |of: &&Packet| Stamp::read(&of.payload).unwrap().kind == Kind::Keyframe;
            keyframes += packets.iter().filter(key).count();
            if millisecond == 5_000 {
                camera.keyframe = true;
            }
        }
        assert_eq!((frames, keyframes), (250, 2));
        assert!((1_240_000..1_250_001).contains(&bytes), "{bytes}");
    }

    #[test]
    fn who_is_late_goes_on_from_there() {
        let mut voice = Voice::new(1, 0);
        assert!(voice.talk(0).is_some());
        assert!(voice.talk(19_000_000).is_none());
        assert!(voice.talk(500_000_000).is_some());
        assert!(voice.talk(519_999_999).is_none());
        assert!(voice.talk(520_000_000).is_some());
    }
}
