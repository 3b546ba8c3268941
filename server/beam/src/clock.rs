//! When a connection is told the time, and how often. Pure.

use std::time::{Duration, Instant};

/// Who has sent a packet wants to be told the time again at once, in case there is one more. But for what is paced or
/// looks for bandwidth there is none, and that may wait so long.
const SLACK: Duration = Duration::from_millis(1);

#[derive(Debug)]
pub(crate) struct Clock {
    due: Instant,
    /// Since when it has wanted to be told at once.
    since: Option<Instant>,
    /// How often it is to be told now: it sends one packet each time.
    owed: usize,
}

impl Clock {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            due: now,
            since: None,
            owed: 0,
        }
    }

    pub(crate) fn due(&self) -> Instant {
        self.due
    }

    /// Once more. True if that is the first time.
    pub(crate) fn owe(&mut self) -> bool {
        self.owed = self.owed.saturating_add(1);
        self.owed == 1
    }

    /// As long as it has something to send.
    pub(crate) fn owe_all(&mut self) {
        self.owed = usize::MAX;
    }

    pub(crate) fn is_owed(&self) -> bool {
        self.owed > 0
    }

    /// One time less, if there is one.
    pub(crate) fn take(&mut self) -> bool {
        let owed = self.owed > 0;
        self.owed = self.owed.saturating_sub(1);
        owed
    }

    /// It wants to be told then. True if that is as good as now.
    pub(crate) fn want(&mut self, now: Instant, at: Instant) -> bool {
        let soon = at < now + SLACK;
        self.due = if soon {
            *self.since.get_or_insert(now) + SLACK
        } else {
            self.since = None;
            at
        };
        soon
    }

    /// It was told and had nothing to send.
    pub(crate) fn rest(&mut self, now: Instant) {
        self.owed = 0;
        if self.since.is_some() {
            self.since = Some(now);
            self.due = now + SLACK;
        }
    }

    /// It has failed.
    pub(crate) fn stop(&mut self, until: Instant) {
        self.owed = 0;
        self.since = None;
        self.due = until;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MICRO: Duration = Duration::from_micros(1);

    #[test]
    fn what_is_wanted_at_once_has_a_moment() {
        let now = Instant::now();
        let mut clock = Clock::new(now);
        assert!(clock.want(now, now + MICRO));
        assert_eq!(clock.due(), now + SLACK);
        assert!(!clock.want(now, now + 5 * SLACK));
        assert_eq!(clock.due(), now + 5 * SLACK);
    }

    #[test]
    fn whoever_sends_all_the_time_is_told_in_time_as_well() {
        let now = Instant::now();
        let mut clock = Clock::new(now);
        let mut told = now;
        for _ in 0..100 {
            told += 200 * MICRO;
            assert!(clock.owe());
            assert!(clock.take());
            assert!(clock.want(told, told + MICRO));
        }
        assert!(clock.due() < now + 2 * SLACK);
        clock.rest(told);
        assert_eq!(clock.due(), told + SLACK);
    }

    #[test]
    fn it_is_told_once_for_each_packet_and_not_again() {
        let now = Instant::now();
        let mut clock = Clock::new(now);
        assert!(clock.owe());
        assert!(!clock.owe());
        assert!(clock.take() && clock.is_owed() && clock.take());
        assert!(!clock.take());
        clock.owe_all();
        assert!(clock.take() && clock.take());
        clock.rest(now);
        assert!(!clock.take());
    }
}
