//! Conditions, and the expressions that they become: every name and value is behind a placeholder, so that no
//! text of a client is ever part of one.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use base::timestamp::Timestamp;

/// A condition of a write, or a filter of a query (in the terms of DynamoDB a condition or filter expression).
/// Paths are names joined by dots.
#[derive(Clone, Debug)]
pub enum Condition {
    /// There is an item under the key.
    ItemExists,
    /// There is none.
    ItemMissing,
    /// The attribute is there.
    AttributeExists(String),
    /// The attribute is not there.
    AttributeMissing(String),
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
    Not(Box<Condition>),
    /// All of these hold.
    All(Vec<Condition>),
    /// At least one of these holds.
    Any(Vec<Condition>),
}

impl Condition {
    /// The attribute has this text.
    pub fn is_text(path: impl Into<String>, value: impl Into<String>) -> Self {
        Self::Is(path.into(), AttributeValue::S(value.into()))
    }

    /// The attribute has this whole number.
    pub fn is_number(path: impl Into<String>, value: u64) -> Self {
        Self::Is(path.into(), AttributeValue::N(value.to_string()))
    }

    /// The attribute has the value that was read, or is not there, as it was not then.
    pub fn is_still(path: impl Into<String>, read: Option<AttributeValue>) -> Self {
        match read {
            Some(value) => Self::Is(path.into(), value),
            None => Self::AttributeMissing(path.into()),
        }
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

    pub(super) fn condition(&mut self, condition: Condition) -> String {
        match condition {
            Condition::ItemExists => format!("attribute_exists({})", self.path("pk")),
            Condition::ItemMissing => format!("attribute_not_exists({})", self.path("pk")),
            Condition::AttributeExists(path) => format!("attribute_exists({})", self.path(&path)),
            Condition::AttributeMissing(path) => format!("attribute_not_exists({})", self.path(&path)),
            Condition::Is(path, value) => format!("{} = {}", self.path(&path), self.value(value)),
            Condition::Below(path, value) => format!("{} < {}", self.path(&path), self.value(value)),
            Condition::Above(path, value) => format!("{} > {}", self.path(&path), self.value(value)),
            Condition::AtMost(path, value) => format!("{} <= {}", self.path(&path), self.value(value)),
            Condition::AtLeast(path, value) => format!("{} >= {}", self.path(&path), self.value(value)),
            Condition::Between(path, low, high) => {
                format!("{} BETWEEN {} AND {}", self.path(&path), self.value(low), self.value(high))
            }
            Condition::In(path, values) => {
                let values: Vec<_> = values.into_iter().map(|value| self.value(value)).collect();
                format!("{} IN ({})", self.path(&path), values.join(","))
            }
            Condition::BeginsWith(path, text) => self.function("begins_with", &path, text),
            Condition::Contains(path, text) => self.function("contains", &path, text),
            Condition::Not(part) => format!("NOT {}", self.condition(*part)),
            Condition::All(parts) => self.join(parts, " AND "),
            Condition::Any(parts) => self.join(parts, " OR "),
        }
    }

    fn function(&mut self, name: &str, path: &str, text: String) -> String {
        format!("{name}({},{})", self.path(path), self.value(AttributeValue::S(text)))
    }

    fn join(&mut self, parts: Vec<Condition>, word: &str) -> String {
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
        let condition = Condition::is_text("a.b", "x")
            .and(Condition::Any(vec![Condition::AttributeMissing("a".into()), Condition::is_number("b", 1)]));
        assert_eq!(
            placeholders.condition(condition),
            "(#0.#1 = :0 AND (attribute_not_exists(#0) OR #1 = :1))"
        );
        let (names, values) = placeholders.finish();
        assert_eq!((names.unwrap().len(), values.unwrap().len()), (2, 2));
    }

    #[test]
    fn one_part_alone_has_no_parentheses() {
        let set = || Condition::AttributeExists("a".into());
        for (condition, expression) in [
            (Condition::All(vec![Condition::Any(vec![set()])]), "attribute_exists(#0)"),
            (
                Condition::All(vec![Condition::Any(vec![set(), set()])]),
                "(attribute_exists(#0) OR attribute_exists(#0))",
            ),
        ] {
            assert_eq!(Placeholders::default().condition(condition), expression);
        }
    }

    #[test]
    fn no_value_is_part_of_an_expression() {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        for (condition, expression) in [
            (Condition::In("q.a".into(), vec![text("x"), text("y")]), "#0.#1 IN (:0,:1)"),
            (Condition::BeginsWith("q.a".into(), "x".into()), "begins_with(#0.#1,:0)"),
            (Condition::Contains("q.a".into(), "x".into()).not(), "NOT contains(#0.#1,:0)"),
            (Condition::AtLeast("a".into(), text("x")), "#0 >= :0"),
            (Condition::Between("a".into(), text("x"), text("y")), "#0 BETWEEN :0 AND :1"),
        ] {
            assert_eq!(Placeholders::default().condition(condition), expression);
        }
    }
}
