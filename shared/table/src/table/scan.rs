//! The budget of a scan that answers one request.

use super::Batch;

/// What one answer may take: entries, round trips, and pages that DynamoDB truncated at 1 MB. Each of the three keeps an
/// answer well below the 29 seconds that API Gateway waits.
const READ_MAX: usize = 10_000;
const ROUND_TRIPS_MAX: usize = 100;
const TRUNCATED_PAGES_MAX: usize = 25;
/// The factor by which batches grow, each time that the one before did not suffice.
const BATCH_GROWTH: usize = 4;

/// What a scan has taken so far.
#[derive(Default)]
pub struct ScanBudget {
    read: usize,
    round_trips: usize,
    truncated_pages: usize,
}

impl ScanBudget {
    /// Whether anything is left.
    pub fn is_left(&self) -> bool {
        self.read < READ_MAX
            && self.round_trips < ROUND_TRIPS_MAX
            && self.truncated_pages < TRUNCATED_PAGES_MAX
    }

    /// How many entries the next batch reads, which grows behind it.
    pub fn limit(&self, batch: &mut usize) -> usize {
        let limit = (*batch).min(READ_MAX - self.read.min(READ_MAX));
        *batch = batch.saturating_mul(BATCH_GROWTH);
        limit
    }

    /// Takes what a batch of that limit has taken.
    pub fn spend(&mut self, found: &Batch, limit: usize) {
        self.spend_round_trip();
        self.read += found.read;
        self.truncated_pages += usize::from(found.next.is_some() && found.read < limit);
    }

    /// Takes a round trip that reads items by their keys.
    pub fn spend_round_trip(&mut self) {
        self.round_trips += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(read: usize, is_more: bool) -> Batch {
        Batch { items: vec![], next: is_more.then(Default::default), read }
    }

    #[test]
    fn batches_grow_up_to_what_is_left() {
        let (mut budget, mut size) = (ScanBudget::default(), 50);
        let mut limits = Vec::new();
        while budget.is_left() {
            let limit = budget.limit(&mut size);
            budget.spend(&batch(limit, true), limit);
            limits.push(limit);
        }
        assert_eq!(limits, [50, 200, 800, 3_200, 5_750]);
    }

    #[test]
    fn round_trips_and_truncated_pages_are_limited_as_well() {
        let mut budget = ScanBudget::default();
        (0..ROUND_TRIPS_MAX).for_each(|_| budget.spend_round_trip());
        assert!(!budget.is_left());
        let mut budget = ScanBudget::default();
        (1..TRUNCATED_PAGES_MAX).for_each(|_| budget.spend(&batch(1, true), 2));
        // The last page is not truncated, however short it is.
        budget.spend(&batch(1, false), 2);
        assert!(budget.is_left());
        budget.spend(&batch(1, true), 2);
        assert!(!budget.is_left());
    }
}
