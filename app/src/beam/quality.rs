//! How good a connection is, from two readings of the browser's counters. Pure.

use std::collections::BTreeMap;

/// Counters of one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Reading {
    /// To the server and back, in seconds.
    pub(super) round_trip: f64,
    /// Of what I send the server has missed this part, from 0 to 1.
    pub(super) lost_up: f64,
    pub(super) received: f64,
    pub(super) lost: f64,
    /// Pictures decoded so far, by the line they come on.
    pub(super) frames: BTreeMap<String, f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Quality {
    #[default]
    Unknown,
    Good,
    Weak,
}

impl Quality {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Unknown => "",
            Self::Good => "Good connection",
            Self::Weak => "Weak connection",
        }
    }
}

const SLOW: f64 = 0.4;
const LOSSY: f64 = 0.08;

impl Reading {
    pub(super) fn since(&self, before: &Self) -> Quality {
        let (received, lost) = (self.received - before.received, self.lost - before.lost);
        let lossy = lost > 0.0 && lost / (received + lost) > LOSSY;
        if lossy || self.lost_up > LOSSY || self.round_trip > SLOW {
            Quality::Weak
        } else {
            Quality::Good
        }
    }

    /// Lines whose picture has stood still since then.
    pub(super) fn still<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = &'a str> {
        self.frames.iter().filter_map(|(line, frames)| {
            let stood = before.frames.get(line) == Some(frames) && *frames > 0.0;
            stood.then_some(line.as_str())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(received: f64, lost: f64) -> Reading {
        Reading {
            round_trip: 0.03,
            received,
            lost,
            ..Reading::default()
        }
    }

    #[test]
    fn loss_and_delay_make_it_weak() {
        let before = reading(1_000.0, 50.0);
        assert_eq!(reading(2_000.0, 60.0).since(&before), Quality::Good);
        assert_eq!(reading(2_000.0, 250.0).since(&before), Quality::Weak);
        assert_eq!(reading(1_000.0, 50.0).since(&before), Quality::Good);
        let slow = Reading {
            round_trip: 0.6,
            ..reading(2_000.0, 50.0)
        };
        assert_eq!(slow.since(&before), Quality::Weak);
        let lossy_up = Reading {
            lost_up: 0.2,
            ..reading(2_000.0, 50.0)
        };
        assert_eq!(lossy_up.since(&before), Quality::Weak);
    }

    #[test]
    fn a_picture_that_stands_still_is_found() {
        let frames = |frames: &[(&str, f64)]| Reading {
            frames: frames.iter().map(|(k, v)| ((*k).to_owned(), *v)).collect(),
            ..Reading::default()
        };
        let before = frames(&[("4", 10.0), ("5", 10.0), ("6", 0.0)]);
        let now = frames(&[("4", 30.0), ("5", 10.0), ("6", 0.0), ("7", 1.0)]);
        assert_eq!(now.still(&before).collect::<Vec<_>>(), ["5"]);
    }
}
