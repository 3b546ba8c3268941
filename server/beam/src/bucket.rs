//! How much one browser may send. Pure.

use std::time::Instant;

/// Eight million bits a second are a camera and a screen in full size, and some.
const BYTES_A_SECOND: f64 = 1_000_000.0;
const BURST: f64 = 2_000_000.0;
/// Small packets cost as well: this much beside their bytes.
const EACH: f64 = 200.0;

#[derive(Debug)]
pub(crate) struct Bucket {
    left: f64,
    at: Instant,
}

impl Bucket {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            left: BURST,
            at: now,
        }
    }

    pub(crate) fn take(&mut self, now: Instant, bytes: usize) -> bool {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = (self.left + passed * BYTES_A_SECOND).min(BURST);
        self.at = now;
        let cost = bytes as f64 + EACH;
        let fits = self.left >= cost;
        if fits {
            self.left -= cost;
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn fifty_million_bits_a_second_become_eight() {
        let start = Instant::now();
        let mut bucket = Bucket::new(start);
        let mut passed = 0;
        for packet in 0..10 * 5_208 {
            let now = start + Duration::from_micros(packet * 192);
            passed += u64::from(bucket.take(now, 1_200)) * 1_200 * 8;
        }
        let a_second = passed / 10;
        assert!((7_000_000..9_000_000).contains(&a_second), "{a_second}");
    }
}
