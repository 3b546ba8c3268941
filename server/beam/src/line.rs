//! What the way to a browser carries. Pure.

/// In bits a second.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    /// Over the last seconds…
    steady: u64,
    /// …and at present.
    now: u64,
}

impl Line {
    pub(crate) fn new(begin: u64) -> Self {
        Self {
            steady: begin,
            now: begin,
        }
    }

    pub(crate) fn steady(&mut self, bits: u64) {
        self.steady = bits;
    }

    pub(crate) fn now(&mut self, bits: Option<u64>) {
        self.now = bits.unwrap_or(self.now);
    }

    /// A line that turns out to carry more does so at once. Less is believed when it lasts: pictures that come and go
    /// are worse than some that are late.
    pub(crate) fn carries(&self) -> u64 {
        self.steady.max(self.now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_is_believed_at_once_and_less_when_it_lasts() {
        let mut line = Line::new(1_500);
        line.now(None);
        assert_eq!(line.carries(), 1_500);
        line.now(Some(9_000));
        assert_eq!(line.carries(), 9_000);
        line.steady(5_000);
        assert_eq!(line.carries(), 9_000);
        line.now(Some(2_000));
        assert_eq!(line.carries(), 5_000);
        line.steady(2_000);
        assert_eq!(line.carries(), 2_000);
    }
}
