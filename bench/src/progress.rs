//! How far something long is, and whose turn it is.

use std::time::{Duration, Instant};

use crate::report::progress;

/// How often it is told how far it is.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// How far something long is, told now and then.
pub(crate) struct Progress {
    what: String,
    all: usize,
    started: Instant,
    told: Instant,
}

impl Progress {
    /// Of something that begins now.
    pub(crate) fn new(what: impl Into<String>, all: usize) -> Self {
        let now = Instant::now();
        Self { what: what.into(), all, started: now, told: now }
    }

    /// Tells it, if it is time again.
    #[expect(clippy::cast_precision_loss, reason = "counts of objects are far below 2^52")]
    pub(crate) fn tell(&mut self, done: usize) {
        if self.told.elapsed() < TELL_EVERY || done == 0 {
            return;
        }
        self.told = Instant::now();
        let (seconds, part) = (self.started.elapsed().as_secs_f64(), done as f64 / self.all as f64);
        let left = seconds / part - seconds;
        let (what, all, speed) = (&self.what, self.all, done as f64 / seconds);
        progress(&format!("{what}: {done} of {all}, {speed:.0} a second, about {left:.0} s left"));
    }
}

/// Each kind of request in each size, once, beginning with another size each time.
pub(crate) fn turn(call: usize, shapes: usize, sizes: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..shapes).flat_map(move |shape| (0..sizes).map(move |step| (shape, (call + shape + step) % sizes)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_kind_has_its_turn_in_each_size_and_each_size_begins_as_often() {
        let calls: Vec<Vec<_>> = (0..6).map(|call| turn(call, 4, 3).collect()).collect();
        for call in &calls {
            let different: BTreeSet<_> = call.iter().collect();
            assert_eq!((call.len(), different.len()), (12, 12));
        }
        for size in 0..3 {
            assert_eq!(calls.iter().filter(|call| call[0].1 == size).count(), 2);
        }
    }
}
