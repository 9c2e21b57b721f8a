//! Sizes of objects: limits for storing one, for writing several in a transaction, and for an answer.

use crate::object_type::{FieldValues, StoredObjectType, Value};
use base::{Error, Fault, Result, Violation};

use super::{StoredObject, keys::searchable_keys};

/// The bytes of all values of an object, with their names. An item of DynamoDB has 400 KB; what is beside the values, for
/// searchable and unique fields, takes part of that.
pub(crate) const OBJECT_SIZE_MAX: usize = 350_000;
/// The approximate bytes of an item besides its values and their keys.
const ITEM_OVERHEAD: usize = 1_500;
/// The approximate bytes of a value besides its text.
const VALUE_OVERHEAD: usize = 10;

impl StoredObject {
    /// The bytes of its item, about.
    pub(crate) fn item_size(&self, object_type: &StoredObjectType) -> usize {
        let keys = searchable_keys(&self.fields, object_type);
        // Each stands in `q` and in a slot.
        let keys = keys.iter().map(|(slug, _, key)| slug.as_str().len() + 2 * (key.len() + VALUE_OVERHEAD));
        size(&self.fields) + keys.sum::<usize>() + ITEM_OVERHEAD
    }

    /// The bytes of its values in the answer of a function, about: JSON as a text in JSON.
    pub fn answer_size(&self) -> usize {
        measure(&self.fields, escaped)
    }

    /// Refuses to become too large; what is so already may become smaller.
    pub(crate) fn check_size(&self, before: Option<&FieldValues>) -> Result<()> {
        let size_now = size(&self.fields);
        if size_now <= OBJECT_SIZE_MAX || before.is_some_and(|before| size_now <= size(before)) {
            return Ok(());
        }
        // How many these are would tell what else the object holds.
        let detail = format!("The values of an object have at most {OBJECT_SIZE_MAX} bytes together.");
        Err(Error::unprocessable(vec![Fault::new("/fields", Violation::TooLarge, detail)]))
    }
}

/// The bytes of values, with their names.
pub(crate) fn size(values: &FieldValues) -> usize {
    measure(values, str::len)
}

fn measure(values: &FieldValues, text: fn(&str) -> usize) -> usize {
    values.iter().map(|(slug, value)| slug.as_str().len() + measure_value(value, text)).sum()
}

fn measure_value(value: &Value, text: fn(&str) -> usize) -> usize {
    VALUE_OVERHEAD
        + match value {
            Value::Text(one) | Value::Exact(one) | Value::Decimal(one) => text(one),
            Value::Bool(_) => 1,
            Value::Money { amount, currency } => text(amount) + text(currency) + 2 * VALUE_OVERHEAD,
            Value::Numbered { text: one, .. } => text(one) + 2 * VALUE_OVERHEAD,
            Value::List(items) => items.iter().map(|one| text(one) + VALUE_OVERHEAD).sum(),
            Value::Parts(parts) => {
                parts.iter().map(|(name, part)| text(name) + measure_value(part, text)).sum()
            }
        }
}

/// The bytes of a text that is escaped twice: once in the body, once with the body in the function's answer.
fn escaped(text: &str) -> usize {
    let byte = |byte: u8| match byte {
        b'"' | b'\\' => 4,
        b'\n' | b'\r' | b'\t' => 3,
        0..0x20 => 7,
        _ => 1,
    };
    text.bytes().map(byte).sum()
}

#[cfg(test)]
mod tests {
    use base::text::Slug;

    use super::*;

    #[test]
    fn an_answer_is_measured_as_it_is_sent() {
        for text in ["plain", "a \"quoted\" \\ one", "lines\nand\ttabs\r", "\u{1}\u{1f}", "é😀"] {
            let body = serde_json::to_string(text).unwrap();
            let sent = serde_json::to_string(&body).unwrap();
            // The quotes of both texts are the value's overhead.
            assert_eq!(escaped(text) + 6, sent.len(), "{text:?}");
        }
    }

    #[test]
    fn the_largest_object_fits_into_an_item_with_its_keys() {
        let unique_max = 16 * 2 * 64;
        let keys_max = 16 * (2 * crate::object_type::SORT_KEY_BYTES_MAX + 100);
        assert!(OBJECT_SIZE_MAX + keys_max + unique_max + ITEM_OVERHEAD <= 400 * 1024);
    }

    #[test]
    fn names_and_parts_count() {
        let slug = Slug::parse("a").unwrap();
        let text = |n: usize| Value::Text("x".repeat(n));
        let of = |value: Value| size(&[(slug.clone(), value)].into());
        assert_eq!(of(text(5)), 1 + VALUE_OVERHEAD + 5);
        let parts = Value::Parts([("city".to_owned(), text(5))].into());
        assert_eq!(of(parts), 1 + VALUE_OVERHEAD + 4 + VALUE_OVERHEAD + 5);
        assert!(of(Value::List(vec!["one".into(), "two".into()])) > of(text(6)));
    }
}
