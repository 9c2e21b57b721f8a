//! Filters: whether an object is meant, told by the search keys beside it.

use shared::{
    id::ObjectId,
    table::{AttributeValue, Item, When, text},
    text::Slug,
};

/// The most keys that DynamoDB is asked to compare at once: an expression has 4 KB. What is more is compared here.
const PUSHED_MAX: usize = 150;

/// Which objects are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Is(Condition),
}

/// What must hold for one key of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    pub(super) on: On,
    pub(super) test: Test,
}

/// What an object is compared and sorted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum On {
    /// A searchable field, and its slot.
    Field(Slug, usize),
    CreatedAt,
    UpdatedAt,
}

/// How a key is compared. An object without a value has no key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    /// It is one of these, which are in order.
    In(Vec<String>),
    Below(String),
    AtMost(String),
    Above(String),
    AtLeast(String),
    StartsWith(String),
    Contains(String),
    /// Whether there is none.
    Empty(bool),
}

impl Filter {
    /// Whether it holds for what an item or an index's entry tells; `None` if that is not enough to say.
    pub(super) fn holds(&self, item: &Item) -> Option<bool> {
        match self {
            Filter::Is(condition) => condition.holds(item),
            Filter::Not(filter) => filter.holds(item).map(|holds| !holds),
            Filter::All(filters) => first(filters, item, false),
            Filter::Any(filters) => first(filters, item, true),
        }
    }

    /// The conditions that must all hold, as far as they are plain ones.
    pub(super) fn conjuncts(&self) -> Vec<&Condition> {
        match self {
            Filter::Is(condition) => vec![condition],
            Filter::All(filters) => filters.iter().flat_map(Filter::conjuncts).collect(),
            Filter::Any(_) | Filter::Not(_) => Vec::new(),
        }
    }

    /// Whether it depends on when an object was changed.
    pub(super) fn asks_for_changes(&self) -> bool {
        match self {
            Filter::Is(condition) => condition.on == On::UpdatedAt,
            Filter::Not(filter) => filter.asks_for_changes(),
            Filter::All(filters) | Filter::Any(filters) => filters.iter().any(Filter::asks_for_changes),
        }
    }

    /// What DynamoDB can tell without handing the entries out: all that must hold, as far as it fits.
    pub(super) fn pushed(&self) -> Option<When> {
        let parts = match self {
            Filter::All(filters) => filters.as_slice(),
            other => std::slice::from_ref(other),
        };
        let mut left = PUSHED_MAX;
        let mut whens = Vec::new();
        for part in parts {
            if part.weight() <= left
                && let Some(when) = part.when()
            {
                left -= part.weight();
                whens.push(when);
            }
        }
        (!whens.is_empty()).then_some(When::All(whens))
    }

    fn weight(&self) -> usize {
        match self {
            Filter::Is(Condition { test: Test::In(keys), .. }) => keys.len(),
            Filter::Is(_) => 1,
            Filter::Not(filter) => filter.weight(),
            Filter::All(filters) | Filter::Any(filters) => filters.iter().map(Filter::weight).sum(),
        }
    }

    /// The same as an expression, exactly, or none.
    fn when(&self) -> Option<When> {
        let whens = |filters: &[Filter]| filters.iter().map(Filter::when).collect::<Option<Vec<_>>>();
        Some(match self {
            Filter::Is(condition) => condition.when()?,
            Filter::Not(filter) => filter.when()?.not(),
            Filter::All(filters) => When::All(whens(filters)?),
            Filter::Any(filters) => When::Any(whens(filters)?),
        })
    }
}

/// Whether one of them is so; if none is, the opposite, unless one is unknown.
fn first(filters: &[Filter], item: &Item, is: bool) -> Option<bool> {
    let holds: Vec<_> = filters.iter().map(|filter| filter.holds(item)).collect();
    if holds.contains(&Some(is)) {
        return Some(is);
    }
    (!holds.contains(&None)).then_some(!is)
}

impl Condition {
    fn holds(&self, item: &Item) -> Option<bool> {
        match &self.on {
            On::Field(slug, _) => {
                let keys = item.get("q")?.as_m().ok()?;
                Some(self.test.holds(text(keys, slug.as_str())))
            }
            On::CreatedAt => {
                let made_at = ObjectId::parse(text(item, "sk")?)?.made_at()?.to_string();
                Some(self.test.holds(Some(&made_at)))
            }
            On::UpdatedAt => Some(self.test.holds(Some(text(item, "updated_at")?))),
        }
    }

    fn when(&self) -> Option<When> {
        let On::Field(slug, _) = &self.on else { return None };
        let path = format!("q.{slug}");
        let key = |key: &String| AttributeValue::S(key.clone());
        Some(match &self.test {
            Test::In(keys) => When::In(path, keys.iter().map(key).collect()),
            Test::Below(than) => When::Below(path, key(than)),
            Test::AtMost(than) => When::AtMost(path, key(than)),
            Test::Above(than) => When::Above(path, key(than)),
            Test::AtLeast(than) => When::AtLeast(path, key(than)),
            Test::StartsWith(part) => When::BeginsWith(path, part.clone()),
            Test::Contains(part) => When::Contains(path, part.clone()),
            Test::Empty(true) => When::Unset(path),
            Test::Empty(false) => When::Set(path),
        })
    }
}

impl Test {
    fn holds(&self, key: Option<&str>) -> bool {
        let is = |test: &dyn Fn(&str) -> bool| key.is_some_and(test);
        match self {
            Test::In(keys) => is(&|key| keys.iter().any(|one| one == key)),
            Test::Below(than) => is(&|key| key < than.as_str()),
            Test::AtMost(than) => is(&|key| key <= than.as_str()),
            Test::Above(than) => is(&|key| key > than.as_str()),
            Test::AtLeast(than) => is(&|key| key >= than.as_str()),
            Test::StartsWith(part) => is(&|key| key.starts_with(part.as_str())),
            Test::Contains(part) => is(&|key| key.contains(part.as_str())),
            Test::Empty(empty) => key.is_none() == *empty,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed() -> Filter {
        let test = Test::Above("2026-11-23T00:00:00.000Z".to_owned());
        Filter::Is(Condition { on: On::UpdatedAt, test })
    }

    fn is(key: &str) -> Filter {
        let on = On::Field(Slug::parse("a").unwrap(), 1);
        Filter::Is(Condition { on, test: Test::In(vec![key.to_owned()]) })
    }

    fn not(filter: Filter) -> Filter {
        Filter::Not(Box::new(filter))
    }

    #[test]
    fn what_an_entry_does_not_tell_is_neither_so_nor_not_so() {
        let keys = [("a".to_owned(), AttributeValue::S("x".to_owned()))].into();
        let entry: Item = [("q".to_owned(), AttributeValue::M(keys))].into();
        for (filter, holds) in [
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
            assert_eq!(filter.holds(&entry), holds, "{filter:?}");
        }
        assert_eq!(is("x").holds(&Item::new()), None);
    }

    #[test]
    fn only_what_dynamodb_can_tell_exactly_is_left_to_it() {
        let pushed = |filters| format!("{:?}", Filter::All(filters).pushed());
        assert_eq!(pushed(vec![changed(), is("x")]), pushed(vec![is("x")]));
        assert_eq!(pushed(vec![not(Filter::All(vec![changed(), is("x")]))]), "None");
        let keys = (0..100).map(|n| format!("{n}")).collect();
        let many =
            Filter::Is(Condition { on: On::Field(Slug::parse("a").unwrap(), 1), test: Test::In(keys) });
        assert_eq!(pushed(vec![many.clone(), many.clone(), is("x")]), pushed(vec![many, is("x")]));
    }
}
