//! When to open a socket, ping, close, poll, ask again, and when to say `Reconnecting…`. Pure: it is told what
//! happened and the time (milliseconds), and answers what to do.

/// What the browser should do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Do {
    Open,
    Close,
    Ping,
    /// After a time without a socket anything may have been missed.
    Resync,
    /// Ask for new messages, there is no socket; and once a minute, to be sure.
    Poll,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Socket {
    Closed {
        retry: i64,
    },
    Opening {
        since: i64,
    },
    Up {
        since: i64,
        heard: i64,
        /// A ping is on its way, and by when something must have been heard.
        pinged: Option<i64>,
    },
}

#[derive(Debug, Clone)]
pub(crate) struct Link {
    socket: Socket,
    /// Failures in a row.
    failures: u32,
    /// The last moment at which news could reach this page, by socket or by answer.
    good: i64,
    /// Since when there is no socket.
    down: i64,
    polled: i64,
    resynced: i64,
}

const OPENING: i64 = 10_000;
const QUIET: i64 = 15_000;
const PONG: i64 = 5_000;
/// A device that wakes up should not sit on a dead socket.
const PONG_AFTER_WAKING: i64 = 2_000;
const STABLE: i64 = 20_000;
const RESYNC: i64 = 60_000;
const POLL_AFTER: i64 = 4_000;
const POLL: i64 = 2_000;
const POLL_HIDDEN: i64 = 15_000;
const TROUBLE: i64 = 5_500;
const FIRST_WAIT: i64 = 500;
const LONGEST_WAIT: i64 = 15_000;

impl Link {
    pub(crate) fn new(now: i64) -> Self {
        Self {
            socket: Socket::Closed { retry: now },
            failures: 0,
            good: now,
            down: now,
            polled: 0,
            resynced: now,
        }
    }

    /// Called a few times a second.
    pub(crate) fn tick(&mut self, now: i64, hidden: bool) -> Vec<Do> {
        let mut todo = Vec::new();
        match self.socket {
            Socket::Closed { retry } if now >= retry => {
                self.socket = Socket::Opening { since: now };
                todo.push(Do::Open);
            }
            Socket::Opening { since } if now - since >= OPENING => todo.push(Do::Close),
            Socket::Up {
                pinged: Some(until),
                ..
            } if now >= until => todo.push(Do::Close),
            Socket::Up {
                since,
                heard,
                pinged: None,
            } if now - heard >= QUIET => {
                self.socket = Socket::Up {
                    since,
                    heard,
                    pinged: Some(now + PONG),
                };
                todo.push(Do::Ping);
            }
            _ => {}
        }
        if self.is_up() {
            self.good = now;
            if now - self.resynced >= RESYNC && !hidden {
                self.resynced = now;
                todo.push(Do::Poll);
            }
        } else if now - self.down >= POLL_AFTER {
            let pace = if hidden { POLL_HIDDEN } else { POLL };
            if now - self.polled >= pace {
                self.polled = now;
                todo.push(Do::Poll);
            }
        }
        todo
    }

    /// The server has taken the subscriptions: from here on nothing passes unheard.
    pub(crate) fn up(&mut self, now: i64) -> Vec<Do> {
        self.socket = Socket::Up {
            since: now,
            heard: now,
            pinged: None,
        };
        self.good = now;
        self.resynced = now;
        vec![Do::Resync]
    }

    /// Anything at all came through the socket.
    pub(crate) fn heard(&mut self, now: i64) {
        if let Socket::Up { since, .. } = self.socket {
            self.socket = Socket::Up {
                since,
                heard: now,
                pinged: None,
            };
        }
    }

    /// The socket is gone, or never came. `jitter` is 0 to 1, so that a thousand browsers do not come back at once.
    pub(crate) fn closed(&mut self, now: i64, jitter: f64) {
        if let Socket::Up { since, .. } = self.socket {
            self.down = now;
            if now - since >= STABLE {
                self.failures = 0;
            }
        }
        let doubled = FIRST_WAIT << self.failures.min(5);
        let wait = doubled.min(LONGEST_WAIT);
        self.failures += 1;
        // At least half of the wait, so that a retry is never a hammer.
        let wait = wait / 2 + (wait as f64 / 2.0 * jitter) as i64;
        self.socket = Socket::Closed { retry: now + wait };
    }

    /// The network came back or the page is looked at again.
    pub(crate) fn woke(&mut self, now: i64) -> Vec<Do> {
        match self.socket {
            Socket::Closed { .. } => {
                self.failures = 0;
                self.socket = Socket::Closed { retry: now };
                self.tick(now, false)
            }
            Socket::Opening { .. } => Vec::new(),
            Socket::Up { since, heard, .. } => {
                self.socket = Socket::Up {
                    since,
                    heard,
                    pinged: Some(now + PONG_AFTER_WAKING),
                };
                vec![Do::Ping]
            }
        }
    }

    /// The server answered a question of ours: news can reach us.
    pub(crate) fn answered(&mut self, now: i64) {
        self.good = self.good.max(now);
    }

    pub(crate) fn is_up(&self) -> bool {
        matches!(self.socket, Socket::Up { .. })
    }

    /// Whether to say `Reconnecting…`: neither socket nor answers for a while.
    pub(crate) fn trouble(&self, now: i64) -> bool {
        !self.is_up() && now - self.good >= TROUBLE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ticks every 250 ms from `from` (excluded) to `to`, and tells what was done when.
    fn run(link: &mut Link, from: i64, to: i64) -> Vec<(i64, Do)> {
        let mut done = Vec::new();
        let mut now = from;
        while now < to {
            now += 250;
            done.extend(link.tick(now, false).into_iter().map(|what| (now, what)));
        }
        done
    }

    fn up_at(now: i64) -> Link {
        let mut link = Link::new(now);
        assert_eq!(link.tick(now, false), [Do::Open]);
        assert_eq!(link.up(now), [Do::Resync]);
        link
    }

    #[test]
    fn a_quiet_socket_is_pinged_and_a_dead_one_is_closed() {
        let mut link = up_at(0);
        assert_eq!(run(&mut link, 0, 15_000), [(15_000, Do::Ping)]);
        link.heard(15_100);
        assert_eq!(run(&mut link, 15_000, 30_000), []);
        assert_eq!(
            run(&mut link, 30_000, 36_000)
                .iter()
                .map(|d| d.1)
                .collect::<Vec<_>>()[..2],
            [Do::Ping, Do::Close]
        );
    }

    #[test]
    fn waking_up_asks_the_socket_at_once_whether_it_lives() {
        let mut link = up_at(0);
        assert_eq!(link.woke(1000), [Do::Ping]);
        assert_eq!(run(&mut link, 1000, 3000), [(3000, Do::Close)]);
        link.closed(3000, 1.0);
        assert_eq!(link.woke(3100), [Do::Open]);
    }

    #[test]
    fn waits_grow_to_fifteen_seconds_and_start_over_after_a_stable_time() {
        let mut link = up_at(0);
        let mut waits = Vec::new();
        let mut now = 1000;
        for _ in 0..7 {
            link.closed(now, 1.0);
            let Socket::Closed { retry } = link.socket else {
                unreachable!()
            };
            waits.push(retry - now);
            now = retry;
            assert!(link.tick(now, true).contains(&Do::Open));
        }
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
        link.up(now);
        link.closed(now + 20_000, 0.0);
        assert_eq!(
            link.socket,
            Socket::Closed {
                retry: now + 20_000 + 250
            }
        );
    }

    #[test]
    fn without_a_socket_the_page_polls_within_five_seconds_and_says_nothing() {
        let mut link = up_at(0);
        run(&mut link, 0, 10_000);
        link.closed(10_000, 0.0);
        let mut polls = Vec::new();
        let mut now = 10_000;
        while now < 30_000 {
            now += 250;
            for what in link.tick(now, false) {
                match what {
                    Do::Poll => {
                        polls.push(now);
                        link.answered(now + 200);
                    }
                    Do::Open => link.closed(now, 0.5),
                    _ => {}
                }
            }
            assert!(!link.trouble(now), "at {now}");
        }
        assert_eq!(polls[..3], [14_000, 16_000, 18_000]);
        link.up(30_000);
        assert!(
            !run(&mut link, 30_000, 40_000)
                .iter()
                .any(|(_, what)| *what == Do::Poll)
        );
    }

    #[test]
    fn reconnecting_is_said_after_five_seconds_without_either_and_not_before() {
        let mut link = up_at(0);
        link.tick(10_000, false);
        link.closed(10_000, 0.0);
        run(&mut link, 10_000, 15_250);
        assert!(!link.trouble(15_000));
        assert!(link.trouble(15_500));
        link.answered(16_000);
        assert!(!link.trouble(16_000));
    }

    #[test]
    fn a_hidden_page_polls_slowly() {
        let mut link = Link::new(0);
        link.tick(0, true);
        link.closed(0, 1.0);
        let polls = (1..=60).filter(|s| link.tick(s * 1000, true).contains(&Do::Poll));
        assert_eq!(polls.count(), 4);
    }

    #[test]
    fn every_minute_it_asks_to_be_sure() {
        let mut link = up_at(0);
        let mut asked = Vec::new();
        for now in (0..150_000).step_by(500) {
            link.heard(now);
            if link.tick(now, false).contains(&Do::Poll) {
                asked.push(now);
            }
        }
        assert_eq!(asked, [60_000, 120_000]);
    }

    #[test]
    fn a_socket_that_neither_opens_nor_fails_is_given_up() {
        let mut link = Link::new(0);
        assert_eq!(link.tick(0, false), [Do::Open]);
        let done = run(&mut link, 0, 10_000);
        assert!(done.contains(&(10_000, Do::Close)));
    }
}
