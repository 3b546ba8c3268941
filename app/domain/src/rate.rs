//! How much of something in which time: a token bucket, kept as the one moment at which it will be full again.

use crate::Timestamp;

/// Up to `burst` at once; `count` come back in `seconds`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub burst: u32,
    pub count: u32,
    pub seconds: u32,
}

impl Rate {
    /// Everything is allowed.
    pub const UNLIMITED: Self = Self::new(0, 0, 0);

    pub const fn new(burst: u32, count: u32, seconds: u32) -> Self {
        Self {
            burst,
            count,
            seconds,
        }
    }

    pub fn is_unlimited(self) -> bool {
        self.burst == 0 || self.count == 0
    }

    /// Microseconds in which one comes back.
    fn each(self) -> i64 {
        (i64::from(self.seconds) * 1_000_000 / i64::from(self.count.max(1))).max(1)
    }
}

/// What is left of a [`Rate`] for one person, address or machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bucket {
    /// When everything will have come back, in microseconds.
    full: i64,
}

impl Bucket {
    /// The bucket after `count` were taken, or the seconds until so many can be.
    pub fn take(self, rate: Rate, count: u32, now: Timestamp) -> Result<Self, u32> {
        if rate.is_unlimited() {
            return Ok(self);
        }
        let now = now.millis().saturating_mul(1000);
        let full = self.full.max(now) + rate.each() * i64::from(count);
        let over = full - now - rate.each() * i64::from(rate.burst);
        if over > 0 {
            let seconds = over.div_euclid(1_000_000) + i64::from(over % 1_000_000 != 0);
            return Err(u32::try_from(seconds).unwrap_or(u32::MAX));
        }
        Ok(Self { full })
    }

    /// Nothing is missing: such a bucket need not be remembered.
    pub fn is_full(self, now: Timestamp) -> bool {
        self.full <= now.millis().saturating_mul(1000)
    }

    /// The moment, for putting buckets in order: the later, the emptier.
    pub fn full_at(self) -> i64 {
        self.full
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    #[test]
    fn a_burst_is_allowed_and_then_one_at_a_time() {
        let rate = Rate::new(3, 1, 10);
        let mut bucket = Bucket::default();
        for _ in 0..3 {
            bucket = bucket.take(rate, 1, NOW).unwrap();
        }
        assert_eq!(bucket.take(rate, 1, NOW), Err(10));
        assert_eq!(bucket.take(rate, 1, NOW.plus_secs(9)), Err(1));
        let bucket = bucket.take(rate, 1, NOW.plus_secs(10)).unwrap();
        assert_eq!(bucket.take(rate, 1, NOW.plus_secs(10)), Err(10));
    }

    #[test]
    fn several_at_once_are_taken_together_or_not_at_all() {
        let rate = Rate::new(5, 5, 60);
        let bucket = Bucket::default().take(rate, 4, NOW).unwrap();
        assert_eq!(bucket.take(rate, 2, NOW), Err(12));
        assert!(bucket.take(rate, 1, NOW).is_ok());
    }

    #[test]
    fn what_was_saved_up_is_never_more_than_the_burst() {
        let rate = Rate::new(2, 100, 1);
        let bucket = Bucket::default().take(rate, 2, NOW).unwrap();
        let later = NOW.plus_secs(3600);
        assert!(bucket.is_full(later) && !bucket.is_full(NOW));
        assert_eq!(bucket.take(rate, 3, later), Err(1));
    }

    #[test]
    fn nothing_is_refused_without_a_limit() {
        assert!(
            Bucket::default()
                .take(Rate::UNLIMITED, u32::MAX, NOW)
                .is_ok()
        );
    }
}
