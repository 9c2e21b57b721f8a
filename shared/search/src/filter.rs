//! Filters: whether an object matches, told by its search keys, in three-valued logic where these do not
//! suffice.

use records::{
    object_type::StoredObjectType,
    objects::{StoredObject, search_item},
};
use table::{AttributeValue, Condition, Item};

use crate::column::Column;

/// The most keys that are pushed down to DynamoDB at once: an expression has 4 KB. What is more is compared
/// here.
const PUSHDOWN_MAX: usize = 150;

/// Which objects match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// All of these hold.
    All(Vec<Filter>),
    /// At least one of these holds.
    Any(Vec<Filter>),
    /// This does not hold.
    Not(Box<Filter>),
    /// This holds for a column.
    Is(Comparison),
}

/// What must hold for one column of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The column.
    pub column: Column,
    /// How it is compared.
    pub predicate: Predicate,
}

/// How the key of an object is compared. An object without a value has no key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Predicate {
    /// It is one of these, which are in order.
    In(Vec<String>),
    /// It comes before this.
    Below(String),
    /// It is this or comes before.
    AtMost(String),
    /// It comes behind this.
    Above(String),
    /// It is this or comes behind.
    AtLeast(String),
    /// It begins so.
    StartsWith(String),
    /// It has this somewhere.
    Contains(String),
    /// Whether there is none.
    Empty(bool),
}

impl Filter {
    /// That predicate of a column.
    pub fn is(column: &Column, predicate: Predicate) -> Self {
        Self::Is(Comparison { column: column.clone(), predicate })
    }

    /// Whether it holds of an object as it is.
    pub fn matches(&self, object: &StoredObject, object_type: &StoredObjectType) -> bool {
        self.eval(&search_item(object, object_type)) == Some(true)
    }

    /// Whether it holds, for all that an item or an entry of an index tells; `None` is unknown, where that is
    /// not enough.
    pub(crate) fn eval(&self, item: &Item) -> Option<bool> {
        match self {
            Filter::Is(comparison) => comparison.eval(item),
            Filter::Not(filter) => filter.eval(item).map(|is_so| !is_so),
            Filter::All(filters) => eval_until(filters, item, false),
            Filter::Any(filters) => eval_until(filters, item, true),
        }
    }

    /// The conditions that must all hold, as far as they are plain ones.
    pub(crate) fn conjuncts(&self) -> Vec<&Comparison> {
        match self {
            Filter::Is(comparison) => vec![comparison],
            Filter::All(filters) => filters.iter().flat_map(Filter::conjuncts).collect(),
            Filter::Any(_) | Filter::Not(_) => Vec::new(),
        }
    }

    /// Whether it depends on when an object was changed.
    pub fn uses_updated_at(&self) -> bool {
        match self {
            Filter::Is(comparison) => comparison.column == Column::UpdatedAt,
            Filter::Not(filter) => filter.uses_updated_at(),
            Filter::All(filters) | Filter::Any(filters) => filters.iter().any(Filter::uses_updated_at),
        }
    }

    /// The part of the filter that DynamoDB evaluates, so that entries which do not match are not even sent.
    pub(crate) fn pushdown(&self) -> Option<Condition> {
        let parts = match self {
            Filter::All(filters) => filters.as_slice(),
            other => std::slice::from_ref(other),
        };
        let mut left = PUSHDOWN_MAX;
        let mut conditions = Vec::new();
        for part in parts {
            if part.weight() <= left
                && let Some(condition) = part.condition()
            {
                left -= part.weight();
                conditions.push(condition);
            }
        }
        (!conditions.is_empty()).then_some(Condition::All(conditions))
    }

    fn weight(&self) -> usize {
        match self {
            Filter::Is(Comparison { predicate: Predicate::In(keys), .. }) => keys.len(),
            Filter::Is(_) => 1,
            Filter::Not(filter) => filter.weight(),
            Filter::All(filters) | Filter::Any(filters) => filters.iter().map(Filter::weight).sum(),
        }
    }

    /// The same filter as a condition of DynamoDB, if it can say exactly that.
    fn condition(&self) -> Option<Condition> {
        let conditions =
            |filters: &[Filter]| filters.iter().map(Filter::condition).collect::<Option<Vec<_>>>();
        Some(match self {
            Filter::Is(comparison) => comparison.condition()?,
            Filter::Not(filter) => filter.condition()?.not(),
            Filter::All(filters) => Condition::All(conditions(filters)?),
            Filter::Any(filters) => Condition::Any(conditions(filters)?),
        })
    }
}

/// The value `is` if one of the filters has it; else the opposite, or unknown if one is unknown: Kleene's `or`
/// and `and`.
fn eval_until(filters: &[Filter], item: &Item, is: bool) -> Option<bool> {
    let outcomes: Vec<_> = filters.iter().map(|filter| filter.eval(item)).collect();
    if outcomes.contains(&Some(is)) {
        return Some(is);
    }
    (!outcomes.contains(&None)).then_some(!is)
}

impl Comparison {
    fn eval(&self, item: &Item) -> Option<bool> {
        Some(self.predicate.eval(self.column.key_of(item)?.as_deref()))
    }

    fn condition(&self) -> Option<Condition> {
        let Column::Field(slug, _) = &self.column else { return None };
        let path = format!("q.{slug}");
        let key = |key: &String| AttributeValue::S(key.clone());
        Some(match &self.predicate {
            Predicate::In(keys) => Condition::In(path, keys.iter().map(key).collect()),
            Predicate::Below(than) => Condition::Below(path, key(than)),
            Predicate::AtMost(than) => Condition::AtMost(path, key(than)),
            Predicate::Above(than) => Condition::Above(path, key(than)),
            Predicate::AtLeast(than) => Condition::AtLeast(path, key(than)),
            Predicate::StartsWith(part) => Condition::BeginsWith(path, part.clone()),
            Predicate::Contains(part) => Condition::Contains(path, part.clone()),
            Predicate::Empty(true) => Condition::AttributeMissing(path),
            Predicate::Empty(false) => Condition::AttributeExists(path),
        })
    }
}

impl Predicate {
    fn eval(&self, key: Option<&str>) -> bool {
        let is = |predicate: &dyn Fn(&str) -> bool| key.is_some_and(predicate);
        match self {
            Predicate::In(keys) => is(&|key| keys.iter().any(|one| one == key)),
            Predicate::Below(than) => is(&|key| key < than.as_str()),
            Predicate::AtMost(than) => is(&|key| key <= than.as_str()),
            Predicate::Above(than) => is(&|key| key > than.as_str()),
            Predicate::AtLeast(than) => is(&|key| key >= than.as_str()),
            Predicate::StartsWith(part) => is(&|key| key.starts_with(part.as_str())),
            Predicate::Contains(part) => is(&|key| key.contains(part.as_str())),
            Predicate::Empty(empty) => key.is_none() == *empty,
        }
    }
}

#[cfg(test)]
mod tests {
    use base::text::Slug;

    use super::*;

    fn changed() -> Filter {
        let predicate = Predicate::Above("2026-11-23T00:00:00.000Z".to_owned());
        Filter::Is(Comparison { column: Column::UpdatedAt, predicate })
    }

    fn is(key: &str) -> Filter {
        let column = Column::Field(Slug::parse("a").unwrap(), 1);
        Filter::Is(Comparison { column, predicate: Predicate::In(vec![key.to_owned()]) })
    }

    fn not(filter: Filter) -> Filter {
        Filter::Not(Box::new(filter))
    }

    #[test]
    fn what_an_entry_does_not_tell_is_neither_so_nor_not_so() {
        let keys = [("a".to_owned(), AttributeValue::S("x".to_owned()))].into();
        let entry: Item = [("q".to_owned(), AttributeValue::M(keys))].into();
        for (filter, expected) in [
            (is("x"), Some(true)),
            (is("y"), Some(false)),
            (changed(), None),
            (not(changed()), None),
            (Filter::All(vec![changed(), is("y")]), Some(false)),
            (Filter::All(vec![changed(), is("x")]), None),
            (Filter::Any(vec![changed(), is("x")]), Some(true)),
            (Filter::Any(vec![changed(), is("y")]), None),
            (not(Filter::Any(vec![changed(), is("x")])), Some(false)),
        ] {
            assert_eq!(filter.eval(&entry), expected, "{filter:?}");
        }
        assert_eq!(is("x").eval(&Item::new()), None);
    }

    #[test]
    fn only_what_dynamodb_can_tell_exactly_is_left_to_it() {
        let pushdown = |filters| format!("{:?}", Filter::All(filters).pushdown());
        assert_eq!(pushdown(vec![changed(), is("x")]), pushdown(vec![is("x")]));
        assert_eq!(pushdown(vec![not(Filter::All(vec![changed(), is("x")]))]), "None");
        let keys = (0..100).map(|n| format!("{n}")).collect();
        let many = Filter::Is(Comparison {
            column: Column::Field(Slug::parse("a").unwrap(), 1),
            predicate: Predicate::In(keys),
        });
        assert_eq!(pushdown(vec![many.clone(), many.clone(), is("x")]), pushdown(vec![many, is("x")]));
    }
}
