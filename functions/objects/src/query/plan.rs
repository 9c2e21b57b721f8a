//! Plans: where the entries of an answer lie, in which ranges, and in what order these are walked.

use std::borrow::Cow;

use shared::{
    Timestamp,
    id::ObjectId,
    object_type::{NO_VALUE, slot_name},
    table::Query,
};

use super::{
    filter::{Condition, Filter, On, Test},
    range::{Range, intersect},
    search::{Search, Sort},
};
use crate::object::first_in_trash;

/// Where the texts of slots with a value begin: behind [`NO_VALUE`], and before all that a key may begin with.
const VALUES: &str = "\u{2}";

/// How the objects of an answer are found.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) place: Place,
    pub(super) ranges: Vec<Range>,
    pub(super) descending: bool,
}

/// Where entries lie together in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The table itself, by id.
    Table,
    /// The index of a searchable field, by value and id.
    Slot(usize),
    /// The index by time of change.
    Updated,
    /// The index of the trash, by the time of being thrown away. It has keys only.
    Trash,
}

impl Plan {
    /// How to answer a search at that moment: along its order if it has one, else along what narrows it most.
    pub(super) fn of_search(search: &Search, now: Timestamp) -> Self {
        if search.trashed {
            let first = first_in_trash(now).to_string();
            return Self {
                place: Place::Trash,
                ranges: vec![Range::new(Some(&first), None)],
                descending: false,
            };
        }
        let conditions = conjuncts(search.filter.as_ref());
        let on = match &search.sort {
            // Of objects with one value, the index is in the order of their ids, which is that of creation.
            Some(Sort { by: On::CreatedAt, .. }) => pinned(&conditions),
            Some(sort) => Some(&sort.by),
            None => narrowest(&conditions),
        };
        let descending = search.sort.as_ref().is_some_and(|sort| sort.descending);
        Self::along(on.unwrap_or(&On::CreatedAt), &conditions, descending)
    }

    /// How to visit all that a filter means, and of these only what has a value in `field`, out of indexes alone.
    pub(super) fn of_stats(filter: Option<&Filter>, field: Option<&On>) -> Self {
        let conditions = conjuncts(filter);
        if filter.is_some_and(Filter::asks_for_changes) {
            return Self::along(&On::UpdatedAt, &conditions, false);
        }
        let on = narrowest(&conditions).or(field).unwrap_or(&On::UpdatedAt);
        let has_value = field.map(|on| Condition { on: on.clone(), test: Test::Empty(false) });
        Self::along(on, &conditions.into_iter().chain(&has_value).collect::<Vec<_>>(), false)
    }

    fn along(on: &On, conditions: &[&Condition], descending: bool) -> Self {
        let place = match on {
            On::Field(_, slot) => Place::Slot(*slot),
            On::CreatedAt => Place::Table,
            On::UpdatedAt => Place::Updated,
        };
        let bounds = conditions.iter().filter(|condition| condition.on == *on);
        let mut ranges = bounds.fold(place.all(), |ranges, condition| {
            intersect(&ranges, &place.bounds(&condition.test).unwrap_or_else(|| place.all()))
        });
        if descending {
            ranges.reverse();
        }
        // Objects without a value come last, whichever way the others are sorted.
        ranges.sort_by_key(|range| *range == no_value());
        Self { place, ranges, descending }
    }
}

fn conjuncts(filter: Option<&Filter>) -> Vec<&Condition> {
    filter.map(Filter::conjuncts).unwrap_or_default()
}

/// The field that has one value, or none, in all objects of the answer.
fn pinned<'a>(conditions: &[&'a Condition]) -> Option<&'a On> {
    let is_field = |on: &On| matches!(on, On::Field(..));
    let has = |test: fn(&Test) -> bool| {
        conditions.iter().find(|condition| is_field(&condition.on) && test(&condition.test))
    };
    let found = has(|test| matches!(test, Test::In(keys) if keys.len() == 1))
        .or_else(|| has(|test| *test == Test::Empty(true)));
    found.map(|condition| &condition.on)
}

/// What narrows the answer most: one value, then several, then the first range.
fn narrowest<'a>(conditions: &[&'a Condition]) -> Option<&'a On> {
    let first = |test: fn(&Test) -> bool| conditions.iter().find(|condition| test(&condition.test));
    let listed = || first(|test| matches!(test, Test::In(_)));
    let bounded = || first(|test| !matches!(test, Test::Contains(_) | Test::Empty(_)));
    pinned(conditions).or_else(|| listed().or_else(bounded).map(|condition| &condition.on))
}

/// Where the objects without a value lie in the index of a field.
fn no_value() -> Range {
    Range::new(Some(NO_VALUE), Some(&behind_key("")))
}

/// A text that sorts behind those in the slots of objects with this key, and before those of any greater one.
fn behind_key(key: &str) -> String {
    format!("{key}{NO_VALUE}~")
}

impl Place {
    /// The query for the entries of a partition.
    pub(super) fn query(self, partition: &str) -> Query {
        match self {
            Place::Table => Query::partition(partition),
            Place::Slot(slot) => Query::index(slot_name(slot), self.partition_attribute(), partition),
            Place::Updated => Query::index("updated", self.partition_attribute(), partition),
            Place::Trash => Query::index("trash", self.partition_attribute(), partition),
        }
    }

    /// The attribute by which entries lie together.
    pub(super) fn partition_attribute(self) -> &'static str {
        match self {
            Place::Table => "pk",
            Place::Slot(_) | Place::Updated => "ix",
            Place::Trash => "tx",
        }
    }

    /// The attribute that they are sorted by.
    pub(super) fn sort_attribute(self) -> Cow<'static, str> {
        match self {
            Place::Table => "sk".into(),
            Place::Slot(slot) => slot_name(slot).into(),
            Place::Updated => "updated_at".into(),
            Place::Trash => "trashed_at".into(),
        }
    }

    fn all(self) -> Vec<Range> {
        match self {
            Place::Slot(_) => vec![no_value(), Range::new(Some(VALUES), None)],
            Place::Table | Place::Updated | Place::Trash => vec![Range::default()],
        }
    }

    /// The ranges in which a test may hold; it is made on each entry again. `None` is anywhere.
    fn bounds(self, test: &Test) -> Option<Vec<Range>> {
        let floor = matches!(self, Place::Slot(_)).then_some(VALUES);
        let span = |key: &str| self.span(key);
        Some(match test {
            Test::In(keys) => keys.iter().map(|key| span(key)).collect::<Option<_>>()?,
            Test::Below(key) => vec![Range::new(floor, span(key)?.low.as_deref())],
            Test::AtMost(key) => vec![Range::new(floor, span(key)?.high.as_deref())],
            Test::Above(key) => vec![Range::new(span(key)?.high.as_deref(), None)],
            Test::AtLeast(key) => vec![Range::new(span(key)?.low.as_deref(), None)],
            Test::StartsWith(key) => vec![Range::prefix(key)],
            Test::Contains(_) | Test::Empty(false) => vec![Range::new(floor, None)],
            Test::Empty(true) => vec![no_value()],
        })
    }

    /// Where the entries with this key lie.
    fn span(self, key: &str) -> Option<Range> {
        Some(match self {
            Place::Slot(_) => Range::new(Some(key), Some(&behind_key(key))),
            Place::Updated | Place::Trash => Range::new(Some(key), Some(key)),
            Place::Table => {
                let time: Timestamp = key.parse().ok()?;
                let next = Timestamp::from_millis(time.millis() + 1)?;
                let (low, high) = (ObjectId::first_at(time), ObjectId::first_at(next));
                Range::new(Some(low.as_str()), Some(high.as_str()))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use shared::text::Slug;

    use super::*;

    fn field(slug: &str, slot: usize) -> On {
        On::Field(Slug::parse(slug).unwrap(), slot)
    }

    fn is(on: On, test: Test) -> Filter {
        Filter::Is(Condition { on, test })
    }

    fn plan(filters: Vec<Filter>, sort: Option<(On, bool)>) -> Plan {
        let sort = sort.map(|(by, descending)| Sort { by, descending });
        let filter = Some(Filter::All(filters));
        let now = "2026-11-24T00:00:00.000Z".parse().unwrap();
        Plan::of_search(&Search { filter, sort, fields: None, trashed: false }, now)
    }

    fn one(key: &str) -> Test {
        Test::In(vec![key.to_owned()])
    }

    #[test]
    fn an_order_leads_along_its_index_and_else_what_narrows_most() {
        let time = || "2026-11-23T00:00:00.000Z".to_owned();
        let (a, b) = (|| field("a", 1), || field("b", 2));
        let above = |on: On| is(on, Test::Above("x".to_owned()));
        let several = |on: On| is(on, Test::In(vec!["x".to_owned(), "y".to_owned()]));
        let changed = || is(On::UpdatedAt, Test::Above(time()));
        for (filters, sort, place) in [
            (vec![], None, Place::Table),
            (vec![is(b(), one("x"))], Some((a(), false)), Place::Slot(1)),
            (vec![is(b(), one("x"))], Some((On::UpdatedAt, true)), Place::Updated),
            (vec![above(a()), is(b(), one("x"))], Some((On::CreatedAt, true)), Place::Slot(2)),
            (vec![above(a()), several(b())], Some((On::CreatedAt, true)), Place::Table),
            (vec![above(a()), is(b(), Test::Empty(true))], None, Place::Slot(2)),
            (vec![above(a()), several(b())], None, Place::Slot(2)),
            (vec![is(b(), Test::Contains("x".to_owned())), above(a())], None, Place::Slot(1)),
            (vec![changed(), above(a())], None, Place::Updated),
            (vec![is(On::CreatedAt, Test::Above(time())), above(a())], None, Place::Table),
            (vec![Filter::Not(Box::new(is(a(), one("x"))))], None, Place::Table),
            (vec![Filter::Any(vec![is(a(), one("x"))])], None, Place::Table),
        ] {
            let shown = format!("{filters:?} {sort:?}");
            assert_eq!(plan(filters, sort).place, place, "{shown}");
        }
    }

    #[test]
    fn objects_without_a_value_are_the_last_range_unless_a_condition_leaves_them_out() {
        let a = || field("a", 1);
        let values = Range::new(Some(VALUES), None);
        for descending in [false, true] {
            let sort = || Some((a(), descending));
            assert_eq!(plan(vec![], sort()).ranges, [values.clone(), no_value()]);
            assert_eq!(plan(vec![is(a(), Test::Empty(false))], sort()).ranges, std::slice::from_ref(&values));
            assert_eq!(plan(vec![is(a(), Test::Empty(true))], sort()).ranges, [no_value()]);
            let below = plan(vec![is(a(), Test::Below("x".to_owned()))], sort());
            assert_eq!(below.ranges, [Range::new(Some(VALUES), Some("x"))]);
        }
        let both = vec![is(a(), one("x")), is(a(), one("y"))];
        assert_eq!(plan(both, None).ranges, []);
        let turned = plan(vec![is(a(), Test::In(vec!["x".to_owned(), "y".to_owned()]))], Some((a(), true)));
        let lows: Vec<_> = turned.ranges.iter().map(|range| range.low.as_deref()).collect();
        assert_eq!(lows, [Some("y"), Some("x")]);
    }

    #[test]
    fn the_slot_of_a_value_lies_in_its_range_and_in_no_other() {
        let id = ObjectId::new();
        let slot = |key: &str| shared::object_type::slot_text(key, &id).as_s().unwrap().clone();
        let keys = ["", "a", "a\tb", "a b", "aa", "new\u{2}New", "new\u{2}new", "\u{10ffff}"];
        for key in keys {
            let range = if key.is_empty() { Some(no_value()) } else { Place::Slot(1).span(key) };
            let (low, high) = (range.clone().unwrap().low.unwrap(), range.unwrap().high.unwrap());
            for other in keys {
                let is_inside = (&low..=&high).contains(&&slot(other));
                assert_eq!(is_inside, other == key, "{other:?} in {key:?}");
            }
        }
        assert!(keys.map(slot).is_sorted());
    }
}
