//! The operand of a condition: read as a value of the field, and turned into its search key.

use std::collections::BTreeSet;

use base::{Fault, Timestamp, Violation, text::fold};
use records::object_type::{Field, FieldType, Value, check_value};
use serde_json::value::{RawValue, to_raw_value};

use crate::raw_query::RawOperand;

/// The most values of one `in`.
pub(crate) const VALUES_MAX: usize = 100;
/// The most characters of a part of a text.
pub(crate) const PART_LENGTH_MAX: usize = 1_000;

/// The key of one value, before which or behind which others are; without a field, of a time.
pub(crate) fn key(field: Option<&Field>, pointer: &str, raw: &RawOperand) -> Result<String, Fault> {
    let Some(field) = field else { return time(pointer, raw) };
    Ok(field.sort_key(&value(field, pointer, raw)?))
}

/// All keys that one value may have, in order: also those that a version before gave to it.
pub(crate) fn keys(field: Option<&Field>, pointer: &str, raw: &RawOperand) -> Result<Vec<String>, Fault> {
    let Some(field) = field else { return Ok(vec![time(pointer, raw)?]) };
    let value = value(field, pointer, raw)?;
    let mut keys = field.former_sort_keys(&value);
    keys.push(field.sort_key(&value));
    keys.sort_unstable();
    Ok(keys)
}

fn time(pointer: &str, raw: &RawOperand) -> Result<String, Fault> {
    let time = text(raw).and_then(|text| text.parse::<Timestamp>().ok());
    let refusal = || Fault::new(pointer, Violation::NotADate, "Send a time such as 2026-11-23T10:30:00Z.");
    time.map(|time| time.to_string()).ok_or_else(refusal)
}

fn value(field: &Field, pointer: &str, raw: &RawOperand) -> Result<Value, Fault> {
    // Objects keep an option that is none any more, and are to be found by it.
    if matches!(field.r#type, FieldType::Dropdown | FieldType::Radio) {
        part(pointer, raw)?;
        return Ok(Value::Exact(text(raw).unwrap_or_default()));
    }
    let value = match raw {
        RawOperand::Json(raw) => check_value(field, pointer, raw),
        RawOperand::Text(text) => check_value(field, pointer, &raw_value(field, text, pointer)?),
        RawOperand::Texts(_) => Err(Fault::new(pointer, Violation::WrongType, "Send one value.")),
    };
    let detail = "Send a value; to ask for objects without one, use empty.";
    value?.ok_or_else(|| Fault::new(pointer, Violation::Required, detail))
}

/// The keys of a list of values, in order, each once.
pub(crate) fn keys_of_list(
    field: Option<&Field>,
    pointer: &str,
    raw: &RawOperand,
) -> Result<Vec<String>, Vec<Fault>> {
    let values: Vec<(String, RawOperand)> = match raw {
        RawOperand::Text(text) => {
            text.split(',').map(|value| (pointer.to_owned(), RawOperand::Text(value.to_owned()))).collect()
        }
        RawOperand::Texts(texts) => {
            texts.iter().map(|(pointer, text)| (pointer.clone(), RawOperand::Text(text.clone()))).collect()
        }
        RawOperand::Json(raw) => {
            let list: Vec<Box<RawValue>> = serde_json::from_str(raw.get())
                .map_err(|_| vec![Fault::new(pointer, Violation::WrongType, "Send a list of values.")])?;
            let with_pointer = |(index, value)| (format!("{pointer}/{index}"), RawOperand::Json(value));
            list.into_iter().enumerate().map(with_pointer).collect()
        }
    };
    if !(1..=VALUES_MAX).contains(&values.len()) {
        let detail = format!("Send 1 to {VALUES_MAX} values.");
        return Err(vec![Fault::new(pointer, Violation::OutOfRange, detail)]);
    }
    let (mut keys, mut faults) = (BTreeSet::new(), Vec::new());
    for (pointer, value) in &values {
        match self::keys(field, pointer, value) {
            Ok(found) => keys.extend(found),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(keys.into_iter().collect()) } else { Err(faults) }
}

/// The key of a part of a text. Spaces around it count.
pub(crate) fn part(pointer: &str, raw: &RawOperand) -> Result<String, Fault> {
    let text = text(raw).ok_or_else(|| Fault::new(pointer, Violation::WrongType, "Send a text."))?;
    let fault = |code, detail: &str| Err(Fault::new(pointer, code, detail));
    if text.is_empty() {
        return fault(Violation::Required, "Send at least one character.");
    }
    if text.chars().any(char::is_control) {
        return fault(Violation::ControlCharacter, "Leave control characters out.");
    }
    if text.chars().count() > PART_LENGTH_MAX {
        return fault(Violation::TooLong, &format!("Give at most {PART_LENGTH_MAX} characters."));
    }
    Ok(fold(&text))
}

/// True or false.
pub(crate) fn flag(pointer: &str, raw: &RawOperand) -> Result<bool, Fault> {
    let text = match raw {
        RawOperand::Json(raw) => Some(raw.get()),
        RawOperand::Text(text) => Some(text.as_str()),
        RawOperand::Texts(_) => None,
    };
    let flag = text.and_then(|text| text.parse().ok());
    flag.ok_or_else(|| Fault::new(pointer, Violation::WrongType, "Send true or false."))
}

fn text(raw: &RawOperand) -> Option<String> {
    match raw {
        RawOperand::Json(raw) => serde_json::from_str(raw.get()).ok(),
        RawOperand::Text(text) => Some(text.clone()),
        RawOperand::Texts(_) => None,
    }
}

/// The text of a parameter as the JSON that the field would take.
fn raw_value(field: &Field, text: &str, pointer: &str) -> Result<Box<RawValue>, Fault> {
    let literal = match field.r#type {
        FieldType::Number | FieldType::Checkbox => RawValue::from_string(text.to_owned()).ok(),
        _ => None,
    };
    let raw = literal.map_or_else(|| to_raw_value(text), Ok);
    raw.map_err(|_| Fault::new(pointer, Violation::WrongType, "This is no value of the field."))
}
