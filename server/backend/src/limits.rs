//! How much of what in which time, per person, address and domain. Each node counts for itself, in memory.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use domain::{Bucket, Rate, Refusal, Timestamp};

const MINUTE: u32 = 60;
const HOUR: u32 = 60 * MINUTE;
const DAY: u32 = 24 * HOUR;

/// What is counted, and for whom.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Counted {
    /// Invitations by one inviter.
    Inviting(uuid::Uuid),
    /// Invitations to one address, by whomever.
    InvitedAddress(String),
    InvitedDomain(String),
    /// Sign-in mails to one address.
    SignInAddress(String),
    /// Sign-in mails asked for from one network address.
    SignInPeer(String),
    /// Codes tried for one address, from wherever.
    CodeAddress(String),
    /// Codes tried from one network address.
    CodePeer(String),
    TestMail(uuid::Uuid),
    Posting(uuid::Uuid),
    Uploading(uuid::Uuid),
    /// Joining a call.
    Joining(uuid::Uuid),
    /// Joining a test of calls.
    Testing(uuid::Uuid),
    /// What one says of oneself in a call.
    Signalling(uuid::Uuid),
}

impl Counted {
    fn rate(&self, posting: Rate, uploading: Rate) -> Rate {
        match self {
            Self::Inviting(_) => Rate::new(100, 200, DAY),
            Self::InvitedAddress(_) => Rate::new(3, 3, DAY),
            Self::InvitedDomain(_) => Rate::new(200, 200, HOUR),
            Self::SignInAddress(_) => Rate::new(5, 5, 15 * MINUTE),
            Self::SignInPeer(_) | Self::CodePeer(_) => Rate::new(20, 20, 15 * MINUTE),
            // Five mails with five tries each in a quarter of an hour would be too many, if it went on for days.
            Self::CodeAddress(_) | Self::TestMail(_) => Rate::new(10, 10, HOUR),
            Self::Joining(_) | Self::Testing(_) => Rate::new(30, 30, MINUTE),
            Self::Signalling(_) => Rate::new(200, 600, MINUTE),
            Self::Posting(_) => posting,
            Self::Uploading(_) => uploading,
        }
    }
}

/// What one machine, or one household, cannot change at will: an IPv6 address's first half (RFC 6177).
pub(crate) fn network(peer: &str) -> String {
    match peer.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Ok(IpAddr::V4(address)) => address.to_string(),
        Err(_) => peer.to_owned(),
    }
}

/// Buckets that are not full. Past this many the ones that are nearest to full are forgotten.
const KEPT: usize = 50_000;

pub(crate) struct Limits {
    posting: Rate,
    uploading: Rate,
    buckets: Mutex<HashMap<Counted, Bucket>>,
}

impl Limits {
    pub(crate) fn new(posting: Rate, uploading: Rate) -> Self {
        Self {
            posting,
            uploading,
            buckets: Mutex::default(),
        }
    }

    pub(crate) fn take(&self, counted: Counted, now: Timestamp) -> Result<(), Refusal> {
        self.take_all(&[(counted, 1)], now)
    }

    /// All of them or, if one is past its limit, none. No key may be in the list twice.
    pub(crate) fn take_all(
        &self,
        wanted: &[(Counted, u32)],
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = wanted.iter().map(|(counted, count)| {
            let bucket = buckets.get(counted).copied().unwrap_or_default();
            bucket.take(counted.rate(self.posting, self.uploading), *count, now)
        });
        let taken: Result<Vec<Bucket>, u32> = taken.collect();
        let taken = taken.map_err(|seconds| Refusal::TooMany { seconds })?;
        for ((counted, _), bucket) in wanted.iter().zip(taken) {
            if !bucket.is_full(now) {
                buckets.insert(counted.clone(), bucket);
            }
        }
        if buckets.len() > KEPT {
            forget_some(&mut buckets, now);
        }
        Ok(())
    }
}

fn forget_some(buckets: &mut HashMap<Counted, Bucket>, now: Timestamp) {
    buckets.retain(|_, bucket| !bucket.is_full(now));
    if buckets.len() > KEPT / 2 {
        let mut moments: Vec<i64> = buckets.values().map(|bucket| bucket.full_at()).collect();
        let middle = moments.len() / 2;
        let (_, median, _) = moments.select_nth_unstable(middle);
        let median = *median;
        buckets.retain(|_, bucket| bucket.full_at() > median);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    #[test]
    fn one_limit_refuses_the_whole_and_takes_nothing_from_the_others() {
        let limits = Limits::new(Rate::UNLIMITED, Rate::UNLIMITED);
        let address = || Counted::InvitedAddress("mila@stoa.example".into());
        let admin = Counted::Inviting(uuid::Uuid::nil());
        for _ in 0..3 {
            limits.take(address(), NOW).unwrap();
        }
        let refused = limits.take_all(&[(admin.clone(), 100), (address(), 1)], NOW);
        assert_eq!(refused, Err(Refusal::TooMany { seconds: DAY / 3 }));
        limits.take_all(&[(admin, 100)], NOW).unwrap();
    }

    #[test]
    fn a_house_full_of_addresses_is_one_peer() {
        assert_eq!(network("2001:db8:0:1::5"), network("2001:db8:0:1:ffff::9"));
        assert_ne!(network("2001:db8:0:1::5"), network("2001:db8:0:2::5"));
        assert_eq!(network("::ffff:192.0.2.1"), "192.0.2.1");
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        assert_eq!(network("somewhere"), "somewhere");
    }

    #[test]
    fn a_flood_of_addresses_does_not_fill_the_memory_nor_free_the_busiest() {
        let limits = Limits::new(Rate::UNLIMITED, Rate::UNLIMITED);
        let busiest = || Counted::SignInPeer("192.0.2.1".into());
        limits.take_all(&[(busiest(), 20)], NOW).unwrap();
        for peer in 0..KEPT * 2 {
            limits
                .take(Counted::SignInPeer(peer.to_string()), NOW)
                .unwrap();
        }
        assert!(limits.buckets.lock().unwrap().len() <= KEPT);
        assert!(limits.take(busiest(), NOW).is_err());
    }
}
