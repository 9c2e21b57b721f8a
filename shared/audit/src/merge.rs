//! A k-way merge of partitions of the log and its indexes, latest entry first.

use std::collections::VecDeque;

use table::{Item, text};

/// A partition whose entries are sorted by id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Partition {
    /// The partition of a team in the table: all entries, in full.
    Log(String),
    /// A partition of an index: its name and key attribute, and the key.
    Index((&'static str, &'static str), String),
}

/// The position in one partition.
pub(super) struct Cursor {
    pub(super) partition: Partition,
    /// The start key of the next read.
    pub(super) next: Option<Item>,
    /// The size of the next read.
    pub(super) batch: usize,
    /// The entries that were read and not taken yet.
    buffer: VecDeque<Item>,
    /// All entries that are not read yet have ids below this one; none before the first read.
    low_watermark: Option<String>,
    is_at_end: bool,
}

/// The next step of a merge.
#[derive(Debug, PartialEq)]
pub(super) enum MergeStep {
    /// This is the latest entry of all.
    Take(Item),
    /// The partition of this cursor must be read first: it may hold a later entry.
    Read(usize),
    /// No entry is left.
    End,
}

/// The cursors of all partitions.
pub(super) struct Merge(pub(super) Vec<Cursor>);

impl Merge {
    pub(super) fn new(partitions: Vec<Partition>, batch: usize) -> Self {
        let cursor = |partition| Cursor {
            partition,
            next: None,
            batch,
            buffer: VecDeque::new(),
            low_watermark: None,
            is_at_end: false,
        };
        Self(partitions.into_iter().map(cursor).collect())
    }

    /// Takes the latest buffered entry, unless a partition with an empty buffer may hold a later one.
    pub(super) fn step(&mut self) -> MergeStep {
        let unread = self.unread();
        let latest = (0..self.0.len()).filter(|cursor| !self.0[*cursor].buffer.is_empty());
        let latest = latest.max_by(|one, other| self.0[*one].head().cmp(&self.0[*other].head()));
        let is_later = |latest: usize, unread: usize| {
            let low_watermark = self.0[unread].low_watermark.as_deref();
            low_watermark.is_some_and(|low_watermark| Some(low_watermark) <= self.0[latest].head())
        };
        match (latest, unread) {
            (None, None) => MergeStep::End,
            (Some(latest), None) => self.take(latest),
            (Some(latest), Some(unread)) if is_later(latest, unread) => self.take(latest),
            (_, Some(unread)) => MergeStep::Read(unread),
        }
    }

    /// When no entry can be taken without reading: all entries with ids at or above this one were taken. `None`
    /// at the end.
    pub(super) fn low_watermark(&self) -> Option<&str> {
        self.0[self.unread()?].low_watermark.as_deref()
    }

    pub(super) fn is_over(&self) -> bool {
        self.0.iter().all(|cursor| cursor.buffer.is_empty() && cursor.is_at_end)
    }

    fn take(&mut self, cursor: usize) -> MergeStep {
        self.0[cursor].buffer.pop_front().map_or(MergeStep::End, MergeStep::Take)
    }

    /// Of the cursors with an empty buffer that are not at the end, the one that may have the latest entry.
    fn unread(&self) -> Option<usize> {
        let is_unread = |cursor: &usize| self.0[*cursor].buffer.is_empty() && !self.0[*cursor].is_at_end;
        let unread = (0..self.0.len()).filter(is_unread);
        unread.max_by(|one, other| self.0[*one].bound().cmp(&self.0[*other].bound()))
    }
}

impl Cursor {
    /// Adds entries that were read, and the start key of the next read if there may be more.
    pub(super) fn extend(&mut self, items: impl Iterator<Item = Item>, next: Option<Item>) {
        self.buffer.extend(items);
        self.is_at_end = next.is_none();
        self.low_watermark = next.as_ref().and_then(|next| text(next, "sk")).map(str::to_owned);
        self.next = next;
    }

    fn head(&self) -> Option<&str> {
        self.buffer.front().and_then(|item| text(item, "sk"))
    }

    /// Sorts as the latest entry that may still come; before the first read that may be any.
    fn bound(&self) -> (bool, Option<&str>) {
        (self.low_watermark.is_none(), self.low_watermark.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use table::AttributeValue;

    fn item(sk: &str) -> Item {
        [("sk".to_owned(), AttributeValue::S(sk.to_owned()))].into()
    }

    /// A merge of partitions of which these ids were read, some with more to come below an id.
    fn merge(read: &[(&[&str], Option<&str>)]) -> Merge {
        let mut merge = Merge::new(vec![Partition::Log(String::new()); read.len()], 1);
        for (cursor, (ids, low_watermark)) in merge.0.iter_mut().zip(read) {
            cursor.extend(ids.iter().map(|id| item(id)), low_watermark.map(item));
        }
        merge
    }

    /// The entries that can be taken without reading, and where that ends.
    fn taken(mut merge: Merge) -> (String, Option<String>) {
        let mut taken = String::new();
        while let MergeStep::Take(item) = merge.step() {
            taken += text(&item, "sk").unwrap();
        }
        let low_watermark = merge.low_watermark().map(str::to_owned);
        assert_eq!(merge.is_over(), low_watermark.is_none());
        (taken, low_watermark)
    }

    #[test]
    fn several_partitions_are_merged_latest_first() {
        assert_eq!(
            taken(merge(&[(&["9", "4"], None), (&["7", "5", "1"], None)])),
            ("97541".to_owned(), None)
        );
        assert_eq!(taken(merge(&[(&[], None)])), (String::new(), None));
        assert_eq!(taken(merge(&[])), (String::new(), None));
    }

    #[test]
    fn no_entry_is_taken_before_one_that_a_partition_may_still_hold() {
        let stopped = |taken: &str, low_watermark: &str| (taken.to_owned(), Some(low_watermark.to_owned()));
        assert_eq!(taken(merge(&[(&["9", "4"], None), (&["7"], Some("6"))])), stopped("97", "6"));
        assert_eq!(taken(merge(&[(&[], Some("5")), (&["8", "5", "3"], None)])), stopped("85", "5"));
        let three = merge(&[(&["9"], Some("9")), (&["8"], Some("3")), (&[], Some("5"))]);
        assert_eq!(taken(three), stopped("9", "9"));
    }

    #[test]
    fn the_partition_that_may_have_the_latest_entry_is_read_first() {
        let mut unread = Merge::new(vec![Partition::Log(String::new()); 2], 1);
        assert!(matches!(unread.step(), MergeStep::Read(_)));
        unread.0[1].extend(std::iter::empty(), Some(item("7")));
        assert_eq!(unread.step(), MergeStep::Read(0));
        unread.0[0].extend([item("8")].into_iter(), Some(item("2")));
        assert_eq!(unread.step(), MergeStep::Take(item("8")));
        assert_eq!(unread.step(), MergeStep::Read(1));
    }
}
