//! The clock that all decisions about time ask, so that a test can set it.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use crate::timestamp::Timestamp;

/// The system's clock, moved forward by as much as a test asked for.
#[derive(Clone, Default)]
pub struct Clock {
    ahead_seconds: Arc<AtomicI64>,
}

impl Clock {
    /// The moment now.
    pub fn now(&self) -> Timestamp {
        Timestamp::now().plus_seconds(self.ahead_seconds.load(Ordering::Relaxed))
    }

    /// Moves the clock, for all who hold it.
    pub fn advance(&self, seconds: i64) {
        self.ahead_seconds.fetch_add(seconds, Ordering::Relaxed);
    }
}
