//! Whether a value that is sent equals the current one: then it is no change, and nothing about it is refused.

use serde_json::value::RawValue;

use super::{
    Field, FieldCondition, FieldTest, FieldValues, Locked, ObjectType, Required, SentFields, Validation,
    Value, Visible, check_value, decimal, read::parse_value,
};
use base::text::Slug;

impl Field {
    /// The same, with what says no other than before but in other words as it was: a default or a condition of `2.5` for
    /// one of `2.50` is no change.
    #[must_use]
    pub fn keeping(self, before: &Field, object_type: &ObjectType) -> Self {
        let default = match (self.default, &before.default) {
            (Some(sent), Some(kept)) if before.is_equal_default(&sent, kept) => Some(kept.clone()),
            (sent, _) => sent,
        };
        let is_same = |sent: &FieldCondition, kept: &FieldCondition| sent.is_equal(kept, object_type);
        let required = match (self.required, &before.required) {
            (Required::If(sent), Required::If(kept)) if is_same(&sent, kept) => Required::If(kept.clone()),
            (sent, _) => sent,
        };
        let locked = match (self.locked, &before.locked) {
            (Locked::If(sent), Locked::If(kept)) if is_same(&sent, kept) => Locked::If(kept.clone()),
            (sent, _) => sent,
        };
        let visible = match (self.visible, &before.visible) {
            (Visible::If(sent), Visible::If(kept)) if is_same(&sent, kept) => Visible::If(kept.clone()),
            (sent, _) => sent,
        };
        Self { required, locked, visible, default, ..self }
    }

    fn is_equal_default(&self, sent: &RawValue, kept: &RawValue) -> bool {
        let value = |raw: &RawValue| parse_value(self, "", raw).ok().and_then(|sent| sent.value);
        value(sent).zip(value(kept)).is_some_and(|(sent, kept)| sent.is_equal(&kept))
    }
}

impl FieldCondition {
    /// Whether it asks the same, in the same order.
    fn is_equal(&self, other: &Self, object_type: &ObjectType) -> bool {
        match (self, other) {
            (Self::All(own), Self::All(others)) | (Self::Any(own), Self::Any(others)) => {
                own.len() == others.len()
                    && own.iter().zip(others).all(|(one, other)| one.is_equal(other, object_type))
            }
            (Self::Test(own), Self::Test(other)) => {
                own.field == other.field && own.op == other.op && own.is_with_equal_value(other, object_type)
            }
            _ => false,
        }
    }
}

impl FieldTest {
    fn is_with_equal_value(&self, other: &Self, object_type: &ObjectType) -> bool {
        let values = |raw: &RawValue| match serde_json::from_str::<Vec<Box<RawValue>>>(raw.get()) {
            Ok(values) => values,
            Err(_) => vec![raw.to_owned()],
        };
        let (Some(own), Some(others)) = (self.value.as_deref(), other.value.as_deref()) else {
            return self.value.is_none() && other.value.is_none();
        };
        let Some(field) = object_type.field(self.field.as_str()) else { return false };
        let value = |raw: &RawValue| check_value(field, "", raw).ok().flatten();
        let is_equal = |(one, other): (Option<Value>, Option<Value>)| {
            one.zip(other).is_some_and(|(one, other)| one.is_equal(&other))
        };
        let read = |raw| values(raw).iter().map(|raw| value(raw)).collect::<Vec<_>>();
        let (own, others) = (read(own), read(others));
        own.len() == others.len() && own.into_iter().zip(others).all(is_equal)
    }
}

impl Validation {
    /// The same without the values that equal the current ones, and without their faults: what a read has
    /// answered may be sent back whatever has become of the field since.
    #[must_use]
    pub fn ignoring_unchanged(&self, before: &FieldValues) -> Self {
        let unchanged =
            self.sent.iter().filter(|(slug, raw)| self.is_unchanged(slug, raw, before.get(*slug)));
        let mut changed = unchanged.fold(self.clone(), |validation, (slug, _)| validation.without(slug));
        changed.dangling.retain(|fault| !self.is_kept_upload(&fault.pointer, before));
        changed
    }

    /// Whether that place of a list has the id of an upload which is in the list already: what has become of the upload since is
    /// no fault of the others.
    fn is_kept_upload(&self, pointer: &str, before: &FieldValues) -> bool {
        let place = pointer.strip_prefix("/fields/").and_then(|rest| rest.split_once('/'));
        let Some((slug, index)) = place.and_then(|(slug, index)| Some((Slug::parse(slug)?, index))) else {
            return false;
        };
        match (self.changes.set.get(&slug), before.get(&slug), index.parse::<usize>()) {
            (Some(Value::List(sent)), Some(Value::List(kept)), Ok(index)) => {
                sent.get(index).is_some_and(|id| kept.contains(id))
            }
            _ => false,
        }
    }

    /// The same as if nothing had been sent for the field.
    #[must_use]
    pub fn without(mut self, slug: &Slug) -> Self {
        let pointer = format!("/fields/{slug}");
        let is_other = |index: &str| {
            index.strip_prefix(&pointer).is_none_or(|rest| !rest.is_empty() && !rest.starts_with('/'))
        };
        self.changes.set.remove(slug);
        self.changes.clear.retain(|cleared| cleared != slug);
        self.references.retain(|reference| is_other(&reference.pointer));
        self.dangling.retain(|fault| is_other(&fault.pointer));
        self.faults.retain(|fault| is_other(&fault.pointer));
        self.sent.remove(slug);
        self
    }

    /// The text that was sent for a field as it would be kept if it was left as it is: what a version with other rules of
    /// form has kept.
    pub fn as_sent(&self, slug: &Slug) -> Option<Value> {
        let text = serde_json::from_str(self.sent.get(slug)?.get()).ok()?;
        match self.changes.set.get(slug)? {
            Value::Text(_) => Some(Value::Text(text)),
            Value::Exact(_) => Some(Value::Exact(text)),
            _ => None,
        }
    }

    fn is_unchanged(&self, slug: &Slug, raw: &RawValue, before: Option<&Value>) -> bool {
        match (self.changes.set.get(slug), before) {
            (Some(value), Some(before)) => value.is_equal(before) || before.is_shown_as(raw),
            (Some(_), None) => false,
            (None, Some(before)) => before.is_shown_as(raw),
            (None, None) => raw.get() == "null" || self.changes.clear.contains(slug),
        }
    }
}

impl Value {
    /// Whether it is the same to the last letter. Of decimals the value counts, not how it is written.
    pub fn is_equal(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Decimal(one), Value::Decimal(other)) => is_equal_decimal(one, other),
            (
                Value::Money { amount: one, currency: own },
                Value::Money { amount: other, currency: others },
            ) => own == others && is_equal_decimal(one, other),
            (Value::Parts(own), Value::Parts(others)) => {
                own.keys().eq(others.keys())
                    && own.values().zip(others.values()).all(|(one, other)| one.is_equal(other))
            }
            _ => self == other,
        }
    }

    /// Whether that is the JSON which a read answers for it.
    fn is_shown_as(&self, raw: &RawValue) -> bool {
        let is_text = |raw: &RawValue, text: &str| {
            serde_json::from_str::<String>(raw.get()).is_ok_and(|sent| sent == text)
        };
        let members = || serde_json::from_str::<SentFields>(raw.get()).unwrap_or_default();
        match self {
            Value::Text(text) | Value::Exact(text) | Value::Numbered { text, .. } => is_text(raw, text),
            Value::Decimal(own) => decimal::parse(raw.get()).is_some_and(|sent| is_equal_decimal(own, &sent)),
            Value::Bool(own) => serde_json::from_str(raw.get()).is_ok_and(|sent: bool| sent == *own),
            Value::Money { amount, currency } => {
                let members = members();
                members.len() == 2
                    && members.get("amount").is_some_and(|sent| is_text(sent, amount))
                    && members.get("currency").is_some_and(|sent| is_text(sent, currency))
            }
            Value::List(own) => serde_json::from_str(raw.get()).is_ok_and(|sent: Vec<String>| sent == *own),
            Value::Parts(own) => {
                let members = members();
                own.keys().eq(members.keys())
                    && own.values().zip(members.values()).all(|(part, sent)| part.is_shown_as(sent))
            }
        }
    }
}

fn is_equal_decimal(one: &str, other: &str) -> bool {
    one == other || decimal::sort_key(one).is_some_and(|key| Some(key) == decimal::sort_key(other))
}

#[cfg(test)]
mod tests {
    use serde_json::value::to_raw_value;

    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn all() -> Vec<Value> {
        let decimal = |text: &str| Value::Decimal(text.to_owned());
        let money = |amount: &str, currency: &str| Value::Money {
            amount: amount.to_owned(),
            currency: currency.to_owned(),
        };
        let parts = |value| Value::Parts([("n".to_owned(), value), ("city".to_owned(), text("Ulm"))].into());
        let list = |items: &[&str]| Value::List(items.iter().map(|item| (*item).to_owned()).collect());
        vec![
            text("Ada"),
            text("ada"),
            decimal("1.0"),
            decimal("-1"),
            decimal("12345678901234567890123456789012345678"),
            Value::Bool(true),
            Value::Bool(false),
            money("1.00", "EUR"),
            money("1.00", "USD"),
            money("2", "EUR"),
            Value::Numbered { n: 7, text: "INV-7".to_owned() },
            list(&["a", "b"]),
            list(&["b", "a"]),
            parts(decimal("1.0")),
            parts(decimal("2")),
            Value::Parts([("city".to_owned(), text("Ulm"))].into()),
        ]
    }

    #[test]
    fn a_value_is_shown_as_its_own_json_and_equal_to_itself_alone() {
        let all = all();
        for (index, value) in all.iter().enumerate() {
            let raw = to_raw_value(value).unwrap();
            for (other_index, other) in all.iter().enumerate() {
                assert_eq!(other.is_shown_as(&raw), index == other_index, "{value:?} {other:?}");
                assert_eq!(other.is_equal(value), index == other_index, "{value:?} {other:?}");
            }
        }
    }

    #[test]
    fn decimals_are_equal_by_value_wherever_they_stand() {
        let decimal = |text: &str| Value::Decimal(text.to_owned());
        let money = |amount: &str| Value::Money { amount: amount.to_owned(), currency: "EUR".to_owned() };
        let parts = |value| Value::Parts([("n".to_owned(), value)].into());
        assert!(decimal("30").is_equal(&decimal("30.0")) && money("12.3").is_equal(&money("12.30")));
        assert!(parts(decimal("0.0")).is_equal(&parts(decimal("0"))));
        assert!(
            !decimal("30").is_equal(&decimal("30.01")) && !parts(money("1")).is_equal(&parts(money("2")))
        );
    }
}
