//! When a connection is told the time, and how often. Pure.

use std::time::{Duration, Instant};

/// What is paced or looks for bandwidth may wait so long.
const SLACK: Duration = Duration::from_millis(1);
/// Who has sent a packet wants to be told the time again at once, in case there is one more, and says nothing else until
/// then. Where every packet has gone there is none, and that may wait so long.
const REST: Duration = Duration::from_millis(10);

#[derive(Debug)]
pub(crate) struct Clock {
    due: Instant,
    /// It has sent a packet since it was told.
    sent: bool,
    /// How often it is to be told now: it sends one packet each time.
    owed: usize,
    /// Packets it was given and has not sent.
    waiting: usize,
}

impl Clock {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            due: now,
            sent: false,
            owed: 0,
            waiting: 0,
        }
    }

    pub(crate) fn due(&self) -> Instant {
        self.due
    }

    /// It was given a packet. True if it was owed nothing before.
    pub(crate) fn give(&mut self) -> bool {
        self.waiting += 1;
        self.owe()
    }

    /// Once more. True if that is the first time.
    pub(crate) fn owe(&mut self) -> bool {
        self.owed = self.owed.saturating_add(1);
        self.owed == 1
    }

    /// As long as it has something to send. True if it was owed nothing before.
    pub(crate) fn owe_all(&mut self) -> bool {
        std::mem::replace(&mut self.owed, usize::MAX) == 0
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

    /// It is told.
    pub(crate) fn tell(&mut self) {
        self.sent = false;
    }

    /// It has sent something; one of the packets it was given, or not.
    pub(crate) fn send(&mut self, given: bool) {
        self.sent = true;
        self.waiting = self.waiting.saturating_sub(usize::from(given));
    }

    /// It wants to be told then. True if it may have more to send.
    pub(crate) fn want(&mut self, now: Instant, at: Instant) -> bool {
        if self.sent && at < now + SLACK {
            // What it wanted before it sent something still holds.
            let rest = if self.waiting == 0 { REST } else { SLACK };
            self.due = self.due.min(now + rest);
            return true;
        }
        self.due = at.max(now + SLACK);
        false
    }

    /// It was told and had nothing to send.
    pub(crate) fn rest(&mut self) {
        self.owed = 0;
    }

    /// What it was given may be gone.
    pub(crate) fn forget(&mut self) {
        self.waiting = 0;
    }

    /// It has failed.
    pub(crate) fn stop(&mut self, until: Instant) {
        (self.owed, self.waiting) = (0, 0);
        self.due = until;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MICRO: Duration = Duration::from_micros(1);

    /// As one that sends a packet and wants to be told again at once.
    fn send(clock: &mut Clock, now: Instant) {
        assert!(clock.take());
        clock.tell();
        clock.send(true);
        assert!(clock.want(now, now + MICRO));
    }

    #[test]
    fn who_has_nothing_to_send_is_told_when_they_want() {
        let now = Instant::now();
        let mut clock = Clock::new(now);
        assert!(!clock.want(now, now + MICRO));
        assert_eq!(clock.due(), now + SLACK);
        assert!(!clock.want(now, now + 5 * SLACK));
        assert_eq!(clock.due(), now + 5 * SLACK);
    }

    #[test]
    fn who_has_sent_rests_but_not_longer_than_they_wanted_before() {
        let now = Instant::now();
        let mut clock = Clock::new(now);
        for (wanted, due) in [(20 * SLACK, REST), (2 * SLACK, 2 * SLACK)] {
            clock.tell();
            clock.want(now, now + wanted);
            clock.give();
            send(&mut clock, now);
            assert_eq!(clock.due(), now + due);
        }
    }

    #[test]
    fn who_has_sent_something_else_instead_does_not_rest() {
        let now = Instant::now();
        let mut clock = Clock::new(now);
        clock.want(now, now + 20 * SLACK);
        assert!(clock.give());
        assert!(clock.take());
        clock.tell();
        clock.send(false);
        clock.want(now, now + MICRO);
        assert_eq!(clock.due(), now + SLACK);
    }

    #[test]
    fn whoever_sends_all_the_time_is_told_in_time_as_well() {
        let now = Instant::now();
        let mut clock = Clock::new(now);
        clock.want(now, now + 20 * SLACK);
        for step in 1..100 {
            clock.give();
            send(&mut clock, now + step * 200 * MICRO);
        }
        assert_eq!(clock.due(), now + 200 * MICRO + REST);
    }

    #[test]
    fn what_was_wanted_then_holds_until_they_are_told() {
        let now = Instant::now();
        let mut clock = Clock::new(now);
        clock.want(now, now + 20 * SLACK);
        clock.give();
        send(&mut clock, now);
        // Looked at once more before it is told.
        assert!(clock.want(now + SLACK, now + MICRO));
        assert_eq!(clock.due(), now + REST);
        clock.tell();
        assert!(!clock.want(now + REST, now + REST + 3 * SLACK));
        assert_eq!(clock.due(), now + REST + 3 * SLACK);
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
        clock.rest();
        assert!(!clock.take());
    }
}
