//! The time, behind a handle that tests hold.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use domain::Timestamp;

#[derive(Clone)]
pub enum Clock {
    System,
    /// Stands still until a test moves it.
    Held(Arc<AtomicI64>),
}

impl Clock {
    pub fn held(at: Timestamp) -> Self {
        Self::Held(Arc::new(AtomicI64::new(at.0)))
    }

    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "this is the one place that reads the clock"
                )]
                let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
                Timestamp(since.map_or(0, |since| {
                    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
                }))
            }
            Self::Held(at) => Timestamp(at.load(Ordering::SeqCst)),
        }
    }

    /// Moves a held clock; a real one cannot be moved.
    pub fn advance(&self, seconds: i64) {
        if let Self::Held(at) = self {
            at.fetch_add(seconds * 1000, Ordering::SeqCst);
        }
    }
}
