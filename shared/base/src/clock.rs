//! The clock that all decisions about time ask, so that a test can set it.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicI64, Ordering},
};

use crate::timestamp::Timestamp;

/// The system's clock, moved forward by as much as a test asked for, and running unless a test has stopped it.
#[derive(Clone, Default)]
pub struct Clock {
    ahead_seconds: Arc<AtomicI64>,
    stopped_at: Arc<OnceLock<Timestamp>>,
}

impl Clock {
    /// The moment now.
    pub fn now(&self) -> Timestamp {
        let now = self.stopped_at.get().copied().unwrap_or_else(Timestamp::now);
        now.plus_seconds(self.ahead_seconds.load(Ordering::Relaxed))
    }

    /// Moves the clock, for all who hold it.
    pub fn advance(&self, seconds: i64) {
        self.ahead_seconds.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Stops the clock, for all who hold it: from now on it is only moved. Then no window ends while a test is about to count
    /// what is in it, however slow the machine is.
    pub fn stop(&self) {
        self.stopped_at.get_or_init(Timestamp::now);
    }
}
