//! What a session sends: one source, in layers.

use std::time::{Duration, Instant};

use str0m::rtp::Ssrc;

use crate::{
    layer::{LAYERS, Layer},
    throttle::Throttle,
};

/// A layer that is silent for so long does not arrive any more.
const SILENT: Duration = Duration::from_secs(2);
/// The rate is measured over so long.
const WINDOW: Duration = Duration::from_millis(500);
/// Until they are known: bits a second, and pixels.
const GUESS: [Layer; LAYERS] = [
    Layer {
        rate: 150_000,
        pixels: 320 * 180,
    },
    Layer {
        rate: 500_000,
        pixels: 640 * 360,
    },
    Layer {
        rate: 1_700_000,
        pixels: 1280 * 720,
    },
];

#[derive(Debug, Default)]
pub(crate) struct Track {
    streams: [Option<Stream>; LAYERS],
}

#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) ssrc: Ssrc,
    pub(crate) keyframes: Throttle,
    heard: Instant,
    size: Option<(u32, u32)>,
    bytes: usize,
    since: Instant,
    rate: Option<u64>,
}

impl Track {
    pub(crate) fn hear(
        &mut self,
        now: Instant,
        layer: usize,
        ssrc: Ssrc,
        bytes: usize,
        keyframe: Option<(u32, u32)>,
    ) {
        let slot = &mut self.streams[layer];
        if slot.as_ref().is_none_or(|stream| stream.ssrc != ssrc) {
            *slot = Some(Stream {
                ssrc,
                keyframes: Throttle::default(),
                heard: now,
                size: None,
                bytes: 0,
                since: now,
                rate: None,
            });
        }
        if let Some(stream) = slot {
            stream.hear(now, bytes, keyframe);
        }
    }

    pub(crate) fn stream(&mut self, layer: usize) -> Option<&mut Stream> {
        self.streams.get_mut(layer)?.as_mut()
    }

    /// The layers that arrive; of those that have all fallen silent, all: something may be still.
    pub(crate) fn layers(&self, now: Instant) -> [Option<Layer>; LAYERS] {
        let live = |stream: &Stream| now.saturating_duration_since(stream.heard) < SILENT;
        let any = self.streams.iter().flatten().any(live);
        std::array::from_fn(|layer| {
            let stream = self.streams[layer].as_ref()?;
            (!any || live(stream)).then(|| stream.layer(GUESS[layer]))
        })
    }

    /// Bits a second, of all layers.
    pub(crate) fn rate(&self) -> u64 {
        self.streams
            .iter()
            .flatten()
            .filter_map(|stream| stream.rate)
            .sum()
    }

    /// Measures, and says which layers are to be asked for a keyframe now.
    pub(crate) fn tick(&mut self, now: Instant) -> Vec<Ssrc> {
        let mut ask = Vec::new();
        for stream in self.streams.iter_mut().flatten() {
            stream.measure(now);
            if now.saturating_duration_since(stream.heard) >= SILENT {
                stream.keyframes.got();
            }
            if stream.keyframes.due(now) {
                ask.push(stream.ssrc);
            }
        }
        ask
    }
}

impl Stream {
    fn hear(&mut self, now: Instant, bytes: usize, keyframe: Option<(u32, u32)>) {
        self.heard = now;
        self.bytes += bytes;
        if keyframe.is_some() {
            self.size = keyframe;
            self.keyframes.got();
        }
        self.measure(now);
    }

    fn measure(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.since);
        if passed < WINDOW {
            return;
        }
        let rate = self.bytes as u64 * 8_000 / (passed.as_millis() as u64).max(1);
        // Keyframes are bumps: half new, half old.
        self.rate = Some(self.rate.map_or(rate, |old| old.midpoint(rate)));
        self.bytes = 0;
        self.since = now;
    }

    fn layer(&self, guess: Layer) -> Layer {
        Layer {
            rate: self.rate.unwrap_or(guess.rate).max(20_000),
            pixels: self.size.map_or(guess.pixels, |(width, height)| {
                u64::from(width) * u64::from(height)
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(start: Instant, millis: u64) -> Instant {
        start + Duration::from_millis(millis)
    }

    #[test]
    fn a_layer_is_measured_and_gone_when_it_is_silent() {
        let start = Instant::now();
        let mut track = Track::default();
        for packet in 0..200 {
            let now = after(start, packet * 10);
            track.hear(now, 0, 1.into(), 250, (packet == 0).then_some((320, 180)));
            if packet < 50 {
                track.hear(now, 2, 3.into(), 1_000, None);
            }
        }
        let [low, middle, high] = track.layers(after(start, 2_000));
        let low = low.unwrap();
        assert_eq!(low.pixels, 320 * 180);
        assert!((180_000..=220_000).contains(&low.rate), "{low:?}");
        assert_eq!(middle, None);
        assert!(high.is_some());
        assert_eq!(track.layers(after(start, 2_600))[2], None);
        assert!(track.layers(after(start, 9_000))[2].is_some());
    }

    #[test]
    fn nobody_is_asked_for_a_keyframe_of_a_layer_that_has_gone() {
        let start = Instant::now();
        let mut track = Track::default();
        track.hear(start, 1, 7.into(), 100, None);
        track.stream(1).unwrap().keyframes.want();
        assert_eq!(track.tick(start), [7.into()]);
        assert_eq!(track.tick(after(start, 1_000)), [7.into()]);
        assert!(track.tick(after(start, 3_000)).is_empty());
    }
}
