//! Query plans: the access path to the entries of an answer, the key ranges in it, and in what order these are
//! scanned.

use std::borrow::Cow;

use base::{Timestamp, id::ObjectId};
use records::object_type::{NO_VALUE, slot_name};
use table::TableQuery;

use crate::{
    column::Column,
    filter::{Comparison, Filter, Predicate},
    range::{Range, intersect},
    search::{Search, Sort},
};
use records::objects::trash_cutoff;

/// The start of the sort keys of objects with a value: behind [`NO_VALUE`], and before all that a key may begin
/// with.
const VALUES: &str = "\u{2}";

/// The plan by which the objects of an answer are found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) path: AccessPath,
    pub(crate) ranges: Vec<Range>,
    pub(crate) descending: bool,
}

/// A table or an index in which the entries of a type are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccessPath {
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
    /// The plan of a search at that moment: along the index of its order if it has one, else along the most
    /// selective one.
    pub(crate) fn of_search(search: &Search, now: Timestamp) -> Self {
        if search.trashed {
            let first = trash_cutoff(now).to_string();
            return Self {
                path: AccessPath::Trash,
                ranges: vec![Range::new(Some(&first), None)],
                descending: false,
            };
        }
        let comparisons = conjuncts(search.filter.as_ref());
        let column = match &search.sort {
            // Of objects with one value, the index is in the order of their ids, which is that of creation.
            Some(Sort { by: Column::CreatedAt, .. }) => equality_column(&comparisons),
            Some(sort) => Some(&sort.by),
            None => most_selective(&comparisons),
        };
        let descending = search.sort.as_ref().is_some_and(|sort| sort.descending);
        Self::by_column(column.unwrap_or(&Column::CreatedAt), &comparisons, descending)
    }

    /// The plan to scan, from indexes alone, all objects that match a filter and have a value in `field`.
    pub(crate) fn of_stats(filter: Option<&Filter>, field: Option<&Column>) -> Self {
        let comparisons = conjuncts(filter);
        if filter.is_some_and(Filter::uses_updated_at) {
            return Self::by_column(&Column::UpdatedAt, &comparisons, false);
        }
        let column = most_selective(&comparisons).or(field).unwrap_or(&Column::UpdatedAt);
        let has_value =
            field.map(|column| Comparison { column: column.clone(), predicate: Predicate::Empty(false) });
        Self::by_column(column, &comparisons.into_iter().chain(&has_value).collect::<Vec<_>>(), false)
    }

    /// The plan to scan all objects with a value in this slot that has none of these keys, which are in order.
    pub(crate) fn of_gaps(slot: usize, keys: &[String]) -> Self {
        let lows = std::iter::once(VALUES.to_owned()).chain(keys.iter().map(|key| behind_key(key)));
        let highs = keys.iter().map(|key| Some(key.as_str())).chain([None]);
        let ranges = lows.zip(highs).filter(|(low, high)| high.is_none_or(|high| low.as_str() <= high));
        let ranges = ranges.map(|(low, high)| Range::new(Some(&low), high)).collect();
        Self { path: AccessPath::Slot(slot), ranges, descending: false }
    }

    /// The plans to scan each of its ranges alone.
    pub(crate) fn one_by_one(self) -> impl Iterator<Item = Self> {
        let Self { path, ranges, descending } = self;
        ranges.into_iter().map(move |range| Self { path, ranges: vec![range], descending })
    }

    fn by_column(column: &Column, comparisons: &[&Comparison], descending: bool) -> Self {
        let path = match column {
            Column::Field(_, slot) => AccessPath::Slot(*slot),
            Column::CreatedAt => AccessPath::Table,
            Column::UpdatedAt => AccessPath::Updated,
        };
        let key_ranges = comparisons.iter().filter(|comparison| comparison.column == *column);
        let mut ranges = key_ranges.fold(path.full_range(), |ranges, comparison| {
            intersect(&ranges, &path.key_ranges(&comparison.predicate).unwrap_or_else(|| path.full_range()))
        });
        if descending {
            ranges.reverse();
        }
        // Objects without a value come last, whichever way the others are sorted.
        ranges.sort_by_key(|range| *range == no_value());
        Self { path, ranges, descending }
    }
}

fn conjuncts(filter: Option<&Filter>) -> Vec<&Comparison> {
    filter.map(Filter::conjuncts).unwrap_or_default()
}

/// The field that has one value, or none, in all objects of the answer.
fn equality_column<'a>(comparisons: &[&'a Comparison]) -> Option<&'a Column> {
    let is_field = |column: &Column| matches!(column, Column::Field(..));
    let has = |predicate: fn(&Predicate) -> bool| {
        comparisons.iter().find(|comparison| is_field(&comparison.column) && predicate(&comparison.predicate))
    };
    let found = has(|predicate| matches!(predicate, Predicate::In(keys) if keys.len() == 1))
        .or_else(|| has(|predicate| *predicate == Predicate::Empty(true)));
    found.map(|comparison| &comparison.column)
}

/// The most selective column: one value, then several, then the first range.
fn most_selective<'a>(comparisons: &[&'a Comparison]) -> Option<&'a Column> {
    let first = |predicate: fn(&Predicate) -> bool| {
        comparisons.iter().find(|comparison| predicate(&comparison.predicate))
    };
    let listed = || first(|predicate| matches!(predicate, Predicate::In(_)));
    let bounded = || first(|predicate| !matches!(predicate, Predicate::Contains(_) | Predicate::Empty(_)));
    equality_column(comparisons).or_else(|| listed().or_else(bounded).map(|comparison| &comparison.column))
}

/// The range of the objects without a value in the index of a field.
fn no_value() -> Range {
    Range::new(Some(NO_VALUE), Some(&behind_key("")))
}

/// A text that sorts behind those in the slots of objects with this key, and before those of any greater one.
fn behind_key(key: &str) -> String {
    format!("{key}{NO_VALUE}~")
}

impl AccessPath {
    /// The query of the entries in a partition.
    pub(crate) fn query(self, partition: &str) -> TableQuery {
        match self {
            AccessPath::Table => TableQuery::partition(partition),
            AccessPath::Slot(slot) => {
                TableQuery::index(slot_name(slot), self.partition_attribute(), partition)
            }
            AccessPath::Updated => TableQuery::index("updated", self.partition_attribute(), partition),
            AccessPath::Trash => TableQuery::index("trash", self.partition_attribute(), partition),
        }
    }

    /// The attribute by which entries lie together.
    pub(crate) fn partition_attribute(self) -> &'static str {
        match self {
            AccessPath::Table => "pk",
            AccessPath::Slot(_) | AccessPath::Updated => "ix",
            AccessPath::Trash => "tx",
        }
    }

    /// The attribute that they are sorted by.
    pub(crate) fn sort_attribute(self) -> Cow<'static, str> {
        match self {
            AccessPath::Table => "sk".into(),
            AccessPath::Slot(slot) => slot_name(slot).into(),
            AccessPath::Updated => "updated_at".into(),
            AccessPath::Trash => "trashed_at".into(),
        }
    }

    fn full_range(self) -> Vec<Range> {
        match self {
            AccessPath::Slot(_) => vec![no_value(), Range::new(Some(VALUES), None)],
            AccessPath::Table | AccessPath::Updated | AccessPath::Trash => vec![Range::default()],
        }
    }

    /// The key ranges in which a predicate may hold; it is evaluated for each entry again. `None` is
    /// everywhere.
    fn key_ranges(self, predicate: &Predicate) -> Option<Vec<Range>> {
        let floor = matches!(self, AccessPath::Slot(_)).then_some(VALUES);
        let key_range = |key: &str| self.key_range(key);
        Some(match predicate {
            Predicate::In(keys) => keys.iter().map(|key| key_range(key)).collect::<Option<_>>()?,
            Predicate::Below(key) => vec![Range::new(floor, key_range(key)?.low.as_deref())],
            Predicate::AtMost(key) => vec![Range::new(floor, key_range(key)?.high.as_deref())],
            Predicate::Above(key) => vec![Range::new(key_range(key)?.high.as_deref(), None)],
            Predicate::AtLeast(key) => vec![Range::new(key_range(key)?.low.as_deref(), None)],
            Predicate::StartsWith(key) => vec![Range::prefix(key)],
            Predicate::Contains(_) | Predicate::Empty(false) => vec![Range::new(floor, None)],
            Predicate::Empty(true) => vec![no_value()],
        })
    }

    /// The range of the entries with this key.
    fn key_range(self, key: &str) -> Option<Range> {
        Some(match self {
            AccessPath::Slot(_) => Range::new(Some(key), Some(&behind_key(key))),
            AccessPath::Updated | AccessPath::Trash => Range::new(Some(key), Some(key)),
            AccessPath::Table => {
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
    use base::text::Slug;

    use super::*;

    fn field(slug: &str, slot: usize) -> Column {
        Column::Field(Slug::parse(slug).unwrap(), slot)
    }

    fn is(column: Column, predicate: Predicate) -> Filter {
        Filter::Is(Comparison { column, predicate })
    }

    fn plan(filters: Vec<Filter>, sort: Option<(Column, bool)>) -> Plan {
        let sort = sort.map(|(by, descending)| Sort { by, descending });
        let filter = Some(Filter::All(filters));
        let now = "2026-11-24T00:00:00.000Z".parse().unwrap();
        Plan::of_search(&Search { filter, sort, fields: None, trashed: false, expand: None }, now)
    }

    fn one(key: &str) -> Predicate {
        Predicate::In(vec![key.to_owned()])
    }

    #[test]
    fn an_order_leads_along_its_index_and_else_what_narrows_most() {
        let time = || "2026-11-23T00:00:00.000Z".to_owned();
        let (a, b) = (|| field("a", 1), || field("b", 2));
        let above = |column: Column| is(column, Predicate::Above("x".to_owned()));
        let several = |column: Column| is(column, Predicate::In(vec!["x".to_owned(), "y".to_owned()]));
        let changed = || is(Column::UpdatedAt, Predicate::Above(time()));
        for (filters, sort, path) in [
            (vec![], None, AccessPath::Table),
            (vec![is(b(), one("x"))], Some((a(), false)), AccessPath::Slot(1)),
            (vec![is(b(), one("x"))], Some((Column::UpdatedAt, true)), AccessPath::Updated),
            (vec![above(a()), is(b(), one("x"))], Some((Column::CreatedAt, true)), AccessPath::Slot(2)),
            (vec![above(a()), several(b())], Some((Column::CreatedAt, true)), AccessPath::Table),
            (vec![above(a()), is(b(), Predicate::Empty(true))], None, AccessPath::Slot(2)),
            (vec![above(a()), several(b())], None, AccessPath::Slot(2)),
            (vec![is(b(), Predicate::Contains("x".to_owned())), above(a())], None, AccessPath::Slot(1)),
            (vec![changed(), above(a())], None, AccessPath::Updated),
            (vec![is(Column::CreatedAt, Predicate::Above(time())), above(a())], None, AccessPath::Table),
            (vec![Filter::Not(Box::new(is(a(), one("x"))))], None, AccessPath::Table),
            (vec![Filter::Any(vec![is(a(), one("x"))])], None, AccessPath::Table),
        ] {
            let shown = format!("{filters:?} {sort:?}");
            assert_eq!(plan(filters, sort).path, path, "{shown}");
        }
    }

    #[test]
    fn objects_without_a_value_are_the_last_range_unless_a_condition_leaves_them_out() {
        let a = || field("a", 1);
        let values = Range::new(Some(VALUES), None);
        for descending in [false, true] {
            let sort = || Some((a(), descending));
            assert_eq!(plan(vec![], sort()).ranges, [values.clone(), no_value()]);
            assert_eq!(
                plan(vec![is(a(), Predicate::Empty(false))], sort()).ranges,
                std::slice::from_ref(&values)
            );
            assert_eq!(plan(vec![is(a(), Predicate::Empty(true))], sort()).ranges, [no_value()]);
            let below = plan(vec![is(a(), Predicate::Below("x".to_owned()))], sort());
            assert_eq!(below.ranges, [Range::new(Some(VALUES), Some("x"))]);
        }
        let both = vec![is(a(), one("x")), is(a(), one("y"))];
        assert_eq!(plan(both, None).ranges, []);
        let turned =
            plan(vec![is(a(), Predicate::In(vec!["x".to_owned(), "y".to_owned()]))], Some((a(), true)));
        let lows: Vec<_> = turned.ranges.iter().map(|range| range.low.as_deref()).collect();
        assert_eq!(lows, [Some("y"), Some("x")]);
    }

    #[test]
    fn between_keys_lies_what_has_none_of_them() {
        let id = ObjectId::new();
        let slot = |key: &str| records::object_type::slot_key(key, &id).as_s().unwrap().clone();
        let keys = ["b".to_owned(), "ba".to_owned(), "d".to_owned()];
        let gaps = Plan::of_gaps(1, &keys).ranges;
        for key in ["a", "b", "ba", "bb", "c", "d", "da", "e"] {
            let slot = slot(key);
            let is_inside = gaps.iter().any(|range| {
                range.low.as_ref().is_none_or(|low| *low <= slot)
                    && range.high.as_ref().is_none_or(|high| slot <= *high)
            });
            assert_eq!(is_inside, !keys.contains(&key.to_owned()), "{key}");
        }
        assert_eq!(Plan::of_gaps(1, &[]).ranges, [Range::new(Some(VALUES), None)]);
    }

    #[test]
    fn the_slot_of_a_value_lies_in_its_range_and_in_no_other() {
        let id = ObjectId::new();
        let slot = |key: &str| records::object_type::slot_key(key, &id).as_s().unwrap().clone();
        let keys = ["", "a", "a\tb", "a b", "aa", "new\u{2}New", "new\u{2}new", "\u{10ffff}"];
        for key in keys {
            let range = if key.is_empty() { Some(no_value()) } else { AccessPath::Slot(1).key_range(key) };
            let (low, high) = (range.clone().unwrap().low.unwrap(), range.unwrap().high.unwrap());
            for other in keys {
                let is_inside = (&low..=&high).contains(&&slot(other));
                assert_eq!(is_inside, other == key, "{other:?} in {key:?}");
            }
        }
        assert!(keys.map(slot).is_sorted());
    }
}
