//! How often a publisher is asked for a keyframe: five who join at once are one question. Pure.

use std::time::{Duration, Instant};

/// Until the same question is asked again. A keyframe takes its time to be made and to arrive.
const AGAIN: Duration = Duration::from_millis(700);
/// Until somebody who came after a keyframe asks for the next one. Browsers make none sooner.
const NEXT: Duration = Duration::from_millis(300);

#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Throttle {
    asked: Option<Instant>,
    answered: bool,
    wanted: bool,
}

impl Throttle {
    /// Somebody needs a keyframe.
    pub(crate) fn want(&mut self) {
        self.wanted = true;
    }

    /// It has come.
    pub(crate) fn got(&mut self) {
        self.wanted = false;
        self.answered = true;
    }

    /// Whether to ask now; asked again until it has come.
    pub(crate) fn due(&mut self, now: Instant) -> bool {
        let wait = if self.answered { NEXT } else { AGAIN };
        let due = self.wanted
            && self
                .asked
                .is_none_or(|asked| now.saturating_duration_since(asked) >= wait);
        if due {
            self.asked = Some(now);
            self.answered = false;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_who_want_a_keyframe_are_one_question_until_it_comes() {
        let start = Instant::now();
        let mut throttle = Throttle::default();
        assert!(!throttle.due(start));
        let mut asked = 0;
        for millis in 0..1_000 {
            throttle.want();
            asked += i32::from(throttle.due(start + Duration::from_millis(millis)));
        }
        assert_eq!(asked, 2);
        throttle.got();
        assert!(!throttle.due(start + Duration::from_secs(10)));
        throttle.want();
        assert!(throttle.due(start + Duration::from_secs(10)));
    }

    #[test]
    fn whoever_comes_right_after_a_keyframe_does_not_wait_for_long() {
        let start = Instant::now();
        let after = |millis| start + Duration::from_millis(millis);
        let mut throttle = Throttle::default();
        throttle.want();
        assert!(throttle.due(start));
        throttle.got();
        throttle.want();
        assert!(!throttle.due(after(299)));
        assert!(throttle.due(after(300)));
        assert!(!throttle.due(after(999)), "on its way");
        assert!(throttle.due(after(1_000)));
    }
}
