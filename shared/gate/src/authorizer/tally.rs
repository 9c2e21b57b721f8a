//! Counts of events that are written at most once a minute: what was not written, or could not be, is in the
//! next count.

/// The same thing is written once in this time.
const EVERY_SECONDS: i64 = 60;

/// How often, and when that was last written down.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tally {
    written_at: i64,
    unwritten: u64,
}

impl Tally {
    /// Of what has not happened yet.
    pub(super) const NEVER: Self = Self { written_at: i64::MIN, unwritten: 0 };

    /// Counts one more. How many to write down now; none if some were within the minute.
    pub(super) fn count(&mut self, now: i64) -> Option<u64> {
        self.unwritten += 1;
        if self.written_at.saturating_add(EVERY_SECONDS) > now {
            return None;
        }
        self.written_at = now;
        Some(std::mem::take(&mut self.unwritten))
    }

    /// So many could not be written down: they are due with the next one.
    pub(super) fn give_back(&mut self, count: u64) {
        self.unwritten += count;
        self.written_at = i64::MIN;
    }
}

/// A count on its way to the database. If it is dropped before it is written, whatever ends the write, it is given back.
pub(super) struct Unwritten<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Unwritten<F> {
    /// A count that is given back by this.
    pub(super) fn new(give_back: F) -> Self {
        Self(Some(give_back))
    }

    pub(super) fn written(mut self) {
        self.0 = None;
    }
}

impl<F: FnOnce()> Drop for Unwritten<F> {
    fn drop(&mut self) {
        if let Some(give_back) = self.0.take() {
            give_back();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_within_a_minute_is_in_the_next_number() {
        let mut tally = Tally::NEVER;
        assert_eq!([0, 1, 59].map(|now| tally.count(now)), [Some(1), None, None]);
        assert_eq!([60, 61].map(|now| tally.count(now)), [Some(3), None]);
    }

    #[test]
    fn a_count_that_is_dropped_before_it_is_written_is_given_back() {
        let tally = std::cell::RefCell::new(Tally::NEVER);
        let count = |now| tally.borrow_mut().count(now);
        let give_back = || tally.borrow_mut().give_back(1);
        assert_eq!(count(0), Some(1));
        drop(Unwritten::new(give_back));
        assert_eq!(count(1), Some(2));
        Unwritten::new(give_back).written();
        assert_eq!(count(2), None);
    }

    #[test]
    fn what_could_not_be_written_is_due_at_once_and_not_lost() {
        let mut tally = Tally::NEVER;
        assert_eq!(tally.count(0), Some(1));
        tally.give_back(1);
        assert_eq!([1, 2].map(|now| tally.count(now)), [Some(2), None]);
    }
}
