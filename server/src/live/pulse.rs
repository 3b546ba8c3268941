//! Whether anybody is still at the other end of a socket. Pure: the clock is its caller's.

use std::time::Duration;

use tokio::time::Instant;

/// Nothing was heard for so long: time to ask. Browsers answer without scripts, in hidden tabs too.
const QUIET: Duration = Duration::from_secs(10);
/// Nothing at all for so long after the question: nobody is there. A peer that vanished has then been silent for 15 s.
const ANSWER: Duration = Duration::from_secs(5);

pub(super) struct Pulse {
    heard: Instant,
    asked: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// Look again then. What is heard until then moves no timer, so that a busy socket costs nothing more.
    Look(Instant),
    /// Ask, and look again then.
    Ask(Instant),
    Gone,
}

impl Pulse {
    pub(super) fn new(now: Instant) -> (Self, Instant) {
        let pulse = Self {
            heard: now,
            asked: false,
        };
        (pulse, now + QUIET)
    }

    /// Anything counts: packets, pings, answers.
    pub(super) fn heard(&mut self, now: Instant) {
        self.heard = now;
        self.asked = false;
    }

    /// At the moment that was said the last time. All that has come by then has to be told first.
    pub(super) fn look(&mut self, now: Instant) -> Beat {
        if self.asked {
            return Beat::Gone;
        }
        let quiet = self.heard + QUIET;
        if now < quiet {
            return Beat::Look(quiet);
        }
        self.asked = true;
        Beat::Ask(now + ANSWER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn who_vanishes_is_asked_after_ten_seconds_and_gone_after_fifteen() {
        let start = Instant::now();
        let (mut pulse, look) = Pulse::new(start);
        assert_eq!(look, start + seconds(10));
        pulse.heard(start + seconds(4));
        let quiet = start + seconds(14);
        assert_eq!(pulse.look(look), Beat::Look(quiet));
        assert_eq!(pulse.look(quiet), Beat::Ask(start + seconds(19)));
        assert_eq!(pulse.look(start + seconds(19)), Beat::Gone);
    }

    #[test]
    fn any_answer_will_do_and_another_question_follows_in_ten_seconds() {
        let start = Instant::now();
        let (mut pulse, mut look) = Pulse::new(start);
        for n in 1..100 {
            assert_eq!(pulse.look(look), Beat::Ask(look + seconds(5)));
            pulse.heard(look + seconds(1));
            let quiet = look + seconds(11);
            assert_eq!(pulse.look(look + seconds(5)), Beat::Look(quiet), "{n}");
            look = quiet;
        }
    }
}
