//! What values look like in the OpenAPI document, where the type of their field is not known: the union of all forms.

use base::schemas;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use base::json::{self, Nullable};

use super::{
    decimal::DIGITS_MAX,
    limits::{
        EMAIL_LENGTH_MAX, OPTIONS_MAX, PART_LENGTH_MAX, TEXT_LENGTH_MAX, TEXTAREA_LENGTH_MAX, UPLOADS_MAX,
        URL_LENGTH_MAX,
    },
};

schemas! {
    /// Values by the slug of their field, as they are sent.
    pub SentValues = |generator| {
        json_schema!({"type": "object", "additionalProperties": generator.subschema_for::<Nullable<SentValue>>()})
    };
    /// A value as it is sent.
    pub SentValue = |generator| {
        let about = format!(
            "As the type of the field takes it. A text or a name has at most {TEXT_LENGTH_MAX} characters, a textarea \
             {TEXTAREA_LENGTH_MAX}, an e-mail address {EMAIL_LENGTH_MAX}, a URL {URL_LENGTH_MAX}, a part of an address \
             {PART_LENGTH_MAX}; a number or an amount {DIGITS_MAX} digits; a field of uploads {UPLOADS_MAX} of them."
        );
        let (money, parts) = (generator.subschema_for::<SentMoney>(), generator.subschema_for::<SentParts>());
        json_schema!({"description": about, "anyOf": forms(sent(), &[money, parts])})
    };
    /// Money as it is sent.
    pub SentMoney = |_| json_schema!({
        "type": "object",
        "properties": {
            "amount": {"anyOf": [{"type": "string"}, {"type": "number"}]},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "description": "That of the field, if it is left out."},
        },
        "required": ["amount"],
        "additionalProperties": false,
    });
    /// The parts of an address or a composite as they are sent.
    pub(super) SentParts = |generator| {
        let money = generator.subschema_for::<SentMoney>();
        let part = json!({json::MARK: true, "anyOf": forms(sent(), &[money, json_schema!({"type": "null"})])});
        json_schema!({"type": "object", "additionalProperties": part})
    };
    /// Money.
    pub(super) Money = |_| json_schema!({
        "type": "object",
        "properties": {"amount": {"type": "string"}, "currency": {"type": "string"}},
        "required": ["amount", "currency"],
    });
    /// The parts of an address or a composite.
    pub(super) Parts = |generator| {
        let money = generator.subschema_for::<Money>();
        json_schema!({"type": "object", "additionalProperties": {"anyOf": forms(kept(), &[money])}})
    };
}

/// A value of a field.
pub(super) fn value(generator: &mut SchemaGenerator) -> Schema {
    let (money, parts) = (generator.subschema_for::<Money>(), generator.subschema_for::<Parts>());
    json_schema!({"description": "As the type of the field has it.", "anyOf": forms(kept(), &[money, parts])})
}

fn forms(plain: [Value; 4], others: &[Schema]) -> Vec<Value> {
    plain.into_iter().chain(others.iter().map(|schema| schema.clone().to_value())).collect()
}

/// The values that are no objects; the array is one of options, or of the ids of uploads.
fn sent() -> [Value; 4] {
    let list = json!({"type": "array", "items": {"type": "string"}, "maxItems": OPTIONS_MAX});
    let text = json!({"type": "string", "maxLength": TEXTAREA_LENGTH_MAX});
    [json!({"type": "number"}), json!({"type": "boolean"}), text, list]
}

fn kept() -> [Value; 4] {
    let list = json!({"type": "array", "items": {"type": "string"}});
    [json!({"type": "number"}), json!({"type": "boolean"}), json!({"type": "string"}), list]
}
