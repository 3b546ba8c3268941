//! How fast one client may publish: a token bucket that is given the time.

use std::time::Duration;

use tokio::time::Instant;

pub(crate) struct Bucket {
    tokens: f32,
    filled: Instant,
}

impl Bucket {
    pub(crate) fn full(burst: u16, now: Instant) -> Self {
        Self {
            tokens: burst.into(),
            filled: now,
        }
    }

    /// Takes one token if there is one.
    pub(crate) fn take(&mut self, burst: u16, per_second: u16, now: Instant) -> bool {
        let since: Duration = now.saturating_duration_since(self.filled);
        self.filled = now;
        let filled = self.tokens + since.as_secs_f32() * f32::from(per_second);
        self.tokens = filled.min(burst.into());
        let enough = self.tokens >= 1.0;
        if enough {
            self.tokens -= 1.0;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let start = Instant::now();
        let mut bucket = Bucket::full(3, start);
        let at = |millis| start + Duration::from_millis(millis);
        let taken: Vec<_> = [0, 0, 0, 0, 499, 500, 501, 10_000, 10_000, 10_000, 10_000]
            .map(|millis| bucket.take(3, 2, at(millis)))
            .into();
        assert_eq!(
            taken,
            [
                true, true, true, false, false, true, false, true, true, true, false
            ]
        );
    }
}
