//! Who may stay connected over TCP: whoever is known to a session, as long as they say something; others for a moment
//! and in small numbers. Pure.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

/// In all, known or not.
const MOST: usize = 1_024;
/// From one address: an office is one, behind its router.
const MOST_OF_ONE: usize = 256;
/// From one address, of those who have not said anything yet.
const STRANGERS_OF_ONE: usize = 32;
/// Within this one must have shown that one belongs to a session…
const FIRST: Duration = Duration::from_secs(10);
/// …and then say something again. Browsers ask every 25 seconds over ways they keep in reserve.
const IDLE: Duration = Duration::from_secs(30);

/// A connection: our end, as it is offered, and theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Ends {
    pub(crate) ours: SocketAddr,
    pub(crate) theirs: SocketAddr,
}

/// Connections by their ends, each with what belongs to it.
#[derive(Debug)]
pub(crate) struct Guests<T> {
    all: HashMap<Ends, Guest<T>>,
}

#[derive(Debug)]
struct Guest<T> {
    /// When it came, or was heard last.
    since: Instant,
    known: bool,
    with: T,
}

impl<T> Guests<T> {
    pub(crate) fn new() -> Self {
        Self {
            all: HashMap::new(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn get(&self, ends: Ends) -> Option<&T> {
        self.all.get(&ends).map(|guest| &guest.with)
    }

    /// Lets somebody in. Where there is no room the stranger who has been here for longest gives way, for those who
    /// belong here say so at once; false if there are none.
    pub(crate) fn admit(&mut self, now: Instant, ends: Ends, with: T) -> bool {
        let home = network(ends.theirs.ip());
        let (mut of_one, mut strangers) = (0, 0);
        for (other, guest) in &self.all {
            if network(other.theirs.ip()) == home {
                of_one += 1;
                strangers += usize::from(!guest.known);
            }
        }
        let crowded = of_one >= MOST_OF_ONE || strangers >= STRANGERS_OF_ONE;
        if crowded && !self.give_way(Some(home)) {
            return false;
        }
        if self.all.len() >= MOST && !self.give_way(None) {
            return false;
        }
        let guest = Guest {
            since: now,
            known: false,
            with,
        };
        self.all.insert(ends, guest);
        true
    }

    fn give_way(&mut self, of: Option<IpAddr>) -> bool {
        let stranger = self
            .all
            .iter()
            .filter(|(ends, guest)| {
                !guest.known && of.is_none_or(|of| network(ends.theirs.ip()) == of)
            })
            .min_by_key(|(_, guest)| guest.since)
            .map(|(ends, _)| *ends);
        stranger.is_some_and(|ends| self.all.remove(&ends).is_some())
    }

    /// It has said something that a session takes.
    pub(crate) fn heard(&mut self, now: Instant, ends: Ends) {
        if let Some(guest) = self.all.get_mut(&ends) {
            guest.since = now;
            guest.known = true;
        }
    }

    pub(crate) fn is_stranger(&self, ends: Ends) -> bool {
        self.all.get(&ends).is_some_and(|guest| !guest.known)
    }

    pub(crate) fn remove(&mut self, ends: Ends) {
        self.all.remove(&ends);
    }

    /// Ends those who have been silent for too long.
    pub(crate) fn sweep(&mut self, now: Instant) {
        self.all.retain(|_, guest| {
            let patience = if guest.known { IDLE } else { FIRST };
            now.saturating_duration_since(guest.since) < patience
        });
    }
}

/// What one machine, or one household, cannot change at will: of IPv6 the first half (RFC 6177).
fn network(of: IpAddr) -> IpAddr {
    match of.to_canonical() {
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        ip @ IpAddr::V4(_) => ip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(ip: impl Into<IpAddr>, port: u16) -> Ends {
        Ends {
            ours: "127.0.0.1:443".parse().unwrap(),
            theirs: SocketAddr::new(ip.into(), port),
        }
    }

    #[test]
    fn of_those_who_say_nothing_the_oldest_gives_way_and_whoever_is_known_stays() {
        let (mut now, mut guests) = (Instant::now(), Guests::new());
        let home = [192, 0, 2, 1];
        assert!(guests.admit(now, ends(home, 1), ()));
        guests.heard(now, ends(home, 1));
        for port in 2..500 {
            now += Duration::from_millis(1);
            assert!(guests.admit(now, ends(home, port), ()));
        }
        assert_eq!(guests.all.len(), 1 + STRANGERS_OF_ONE);
        assert!(!guests.is_stranger(ends(home, 1)) && guests.get(ends(home, 1)).is_some());
        assert!(guests.is_stranger(ends(home, 499)));
        assert!(guests.get(ends(home, 2)).is_none());
    }

    #[test]
    fn one_address_takes_a_part_of_the_room_and_all_together_the_whole() {
        let (now, mut guests) = (Instant::now(), Guests::new());
        let mut come = |ip: [u16; 8], port| {
            let ends = ends(ip, port);
            let admitted = guests.admit(now, ends, ());
            guests.heard(now, ends);
            admitted
        };
        let mut count = |site: u16| {
            // The second half of an address is anybody's to change.
            let of = |n: u16| come([0x2001, 0xdb8, 0, site, n, 0, 0, 1], n);
            (0..400).map(of).filter(|admitted| *admitted).count()
        };
        let admitted: Vec<usize> = (0..5).map(&mut count).collect();
        assert_eq!(
            admitted,
            [MOST_OF_ONE; 4].into_iter().chain([0]).collect::<Vec<_>>()
        );
        assert_eq!(guests.all.len(), MOST);
    }

    #[test]
    fn silence_ends_a_connection_sooner_where_nothing_was_said_yet() {
        let (start, mut guests) = (Instant::now(), Guests::new());
        let (stranger, known) = (ends([192, 0, 2, 1], 1), ends([192, 0, 2, 1], 2));
        guests.admit(start, stranger, ());
        guests.admit(start, known, ());
        guests.heard(start, known);
        guests.sweep(start + Duration::from_secs(9));
        assert!(guests.get(stranger).is_some());
        guests.sweep(start + FIRST);
        assert!(guests.get(stranger).is_none() && guests.get(known).is_some());
        guests.heard(start + Duration::from_secs(25), known);
        guests.sweep(start + Duration::from_secs(50));
        assert!(guests.get(known).is_some());
        guests.sweep(start + Duration::from_secs(55));
        assert!(guests.is_empty());
    }
}
