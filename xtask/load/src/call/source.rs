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
    /// Of its stream.
    pub(crate) number: u32,
    /// RTP clock.
    pub(crate) time: u32,
    /// The last of its frame.
    pub(crate) marker: bool,
    pub(crate) sent: u64,
    /// Worth sending again.
    pub(crate) picture: bool,
}

/// A camera's pictures in one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layer {
    /// None: the only one.
    pub(crate) rid: Option<&'static str>,
    sides: (u16, u16),
    /// Bits a second.
    rate: u64,
    /// Which of how many.
    place: (u32, u32),
}

impl Layer {
    /// The whole picture, and in front of it what browsers send besides.
    pub(crate) fn all(rate: u64, simulcast: bool) -> Vec<Self> {
        let layer = |rid, sides, rate, place| Self {
            rid,
            sides,
            rate,
            place,
        };
        if !simulcast {
            return vec![layer(None, (1280, 720), rate, (0, 1))];
        }
        vec![
            layer(Some("q"), (320, 180), rate / 10, (0, 3)),
            layer(Some("h"), (640, 360), rate / 3, (1, 3)),
            layer(Some("f"), (1280, 720), rate, (2, 3)),
        ]
    }
}

pub(crate) struct Camera {
    sender: u8,
    pub(crate) layer: Layer,
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
    pub(crate) fn new(sender: u8, layer: Layer, now: u64) -> Self {
        Self {
            sender,
            frame: layer.rate / 8 / FRAMES,
            layer,
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
        let length = self.owed.min(PICTURE);
        let count = self.owed / length;
        self.owed -= count * length;
        let keyframe = std::mem::take(&mut self.keyframe);
        let picture = (self.pictures & 0x7fff) as u16;
        let time = (self.pictures * 90_000 / FRAMES) as u32;
        self.pictures += 1;
        let (place, layers) = self.layer.place;
        let packet = |index| {
            let number = self.sent + index as u32;
            let stamp = Stamp {
                kind: if keyframe && index == 0 {
                    Kind::Keyframe
                } else {
                    Kind::Picture
                },
                sender: self.sender,
                number: number * layers + place,
                sent: now,
            };
            Packet {
                payload: stamp.picture(
                    picture,
                    (index == 0).then_some(self.layer.sides),
                    length as usize,
                ),
                number,
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
        let mut camera = Camera::new(1, Layer::all(1_000_000, false)[0], 0);
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
    fn layers_are_told_apart() {
        let numbers = Layer::all(1_000_000, true).into_iter().flat_map(|layer| {
            let packets = Camera::new(1, layer, 0).film(0);
            let stamps = packets.into_iter().map(|of| Stamp::read(&of.payload));
            stamps.map(|stamp| stamp.unwrap().number)
        });
        let mut numbers: Vec<u32> = numbers.collect();
        let count = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!((count, numbers.len()), (6, 6));
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
