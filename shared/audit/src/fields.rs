//! The changes of a resource, field by field, bounded by what an item can hold.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use base::json::AnyJson;

/// The most bytes of values in one entry: an item of DynamoDB has at most 400 KB.
const SIZE_MAX: usize = 300_000;

/// The change of one field.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FieldChange {
    /// The name of the field.
    pub slug: String,
    /// The label of the field at that time.
    pub label: String,
    /// The value before; null if there was none.
    #[serde(default)]
    #[schemars(with = "Option<AnyJson>")]
    pub old: Option<Box<RawValue>>,
    /// The value after; null if there is none.
    #[serde(default)]
    #[schemars(with = "Option<AnyJson>")]
    pub new: Option<Box<RawValue>>,
    /// True if the values are left out, because they are too large or private.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub omitted: bool,
}

impl FieldChange {
    /// A change, without values yet.
    pub fn new(slug: impl Into<String>, label: impl Into<String>) -> Self {
        Self { slug: slug.into(), label: label.into(), old: None, new: None, omitted: false }
    }

    /// The change with both values; `None` means that there is none.
    #[must_use]
    pub fn values(self, old: Option<&impl Serialize>, new: Option<&impl Serialize>) -> Self {
        Self { old: old.and_then(raw_json), new: new.and_then(raw_json), ..self }
    }

    /// The change without its values, marked as omitted.
    #[must_use]
    pub fn without_values(self) -> Self {
        Self { old: None, new: None, omitted: true, ..self }
    }

    fn size(&self) -> usize {
        let size = |value: &Option<Box<RawValue>>| value.as_ref().map_or(0, |value| value.get().len());
        size(&self.old) + size(&self.new)
    }
}

/// A value as JSON, with numbers to the last digit; none for `null`.
pub fn raw_json(value: &impl Serialize) -> Option<Box<RawValue>> {
    serde_json::value::to_raw_value(value).ok().filter(|value| value.get() != "null")
}

/// Makes the changes fit into an entry: leaves out the values of the largest ones until they do.
pub fn fit_to_item(mut fields: Vec<FieldChange>) -> Vec<FieldChange> {
    let mut size: usize = fields.iter().map(FieldChange::size).sum();
    while size > SIZE_MAX
        && let Some(largest) = fields.iter_mut().max_by_key(|field| field.size())
    {
        size -= largest.size();
        *largest = largest.clone().without_values();
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(slug: &str, old: &str, new: &str) -> FieldChange {
        FieldChange::new(slug, slug).values(Some(&old), Some(&new))
    }

    #[test]
    fn values_are_told_as_they_are_and_none_is_null() {
        let change = FieldChange::new("amount", "Amount").values(None::<&u8>, Some(&serde_json::json!("é")));
        let text = serde_json::to_string(&change).unwrap();
        assert_eq!(text, r#"{"slug":"amount","label":"Amount","old":null,"new":"é"}"#);
        let read: FieldChange = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
        let exact = RawValue::from_string("12.300".to_owned()).unwrap();
        let change = FieldChange::new("n", "N").values(Some(&exact), None::<&u8>);
        assert_eq!(
            serde_json::to_string(&change).unwrap(),
            r#"{"slug":"n","label":"N","old":12.300,"new":null}"#
        );
    }

    #[test]
    fn of_too_much_the_largest_values_are_left_out() {
        let (long, longer) = ("x".repeat(100_000), "y".repeat(200_000));
        let fields = fit_to_item(vec![
            changed("a", &long, "b"),
            changed("b", &longer, &longer),
            changed("c", "1", "2"),
        ]);
        let omitted: Vec<_> = fields.iter().map(|field| field.omitted).collect();
        assert_eq!(omitted, [false, true, false]);
        assert!(fields[1].old.is_none() && fields[0].old.is_some());
        assert!(fit_to_item(vec![changed("a", "", &"x".repeat(400_000))])[0].omitted);
    }
}
