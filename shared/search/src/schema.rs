//! Filters in the OpenAPI document: what a filter must have, which a type of Rust cannot say.

use std::borrow::Cow;

use base::schemas;
use records::object_type::SentMoney;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::{
    operand::{PART_LENGTH_MAX, VALUES_MAX},
    operator::{Kind, Operator},
    raw_query::FilterBody,
    reader::{CONDITIONS_MAX, DEPTH_MAX},
};

schemas! {
    /// What a condition compares with.
    Operand = |generator| {
        let money = generator.subschema_for::<SentMoney>().to_value();
        let one = [json!({"type": "string"}), json!({"type": "number"}), json!({"type": "boolean"}), money];
        let list = json!({"type": "array", "items": {"anyOf": one}, "minItems": 1, "maxItems": VALUES_MAX});
        let about = format!(
            "As the field takes it; a list of at most {VALUES_MAX} for `in`, true or false for `empty`. What `starts_with` and \
             `contains` look for has at most {PART_LENGTH_MAX} characters."
        );
        json_schema!({"description": about, "anyOf": one.into_iter().chain([list]).collect::<Vec<_>>()})
    };
    /// A condition.
    FilterCondition = |generator| {
        let field = json!({"type": "string", "description": "A searchable field, `created_at` or `updated_at`."});
        let members = json!({"field": field, "op": generator.subschema_for::<Operator>(), "value": generator.subschema_for::<Operand>()});
        json_schema!({
            "type": "object",
            "properties": members,
            "required": ["field", "op", "value"],
            "additionalProperties": false,
        })
    };
    /// All of these hold.
    FilterAll = |generator| several(generator, "all");
    /// At least one of these holds.
    FilterAny = |generator| several(generator, "any");
    /// This does not hold.
    FilterNot = |generator| alone("not", &json!(generator.subschema_for::<FilterBody>()));
}

fn several(generator: &mut SchemaGenerator, name: &str) -> Schema {
    let items = generator.subschema_for::<FilterBody>();
    alone(name, &json!({"type": "array", "items": items, "minItems": 1, "maxItems": CONDITIONS_MAX}))
}

fn alone(name: &str, schema: &Value) -> Schema {
    json_schema!({
        "type": "object",
        "properties": {name: schema},
        "required": [name],
        "additionalProperties": false,
    })
}

impl JsonSchema for FilterBody {
    fn schema_name() -> Cow<'static, str> {
        "Filter".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let about = format!(
            "A condition (`field`, `op`, `value`), or one of `all`, `any` and `not`. There are at most {CONDITIONS_MAX} \
             conditions, {DEPTH_MAX} deep."
        );
        let forms = [
            generator.subschema_for::<FilterCondition>(),
            generator.subschema_for::<FilterAll>(),
            generator.subschema_for::<FilterAny>(),
            generator.subschema_for::<FilterNot>(),
        ];
        json_schema!({"description": about, "oneOf": forms})
    }
}

/// Conditions as parameters of a query: each is one, with the field and the operator in its name.
pub(crate) fn conditions() -> Schema {
    let operators = Kind::Text.operators().replace(" and ", ", ").replace(", ", "|");
    let about = "Conditions, each a parameter such as `filter[amount][gte]=10`; all must hold. The field is a searchable one, \
                 `created_at` or `updated_at`; `in` takes values joined by commas, or one by one, each whole, as `filter[stage][in][0]` and so on; `empty` takes true or \
                 false.";
    json_schema!({
        "type": "object",
        "properties": {
            "filter": {
                "type": "object",
                "description": about,
                "propertyNames": {"pattern": format!(r"^filter\[[a-z][a-z0-9_-]*\](\[({operators})\]|\[in\]\[[0-9]{{1,4}}\])$")},
                "additionalProperties": {"type": "string"},
                "maxProperties": CONDITIONS_MAX,
            },
        },
    })
}
