//! How often a publisher is asked for a keyframe: five who join at once are one question. Pure.

use std::time::{Duration, Instant};

/// Between two questions for the same layer. A keyframe takes its time to be made and to arrive.
const BETWEEN: Duration = Duration::from_millis(700);

#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Throttle {
    asked: Option<Instant>,
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
    }

    /// Whether to ask now; asked again until it has come.
    pub(crate) fn due(&mut self, now: Instant) -> bool {
        let due = self.wanted
            && self
                .asked
                .is_none_or(|asked| now.saturating_duration_since(asked) >= BETWEEN);
        if due {
            self.asked = Some(now);
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
}
