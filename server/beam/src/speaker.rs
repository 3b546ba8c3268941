//! Who speaks: the loudest, kept for a while. Levels are those of RFC 6464, 0 the loudest and -127 silence. Pure.

use std::time::{Duration, Instant};

/// Louder than this is speech.
const SPEECH: f32 = -50.0;
/// A cough is no speech: so long one must be louder than the speaker…
const TAKES_OVER: Duration = Duration::from_millis(400);
/// …by so much.
const LOUDER: f32 = 6.0;
/// The speaker may breathe.
const BREATH: Duration = Duration::from_millis(1_500);
/// Then nobody speaks.
const SILENCE: Duration = Duration::from_secs(4);

/// How loud one is, smoothed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Voice {
    level: f32,
    heard: Option<Instant>,
    /// When it was last loud enough for speech.
    pub(crate) spoke: Option<Instant>,
}

impl Voice {
    pub(crate) const SILENT: Self = Self {
        level: -127.0,
        heard: None,
        spoke: None,
    };

    pub(crate) fn hear(&mut self, now: Instant, level: i8) {
        let level = f32::from(level.clamp(-127, 0));
        // Up at once, down slowly: between syllables it is quiet.
        let weight = if level > self.level { 0.4 } else { 0.08 };
        self.level += (level - self.level) * weight;
        self.heard = Some(now);
        if self.level > SPEECH {
            self.spoke = Some(now);
        }
    }

    /// Muted, or gone.
    pub(crate) fn hush(&mut self) {
        self.level = Self::SILENT.level;
    }

    fn level(&self, now: Instant) -> f32 {
        let fresh = |heard: Instant| now.saturating_duration_since(heard) < BREATH;
        match self.heard {
            // With discontinuous transmission silence is not sent at all.
            Some(heard) if fresh(heard) => self.level,
            _ => Self::SILENT.level,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Speaker<K> {
    now: Option<K>,
    rival: Option<(K, Instant)>,
}

impl<K: Copy + PartialEq> Speaker<K> {
    pub(crate) const NOBODY: Self = Self {
        now: None,
        rival: None,
    };

    pub(crate) fn get(&self) -> Option<K> {
        self.now
    }

    /// True if it is another one now.
    pub(crate) fn decide(&mut self, now: Instant, voices: &[(K, Voice)]) -> bool {
        let before = self.now;
        let level = |voice: &Voice| voice.level(now);
        let speaker = voices.iter().find(|(who, _)| Some(*who) == self.now);
        let since = |voice: &Voice| {
            voice
                .spoke
                .map_or(Duration::MAX, |spoke| now.saturating_duration_since(spoke))
        };
        let silent = speaker.map_or(Duration::MAX, |(_, voice)| since(voice));
        if silent > SILENCE {
            self.now = None;
        }
        let loudest = voices
            .iter()
            .filter(|(who, voice)| Some(*who) != self.now && level(voice) > SPEECH)
            .max_by(|(_, a), (_, b)| level(a).total_cmp(&level(b)));
        let Some((rival, voice)) = loudest else {
            self.rival = None;
            return self.now != before;
        };
        let over = speaker.is_none_or(|(_, of)| level(voice) > level(of) + LOUDER);
        if self.now.is_some() && silent < BREATH && !over {
            self.rival = None;
            return self.now != before;
        }
        let began = match self.rival {
            Some((who, began)) if who == *rival => began,
            _ => {
                self.rival = Some((*rival, now));
                now
            }
        };
        if self.now.is_none() || now.saturating_duration_since(began) >= TAKES_OVER {
            self.now = Some(*rival);
            self.rival = None;
        }
        self.now != before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For so many milliseconds these levels, 20 ms a packet; the speaker at the end.
    struct Talk {
        now: Instant,
        voices: [(char, Voice); 2],
        speaker: Speaker<char>,
    }

    impl Talk {
        fn new() -> Self {
            Self {
                now: Instant::now(),
                voices: [('a', Voice::SILENT), ('b', Voice::SILENT)],
                speaker: Speaker::NOBODY,
            }
        }

        fn hear(&mut self, millis: u64, a: i8, b: i8) -> Option<char> {
            for step in 0..millis / 20 {
                self.now += Duration::from_millis(20);
                self.voices[0].1.hear(self.now, a);
                self.voices[1].1.hear(self.now, b);
                if step % 5 == 0 {
                    self.speaker.decide(self.now, &self.voices);
                }
            }
            self.speaker.get()
        }
    }

    #[test]
    fn who_speaks_into_silence_is_the_speaker_at_once() {
        let mut talk = Talk::new();
        assert_eq!(talk.hear(500, -127, -127), None);
        assert_eq!(talk.hear(200, -25, -127), Some('a'));
    }

    #[test]
    fn a_cough_takes_nothing_over_and_a_louder_voice_does() {
        let mut talk = Talk::new();
        assert_eq!(talk.hear(1_000, -30, -127), Some('a'));
        assert_eq!(talk.hear(200, -30, -15), Some('a'));
        assert_eq!(talk.hear(1_500, -30, -80), Some('a'));
        assert_eq!(talk.hear(1_000, -30, -15), Some('b'));
    }

    #[test]
    fn the_speaker_may_breathe_and_somebody_else_may_answer() {
        let mut talk = Talk::new();
        talk.hear(1_000, -30, -127);
        assert_eq!(talk.hear(600, -90, -90), Some('a'));
        assert_eq!(talk.hear(4_000, -90, -35), Some('b'));
    }

    #[test]
    fn after_a_long_silence_nobody_speaks() {
        let mut talk = Talk::new();
        talk.hear(1_000, -30, -127);
        assert_eq!(talk.hear(7_000, -127, -127), None);
    }
}
