//! Several places in which entries lie, told as one: the latest first.

use std::collections::VecDeque;

use crate::table::{Item, text};

/// Entries that lie together, in the order of their ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// All of a team, whole.
    Log(String),
    /// Those of an index, by its name, its attribute and the value of that.
    Index((&'static str, &'static str), String),
}

/// How far it is in one place.
pub(super) struct Lane {
    pub(super) place: Place,
    /// Where to go on reading.
    pub(super) next: Option<Item>,
    /// How many to read.
    pub(super) batch: usize,
    /// What was read and not taken.
    ahead: VecDeque<Item>,
    /// All that may come is earlier than this.
    reached: Option<String>,
    is_at_end: bool,
}

/// What is to be done next.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    /// This is the latest of all.
    Take(Item),
    /// It depends on what is in this lane.
    Read(usize),
    /// Nothing is left.
    End,
}

/// All of them.
pub(super) struct Lanes(pub(super) Vec<Lane>);

impl Lanes {
    pub(super) fn new(places: Vec<Place>, batch: usize) -> Self {
        let lane = |place| Lane {
            place,
            next: None,
            batch,
            ahead: VecDeque::new(),
            reached: None,
            is_at_end: false,
        };
        Self(places.into_iter().map(lane).collect())
    }

    /// The latest of all that is at hand, unless a lane of which nothing is at hand may hold something later.
    pub(super) fn step(&mut self) -> Step {
        let unread = self.unread();
        let latest = (0..self.0.len()).filter(|lane| !self.0[*lane].ahead.is_empty());
        let latest = latest.max_by(|one, other| self.0[*one].head().cmp(&self.0[*other].head()));
        let is_later = |latest: usize, unread: usize| {
            let reached = self.0[unread].reached.as_deref();
            reached.is_some_and(|reached| Some(reached) <= self.0[latest].head())
        };
        match (latest, unread) {
            (None, None) => Step::End,
            (Some(latest), None) => self.take(latest),
            (Some(latest), Some(unread)) if is_later(latest, unread) => self.take(latest),
            (_, Some(unread)) => Step::Read(unread),
        }
    }

    /// All above this was taken, when nothing more can be; `None` at the end.
    pub(super) fn reached(&self) -> Option<&str> {
        self.0[self.unread()?].reached.as_deref()
    }

    pub(super) fn is_over(&self) -> bool {
        self.0.iter().all(|lane| lane.ahead.is_empty() && lane.is_at_end)
    }

    fn take(&mut self, lane: usize) -> Step {
        self.0[lane].ahead.pop_front().map_or(Step::End, Step::Take)
    }

    /// Of the lanes of which nothing is at hand and more may come, the one in which the latest may come.
    fn unread(&self) -> Option<usize> {
        let is_unread = |lane: &usize| self.0[*lane].ahead.is_empty() && !self.0[*lane].is_at_end;
        let unread = (0..self.0.len()).filter(is_unread);
        unread.max_by(|one, other| self.0[*one].bound().cmp(&self.0[*other].bound()))
    }
}

impl Lane {
    /// Adds what was read, and where to go on if there may be more.
    pub(super) fn extend(&mut self, items: impl Iterator<Item = Item>, next: Option<Item>) {
        self.ahead.extend(items);
        self.is_at_end = next.is_none();
        self.reached = next.as_ref().and_then(|next| text(next, "sk")).map(str::to_owned);
        self.next = next;
    }

    fn head(&self) -> Option<&str> {
        self.ahead.front().and_then(|item| text(item, "sk"))
    }

    /// What sorts as what may come of it; before anything was read that is everything.
    fn bound(&self) -> (bool, Option<&str>) {
        (self.reached.is_none(), self.reached.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::AttributeValue;

    fn item(sk: &str) -> Item {
        [("sk".to_owned(), AttributeValue::S(sk.to_owned()))].into()
    }

    /// Lanes of which these places were read, some with more to come below a point.
    fn lanes(read: &[(&[&str], Option<&str>)]) -> Lanes {
        let mut lanes = Lanes::new(vec![Place::Log(String::new()); read.len()], 1);
        for (lane, (places, reached)) in lanes.0.iter_mut().zip(read) {
            lane.extend(places.iter().map(|place| item(place)), reached.map(item));
        }
        lanes
    }

    /// What can be taken without reading on, and where that ends.
    fn taken(mut lanes: Lanes) -> (String, Option<String>) {
        let mut taken = String::new();
        while let Step::Take(place) = lanes.step() {
            taken += text(&place, "sk").unwrap();
        }
        let reached = lanes.reached().map(str::to_owned);
        assert_eq!(lanes.is_over(), reached.is_none());
        (taken, reached)
    }

    #[test]
    fn several_lanes_are_told_as_one() {
        assert_eq!(
            taken(lanes(&[(&["9", "4"], None), (&["7", "5", "1"], None)])),
            ("97541".to_owned(), None)
        );
        assert_eq!(taken(lanes(&[(&[], None)])), (String::new(), None));
        assert_eq!(taken(lanes(&[])), (String::new(), None));
    }

    #[test]
    fn nothing_is_told_before_what_a_lane_may_still_hold() {
        let stopped = |taken: &str, reached: &str| (taken.to_owned(), Some(reached.to_owned()));
        assert_eq!(taken(lanes(&[(&["9", "4"], None), (&["7"], Some("6"))])), stopped("97", "6"));
        assert_eq!(taken(lanes(&[(&[], Some("5")), (&["8", "5", "3"], None)])), stopped("85", "5"));
        let three = lanes(&[(&["9"], Some("9")), (&["8"], Some("3")), (&[], Some("5"))]);
        assert_eq!(taken(three), stopped("9", "9"));
    }

    #[test]
    fn the_lane_in_which_the_latest_may_be_is_read_first() {
        let mut unread = Lanes::new(vec![Place::Log(String::new()); 2], 1);
        assert!(matches!(unread.step(), Step::Read(_)));
        unread.0[1].extend(std::iter::empty(), Some(item("7")));
        assert_eq!(unread.step(), Step::Read(0));
        unread.0[0].extend([item("8")].into_iter(), Some(item("2")));
        assert_eq!(unread.step(), Step::Take(item("8")));
        assert_eq!(unread.step(), Step::Read(1));
    }
}
