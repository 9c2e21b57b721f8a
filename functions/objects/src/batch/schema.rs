//! Operations of a batch in the OpenAPI document: one form for each, told apart by `op`.

use std::borrow::Cow;

use base::id::ObjectId;
use records::object_type::SentValues;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::operation::OperationBody;

impl JsonSchema for OperationBody {
    fn schema_name() -> Cow<'static, str> {
        "Operation".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let id = generator.subschema_for::<ObjectId>().to_value();
        let fields = generator.subschema_for::<SentValues>().to_value();
        let about = "The unique field by whose value the object is found.";
        let matched = json!({"description": about, "type": "string"});
        let about = "The version that the change is meant for; another version is 412.";
        let version = json!({"description": about, "type": "integer", "minimum": 0});
        let one = |op: &str, title: &str, needed: &[(&str, &Value)], may_have: &[(&str, &Value)]| {
            let mut form = json!({"type": "object", "title": title, "additionalProperties": false});
            form["properties"]["op"] = json!({"type": "string", "enum": [op]});
            for (name, schema) in needed.iter().chain(may_have) {
                form["properties"][name] = (*schema).clone();
            }
            form["required"] = ["op"].into_iter().chain(needed.iter().map(|(name, _)| *name)).collect();
            form
        };
        let version = ("if_match", &version);
        json_schema!({
            "description": "One operation: which members it has depends on `op`.",
            "oneOf": [
                one("create", "CreateOperation", &[("fields", &fields)], &[]),
                one("update", "UpdateOperation", &[("id", &id), ("fields", &fields)], &[version]),
                one("upsert", "UpsertOperation", &[("match", &matched), ("fields", &fields)], &[version]),
                one("delete", "DeleteOperation", &[("id", &id)], &[version]),
            ],
        })
    }
}
