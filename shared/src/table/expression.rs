//! Expressions with every name and value behind a placeholder, so that no text of a client is ever part of one.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::timestamp::Timestamp;

/// What must hold for a write to happen, or for a read item to count. Paths are names joined by dots.
#[derive(Clone, Debug)]
pub enum When {
    /// There is an item under the key.
    Exists,
    /// There is none.
    Absent,
    /// The attribute is there.
    Set(String),
    /// The attribute is not there.
    Unset(String),
    /// The attribute has this value.
    Is(String, AttributeValue),
    /// The attribute is less than this.
    Below(String, AttributeValue),
    /// The attribute is more than this.
    Above(String, AttributeValue),
    /// The attribute is this or less.
    AtMost(String, AttributeValue),
    /// The attribute is this or more.
    AtLeast(String, AttributeValue),
    /// The attribute lies between these, both included.
    Between(String, AttributeValue, AttributeValue),
    /// The attribute is one of these: at least one, at most 100.
    In(String, Vec<AttributeValue>),
    /// The attribute is a text that begins so.
    BeginsWith(String, String),
    /// The attribute is a text that has this somewhere.
    Contains(String, String),
    /// This does not hold.
    Not(Box<When>),
    /// All of these hold.
    All(Vec<When>),
    /// At least one of these holds.
    Any(Vec<When>),
}

impl When {
    /// The attribute has this text.
    pub fn is_text(path: impl Into<String>, value: impl Into<String>) -> Self {
        Self::Is(path.into(), AttributeValue::S(value.into()))
    }

    /// The attribute has this whole number.
    pub fn is_number(path: impl Into<String>, value: u64) -> Self {
        Self::Is(path.into(), AttributeValue::N(value.to_string()))
    }

    /// The attribute is a time that has come.
    pub fn not_after(path: impl Into<String>, time: Timestamp) -> Self {
        Self::AtMost(path.into(), AttributeValue::S(time.to_string()))
    }

    /// This does not hold.
    #[must_use]
    #[expect(
        clippy::should_implement_trait,
        reason = "a condition is no value, and reads better without an operator"
    )]
    pub fn not(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::All(vec![self, other])
    }
}

/// Attribute names by placeholder.
pub(super) type Names = HashMap<String, String>;
/// Values by placeholder.
pub(super) type Values = HashMap<String, AttributeValue>;

/// The placeholders of one request; short ones, as an expression has 4 KB.
#[derive(Default)]
pub(super) struct Placeholders {
    names: Names,
    values: Values,
}

impl Placeholders {
    pub(super) fn path(&mut self, path: &str) -> String {
        path.split('.').map(|name| self.name(name)).collect::<Vec<_>>().join(".")
    }

    fn name(&mut self, name: &str) -> String {
        let next = format!("#{}", self.names.len());
        let known =
            self.names.iter().find_map(|(placeholder, known)| (known == name).then(|| placeholder.clone()));
        known.unwrap_or_else(|| {
            self.names.insert(next.clone(), name.to_owned());
            next
        })
    }

    pub(super) fn value(&mut self, value: AttributeValue) -> String {
        let placeholder = format!(":{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    pub(super) fn condition(&mut self, when: When) -> String {
        match when {
            When::Exists => format!("attribute_exists({})", self.path("pk")),
            When::Absent => format!("attribute_not_exists({})", self.path("pk")),
            When::Set(path) => format!("attribute_exists({})", self.path(&path)),
            When::Unset(path) => format!("attribute_not_exists({})", self.path(&path)),
            When::Is(path, value) => format!("{} = {}", self.path(&path), self.value(value)),
            When::Below(path, value) => format!("{} < {}", self.path(&path), self.value(value)),
            When::Above(path, value) => format!("{} > {}", self.path(&path), self.value(value)),
            When::AtMost(path, value) => format!("{} <= {}", self.path(&path), self.value(value)),
            When::AtLeast(path, value) => format!("{} >= {}", self.path(&path), self.value(value)),
            When::Between(path, low, high) => {
                format!("{} BETWEEN {} AND {}", self.path(&path), self.value(low), self.value(high))
            }
            When::In(path, values) => {
                let values: Vec<_> = values.into_iter().map(|value| self.value(value)).collect();
                format!("{} IN ({})", self.path(&path), values.join(","))
            }
            When::BeginsWith(path, text) => self.function("begins_with", &path, text),
            When::Contains(path, text) => self.function("contains", &path, text),
            When::Not(part) => format!("NOT {}", self.condition(*part)),
            When::All(parts) => self.join(parts, " AND "),
            When::Any(parts) => self.join(parts, " OR "),
        }
    }

    fn function(&mut self, name: &str, path: &str, text: String) -> String {
        format!("{name}({},{})", self.path(path), self.value(AttributeValue::S(text)))
    }

    fn join(&mut self, parts: Vec<When>, word: &str) -> String {
        let parts: Vec<_> = parts.into_iter().map(|part| self.condition(part)).collect();
        match parts.as_slice() {
            // DynamoDB refuses parentheses around parentheses.
            [one] => one.clone(),
            parts => format!("({})", parts.join(word)),
        }
    }

    /// The names and the values; `None` where there is none, as DynamoDB wants it.
    pub(super) fn finish(self) -> (Option<Names>, Option<Values>) {
        (
            Some(self.names).filter(|names| !names.is_empty()),
            Some(self.values).filter(|values| !values.is_empty()),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shared_and_values_are_not() {
        let mut placeholders = Placeholders::default();
        let when =
            When::is_text("a.b", "x").and(When::Any(vec![When::Unset("a".into()), When::is_number("b", 1)]));
        assert_eq!(placeholders.condition(when), "(#0.#1 = :0 AND (attribute_not_exists(#0) OR #1 = :1))");
        let (names, values) = placeholders.finish();
        assert_eq!((names.unwrap().len(), values.unwrap().len()), (2, 2));
    }

    #[test]
    fn one_part_alone_has_no_parentheses() {
        let set = || When::Set("a".into());
        for (when, expression) in [
            (When::All(vec![When::Any(vec![set()])]), "attribute_exists(#0)"),
            (
                When::All(vec![When::Any(vec![set(), set()])]),
                "(attribute_exists(#0) OR attribute_exists(#0))",
            ),
        ] {
            assert_eq!(Placeholders::default().condition(when), expression);
        }
    }

    #[test]
    fn no_value_is_part_of_an_expression() {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        for (when, expression) in [
            (When::In("q.a".into(), vec![text("x"), text("y")]), "#0.#1 IN (:0,:1)"),
            (When::BeginsWith("q.a".into(), "x".into()), "begins_with(#0.#1,:0)"),
            (When::Contains("q.a".into(), "x".into()).not(), "NOT contains(#0.#1,:0)"),
            (When::AtLeast("a".into(), text("x")), "#0 >= :0"),
            (When::Between("a".into(), text("x"), text("y")), "#0 BETWEEN :0 AND :1"),
        ] {
            assert_eq!(Placeholders::default().condition(when), expression);
        }
    }
}
