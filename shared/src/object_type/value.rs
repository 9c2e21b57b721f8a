//! Values of fields: what each type takes, how it is kept, and when two values are the same.

use std::borrow::Cow;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use super::{Field, FieldType, Precision, decimal};
use crate::{error::Fault, text, timestamp::Timestamp};

/// The most characters of a text or a name unless its settings say less.
pub(super) const TEXT_LENGTH_MAX: usize = 1_000;
/// The most characters of a textarea unless its settings say less.
pub(super) const TEXTAREA_LENGTH_MAX: usize = 50_000;
/// The most characters of an e-mail address (RFC 5321, section 4.5.3.1.3, without the angle brackets).
const EMAIL_LENGTH_MAX: usize = 254;
/// DynamoDB's sort keys have at most 1,024 bytes.
const SORT_KEY_BYTES_MAX: usize = 1_000;

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text, an option, an address, a date.
    Text(String),
    /// An exact decimal, in plain notation.
    Decimal(String),
    /// True or false.
    Bool(bool),
}

/// Reads a value as the field's type takes it; `None` for none: null, or an empty text.
///
/// # Errors
/// The fault, at the pointer.
pub fn check_value(field: &Field, pointer: &str, raw: &RawValue) -> Result<Option<Value>, Fault> {
    if raw.get() == "null" {
        return Ok(None);
    }
    match field.r#type {
        FieldType::Number => decimal(pointer, raw).map(Some),
        FieldType::Checkbox => boolean(pointer, raw).map(Some),
        _ => {
            let Ok(sent) = serde_json::from_str::<String>(raw.get()) else {
                return Err(Fault::new(pointer, "wrong_type", "Send a text."));
            };
            if text::is_blank(&sent) {
                Ok(None)
            } else {
                of_text(field, pointer, &sent).map(|text| Some(Value::Text(text)))
            }
        }
    }
}

fn of_text(field: &Field, pointer: &str, sent: &str) -> Result<String, Fault> {
    let length_max = |most: usize| field.settings.max_length.unwrap_or(most);
    match field.r#type {
        FieldType::Textarea => text::lines(pointer, sent, length_max(TEXTAREA_LENGTH_MAX)),
        FieldType::Email => email(pointer, sent),
        FieldType::Dropdown => option(field, pointer, sent),
        FieldType::Date => date(field.settings.precision.unwrap_or_default(), pointer, sent),
        FieldType::Text | FieldType::Name | FieldType::Number | FieldType::Checkbox => {
            text::line(pointer, sent, length_max(TEXT_LENGTH_MAX))
        }
    }
}

fn decimal(pointer: &str, raw: &RawValue) -> Result<Value, Fault> {
    if !raw.get().starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return Err(Fault::new(pointer, "wrong_type", "Send a number."));
    }
    let plain = decimal::parse(raw.get()).map(Value::Decimal);
    plain.ok_or_else(|| Fault::new(pointer, "out_of_range", "Send a number of at most 38 digits."))
}

fn boolean(pointer: &str, raw: &RawValue) -> Result<Value, Fault> {
    let flag = serde_json::from_str(raw.get()).map(Value::Bool);
    flag.map_err(|_| Fault::new(pointer, "wrong_type", "Send true or false."))
}

fn email(pointer: &str, sent: &str) -> Result<String, Fault> {
    let address = text::line(pointer, sent, EMAIL_LENGTH_MAX)?;
    if text::is_email(&address) {
        return Ok(address);
    }
    Err(Fault::new(pointer, "not_an_email", "Send an e-mail address such as ada@example.com."))
}

fn option(field: &Field, pointer: &str, sent: &str) -> Result<String, Fault> {
    let options = field.settings.options.as_deref().unwrap_or_default();
    if options.iter().any(|option| option == sent) {
        return Ok(sent.to_owned());
    }
    Err(Fault::new(pointer, "not_an_option", "Send one of the options of this field, with its case."))
}

fn date(precision: Precision, pointer: &str, sent: &str) -> Result<String, Fault> {
    match precision {
        Precision::Date => {
            let has_the_form = sent.len() == 10 && format!("{sent}T00:00:00Z").parse::<Timestamp>().is_ok();
            let refusal = || Fault::new(pointer, "not_a_date", "Send a date such as 2026-11-23.");
            has_the_form.then(|| sent.to_owned()).ok_or_else(refusal)
        }
        Precision::DateTime => {
            let at = sent.parse::<Timestamp>().map(|at| at.to_string());
            at.map_err(|_| {
                Fault::new(pointer, "not_a_date", "Send a date with time such as 2026-11-23T10:30:00Z.")
            })
        }
    }
}

impl Value {
    /// A text that sorts as the values do, as far as an index can hold it.
    pub fn sort_key(&self) -> String {
        let mut key = self.comparable();
        key.truncate(key.floor_char_boundary(SORT_KEY_BYTES_MAX));
        key
    }

    /// A text of bounded length that is the same for values that count as the same, and for no others.
    pub fn unique_key(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(self.comparable()))
    }

    /// Texts without case, in NFC; decimals whatever their notation.
    fn comparable(&self) -> String {
        match self {
            Value::Text(text) => text::fold(text),
            Value::Decimal(text) => decimal::sort_key(text).unwrap_or_default(),
            Value::Bool(flag) => u8::from(*flag).to_string(),
        }
    }

    /// What people read.
    pub fn display(&self) -> Cow<'_, str> {
        match self {
            Value::Text(text) | Value::Decimal(text) => text.into(),
            Value::Bool(flag) => flag.to_string().into(),
        }
    }

    /// The value as DynamoDB keeps it. A decimal lies in a map, as DynamoDB's own numbers lose trailing zeros.
    pub fn to_attribute(&self) -> AttributeValue {
        match self {
            Value::Text(text) => AttributeValue::S(text.clone()),
            Value::Decimal(text) => {
                AttributeValue::M([("decimal".to_owned(), AttributeValue::S(text.clone()))].into())
            }
            Value::Bool(flag) => AttributeValue::Bool(*flag),
        }
    }

    /// The value that [`Value::to_attribute`] made.
    pub fn from_attribute(attribute: &AttributeValue) -> Option<Self> {
        match attribute {
            AttributeValue::S(text) => Some(Value::Text(text.clone())),
            AttributeValue::Bool(flag) => Some(Value::Bool(*flag)),
            AttributeValue::M(map) => Some(Value::Decimal(map.get("decimal")?.as_s().ok()?.clone())),
            _ => None,
        }
    }
}

impl Serialize for Value {
    /// As JSON: decimals are numbers to the last digit.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Text(text) => serializer.serialize_str(text),
            Value::Decimal(text) => {
                RawValue::from_string(text.clone()).map_err(serde::ser::Error::custom)?.serialize(serializer)
            }
            Value::Bool(flag) => serializer.serialize_bool(*flag),
        }
    }
}

impl JsonSchema for Value {
    fn schema_name() -> Cow<'static, str> {
        "Value".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "number", "boolean"], "description": "As the type of the field takes it."})
    }
}

impl<'de> Deserialize<'de> for Value {
    /// From JSON text only, as numbers must come to the last digit.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        let value = match text.as_bytes() {
            [b'"', ..] => serde_json::from_str(text).ok().map(Value::Text),
            [b't' | b'f', ..] => serde_json::from_str(text).ok().map(Value::Bool),
            [b'-' | b'0'..=b'9', ..] => decimal::parse(text).map(Value::Decimal),
            _ => None,
        };
        value.ok_or_else(|| {
            de::Error::custom("invalid type: expected a text, a number of at most 38 digits, true or false")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object_type::Settings;

    fn field(r#type: FieldType, settings: Settings) -> Field {
        let json =
            serde_json::json!({"slug": "f", "label": "F", "type": r#type, "settings": settings}).to_string();
        serde_json::from_str(&json).unwrap()
    }

    fn read(field: &Field, json: &str) -> Result<Option<String>, &'static str> {
        let raw = RawValue::from_string(json.to_owned()).unwrap();
        let value = check_value(field, "/fields/f", &raw).map_err(|fault| fault.code)?;
        Ok(value.map(|value| {
            assert_eq!(Value::from_attribute(&value.to_attribute()).as_ref(), Some(&value));
            serde_json::to_string(&value).unwrap()
        }))
    }

    fn accepts(field: &Field, cases: &[(&str, &str)]) {
        for (json, kept) in cases {
            assert_eq!(read(field, json), Ok(Some((*kept).to_owned())), "{json}");
        }
        assert_eq!(read(field, "null"), Ok(None));
    }

    fn refuses(field: &Field, cases: &[(&str, &str)]) {
        for (json, code) in cases {
            assert_eq!(read(field, json), Err(*code), "{json}");
        }
    }

    #[test]
    fn texts_are_clean_lines() {
        let text = field(FieldType::Text, Settings { max_length: Some(3), ..Settings::default() });
        accepts(&text, &[(r#"" a ""#, r#""a""#), (r#""e\u0301""#, r#""é""#)]);
        refuses(
            &text,
            &[
                (r#""a\nb""#, "control_character"),
                (r#""abcd""#, "too_long"),
                ("1", "wrong_type"),
                ("[]", "wrong_type"),
            ],
        );
        assert_eq!(read(&text, r#""""#), Ok(None));
        accepts(&field(FieldType::Textarea, Settings::default()), &[(r#""a\nb ""#, r#""a\nb ""#)]);
    }

    #[test]
    fn addresses_keep_their_case_and_compare_without() {
        let email = field(FieldType::Email, Settings::default());
        accepts(&email, &[(r#""Ada@Example.com""#, r#""Ada@Example.com""#)]);
        refuses(
            &email,
            &[
                (r#""ada""#, "not_an_email"),
                (r#""a@b@c""#, "not_an_email"),
                (r#""a b@c.de""#, "not_an_email"),
                (r#""Ada <ada@example.com>""#, "not_an_email"),
                (r#""a@[127.0.0.1]""#, "not_an_email"),
            ],
        );
        let key = |text: &str| Value::Text(text.to_owned()).sort_key();
        assert_eq!(key("Ada@Example.com"), key("ada@example.COM"));
    }

    #[test]
    fn numbers_are_exact() {
        let number = field(FieldType::Number, Settings::default());
        let long = "0.1234567890123456789012345678901234567";
        accepts(&number, &[("12.30", "12.30"), ("1e3", "1000"), (long, long)]);
        refuses(&number, &[(r#""12""#, "wrong_type"), ("true", "wrong_type"), ("1e400", "out_of_range")]);
    }

    #[test]
    fn dates_exist() {
        accepts(&field(FieldType::Date, Settings::default()), &[(r#""2028-02-29""#, r#""2028-02-29""#)]);
        refuses(
            &field(FieldType::Date, Settings::default()),
            &[
                (r#""2026-02-29""#, "not_a_date"),
                (r#""20260101""#, "not_a_date"),
                (r#""2026-W01-1""#, "not_a_date"),
                (r#""2026-1-1""#, "not_a_date"),
            ],
        );
        let with_time =
            field(FieldType::Date, Settings { precision: Some(Precision::DateTime), ..Settings::default() });
        accepts(&with_time, &[(r#""2026-11-23T10:30:00+02:00""#, r#""2026-11-23T08:30:00.000Z""#)]);
        refuses(&with_time, &[(r#""2026-11-23""#, "not_a_date")]);
    }

    #[test]
    fn options_have_a_case_and_checkboxes_two_states() {
        let options = Some(vec!["New".to_owned(), "Won".to_owned()]);
        let dropdown = field(FieldType::Dropdown, Settings { options, ..Settings::default() });
        accepts(&dropdown, &[(r#""New""#, r#""New""#)]);
        refuses(&dropdown, &[(r#""new""#, "not_an_option")]);
        accepts(&field(FieldType::Checkbox, Settings::default()), &[("true", "true"), ("false", "false")]);
        refuses(
            &field(FieldType::Checkbox, Settings::default()),
            &[("1", "wrong_type"), (r#""true""#, "wrong_type")],
        );
    }

    #[test]
    fn a_long_text_has_a_key_that_dynamodb_takes() {
        assert!(Value::Text("é".repeat(2_000)).sort_key().len() <= SORT_KEY_BYTES_MAX);
    }
}
