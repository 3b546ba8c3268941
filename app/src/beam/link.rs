//! My connection to a call: when to renegotiate ICE, when to come back as a new session, what to say of it. Pure: it is
//! told what happened and the time (milliseconds).

/// What the browser should do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Do {
    Restart,
    Rejoin,
    /// It has been tried for long.
    GiveUp,
}

/// What the browser says of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    Up,
    /// It may come back by itself.
    Shaky,
    Lost,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Opening {
        since: i64,
    },
    Up,
    Shaky {
        since: i64,
    },
    Restarting {
        since: i64,
        again: Option<i64>,
    },
    Rejoining {
        at: i64,
    },
    /// Asked for, not answered yet.
    Waiting,
    Over,
}

#[derive(Debug, Clone)]
pub(super) struct Link {
    state: State,
    /// Since when nothing goes through.
    trouble: Option<i64>,
    failures: u32,
}

const OPENING: i64 = 8_000;
const SHAKY: i64 = 1_000;
const RESTARTING: i64 = 5_000;
const AGAIN: i64 = 1_000;
const LONGEST_WAIT: i64 = 8_000;
const SILENT: i64 = 2_000;
const GIVE_UP: i64 = 120_000;

impl Link {
    pub(super) fn new(now: i64) -> Self {
        Self {
            state: State::Opening { since: now },
            trouble: Some(now),
            failures: 0,
        }
    }

    pub(super) fn told(&mut self, wire: Wire, now: i64) {
        match (wire, self.state) {
            (_, State::Over | State::Rejoining { .. } | State::Waiting) => {}
            (Wire::Up, _) => {
                self.state = State::Up;
                self.trouble = None;
                self.failures = 0;
            }
            (Wire::Shaky, State::Up) => {
                self.trouble = Some(now);
                self.state = State::Shaky { since: now };
            }
            (Wire::Lost, State::Up | State::Shaky { .. }) => {
                self.trouble.get_or_insert(now);
                self.state = State::Shaky { since: now - SHAKY };
            }
            (Wire::Lost, State::Opening { .. }) => self.rejoin(now),
            _ => {}
        }
    }

    /// The network is another one: what is there will break, be it told or not.
    pub(super) fn network_changed(&mut self, now: i64) {
        if let State::Up | State::Shaky { .. } = self.state {
            self.state = State::Shaky { since: now - SHAKY };
        }
    }

    /// The server no longer knows this session.
    pub(super) fn forgotten(&mut self, now: i64) {
        if !matches!(
            self.state,
            State::Over | State::Rejoining { .. } | State::Waiting
        ) {
            self.rejoin(now);
        }
    }

    /// The request to renegotiate did not reach the server.
    pub(super) fn restart_failed(&mut self, now: i64) {
        if let State::Restarting { since, .. } = self.state {
            self.state = State::Restarting {
                since,
                again: Some(now + AGAIN),
            };
        }
    }

    /// There is a new session: its own connection begins to open.
    pub(super) fn rejoined(&mut self, now: i64) {
        self.state = State::Opening { since: now };
    }

    pub(super) fn rejoin_failed(&mut self, now: i64) {
        self.rejoin(now);
        self.failures += 1;
    }

    fn rejoin(&mut self, now: i64) {
        self.trouble.get_or_insert(now);
        let wait = match self.failures {
            0 => 0,
            failures => (500_i64 << failures.min(5)).min(LONGEST_WAIT),
        };
        self.state = State::Rejoining { at: now + wait };
    }

    /// Called a few times a second.
    pub(super) fn tick(&mut self, now: i64) -> Option<Do> {
        if self.state != State::Over
            && self.state != State::Waiting
            && self.trouble.is_some_and(|since| now - since >= GIVE_UP)
        {
            self.state = State::Over;
            return Some(Do::GiveUp);
        }
        match self.state {
            State::Shaky { since } if now - since >= SHAKY => {
                self.trouble.get_or_insert(now);
                self.state = State::Restarting {
                    since: now,
                    again: None,
                };
                Some(Do::Restart)
            }
            State::Restarting { since, .. } if now - since >= RESTARTING => {
                self.rejoin(now);
                self.tick(now)
            }
            State::Restarting {
                since,
                again: Some(again),
            } if now >= again => {
                self.state = State::Restarting { since, again: None };
                Some(Do::Restart)
            }
            State::Opening { since } if now - since >= OPENING => {
                self.failures += 1;
                self.rejoin(now);
                None
            }
            State::Rejoining { at } if now >= at => {
                self.state = State::Waiting;
                Some(Do::Rejoin)
            }
            _ => None,
        }
    }

    /// Whether to say `Reconnecting…`: the first two seconds are nobody's business.
    pub(super) fn is_troubled(&self, now: i64) -> bool {
        self.trouble.is_some_and(|since| now - since >= SILENT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(link: &mut Link, from: i64, to: i64) -> Vec<(i64, Do)> {
        let mut done = Vec::new();
        let mut now = from;
        while now < to {
            now += 250;
            done.extend(link.tick(now).map(|what| (now, what)));
        }
        done
    }

    fn up() -> Link {
        let mut link = Link::new(0);
        link.told(Wire::Up, 100);
        link
    }

    #[test]
    fn a_hiccup_is_nobodys_business() {
        let mut link = up();
        link.told(Wire::Shaky, 10_000);
        assert_eq!(run(&mut link, 10_000, 10_750), []);
        link.told(Wire::Up, 10_800);
        assert_eq!(run(&mut link, 10_800, 60_000), []);
        assert!(!link.is_troubled(60_000));
    }

    #[test]
    fn two_seconds_are_silent_and_then_it_is_said() {
        let mut link = up();
        link.told(Wire::Shaky, 10_000);
        run(&mut link, 10_000, 12_000);
        assert!(!link.is_troubled(11_900));
        assert!(link.is_troubled(12_000));
        link.told(Wire::Up, 12_100);
        assert!(!link.is_troubled(12_100));
    }

    #[test]
    fn ice_is_renegotiated_first_and_then_a_new_session_comes() {
        let mut link = up();
        link.told(Wire::Shaky, 10_000);
        assert_eq!(
            run(&mut link, 10_000, 20_000),
            [(11_000, Do::Restart), (16_000, Do::Rejoin)]
        );
        link.rejoined(20_000);
        link.told(Wire::Up, 20_300);
        assert_eq!(run(&mut link, 20_300, 40_000), []);
    }

    #[test]
    fn a_lost_connection_and_another_network_wait_for_nothing() {
        let mut link = up();
        link.told(Wire::Lost, 10_000);
        assert_eq!(link.tick(10_000), Some(Do::Restart));
        let mut link = up();
        link.network_changed(10_000);
        assert_eq!(link.tick(10_000), Some(Do::Restart));
        assert!(!link.is_troubled(10_100));
    }

    #[test]
    fn a_session_that_the_server_forgot_comes_back_at_once() {
        let mut link = up();
        link.told(Wire::Shaky, 10_000);
        assert_eq!(run(&mut link, 10_000, 11_000), [(11_000, Do::Restart)]);
        link.forgotten(11_200);
        assert_eq!(link.tick(11_250), Some(Do::Rejoin));
        // Told twice, done once.
        link.forgotten(11_300);
        assert_eq!(link.tick(11_350), None);
    }

    #[test]
    fn a_server_that_is_away_is_asked_again_and_again_less_often() {
        let mut link = up();
        link.told(Wire::Shaky, 0);
        let (mut asked, mut now) = (Vec::new(), 0);
        while now < 30_000 {
            now += 250;
            match link.tick(now) {
                Some(Do::Restart) => link.restart_failed(now),
                Some(Do::Rejoin) => {
                    asked.push(now);
                    link.rejoin_failed(now);
                }
                _ => {}
            }
        }
        assert_eq!(
            asked,
            [6_000, 6_000 + 250, 7_250, 9_250, 13_250, 21_250, 29_250]
        );
    }

    #[test]
    fn after_two_minutes_it_is_given_up() {
        let mut link = up();
        link.told(Wire::Lost, 0);
        let mut now = 0;
        let end = loop {
            now += 250;
            match link.tick(now) {
                Some(Do::GiveUp) => break now,
                Some(Do::Rejoin) => link.rejoin_failed(now),
                _ => {}
            }
        };
        assert_eq!(end, 120_000);
        assert_eq!(run(&mut link, end, end + 10_000), []);
    }

    #[test]
    fn a_connection_that_does_not_open_is_tried_anew() {
        let mut link = Link::new(0);
        assert!(link.is_troubled(2_000));
        assert_eq!(run(&mut link, 0, 9_500), [(9_000, Do::Rejoin)]);
    }
}
