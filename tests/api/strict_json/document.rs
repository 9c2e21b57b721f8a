//! Bodies that the document allows, with one thing in them that it does not.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// Every kind of JSON, as a schema calls it, and one of them.
const KINDS: [(&str, &str); 7] = [
    ("null", "null"),
    ("boolean", "true"),
    ("integer", "1"),
    ("number", "1.5"),
    ("string", "\"text\""),
    ("array", "[]"),
    ("object", "{}"),
];
/// How often a schema is looked into below itself.
const DEPTH_MAX: usize = 2;

/// What is held to the type of a field, which the document does not know.
const OF_FIELDS: [&str; 2] = ["SentValue", "Operand"];
/// A schema of whatever there is.
static ANYTHING: Value = Value::Bool(true);

/// The OpenAPI document.
pub(super) struct Document(pub(super) Value);

/// What may stand at a place of a body: a schema, and the schemas that it leads to.
pub(super) struct Place<'a> {
    document: &'a Document,
    schemas: Vec<&'a Value>,
}

/// A body, and the place in it that matters.
pub(super) type Sent = (String, Value);

impl Document {
    /// The schema of the body of an operation.
    pub(super) fn body(&self, path: &str, method: &str) -> &Value {
        let body = &self.0["paths"][path][method.to_lowercase()]["requestBody"];
        let schema = &body["content"]["application/json"]["schema"];
        assert!(schema.is_object(), "{method} {path} has no body in the document");
        schema
    }

    /// For each place of a body, the least bodies that have one of these values there.
    pub(super) fn bodies(&self, schema: &Value, values: &dyn Fn(&Place<'_>) -> Vec<Value>) -> Vec<Sent> {
        self.below(schema, values, &mut Vec::new())
    }

    fn below<'a>(
        &'a self,
        schema: &'a Value,
        values: &dyn Fn(&Place<'_>) -> Vec<Value>,
        open: &mut Vec<&'a Value>,
    ) -> Vec<Sent> {
        let place = Place { document: self, schemas: self.all(schema) };
        let mut found: Vec<_> = values(&place).into_iter().map(|value| (String::new(), value)).collect();
        for schema in place.schemas.iter().copied() {
            if open.iter().filter(|one| std::ptr::eq(**one, schema)).count() == DEPTH_MAX {
                continue;
            }
            open.push(schema);
            for (name, member) in schema["properties"].as_object().into_iter().flatten() {
                for (pointer, value) in self.below(member, values, open) {
                    let mut object = self.least(schema);
                    object[name] = value;
                    found.push((format!("/{name}{pointer}"), object));
                }
            }
            if schema["items"].is_object() {
                let items = self.below(&schema["items"], values, open).into_iter();
                found.extend(items.map(|(pointer, item)| (format!("/0{pointer}"), json!([item]))));
            }
            if schema["additionalProperties"].as_object().is_some_and(|schema| !schema.is_empty()) {
                let members = self.below(&schema["additionalProperties"], values, open).into_iter();
                found.extend(members.map(|(pointer, value)| (format!("/a{pointer}"), json!({"a": value}))));
            }
            open.pop();
        }
        found
    }

    /// The schemas that a value may keep to, behind all references and choices.
    fn all<'a>(&'a self, schema: &'a Value) -> Vec<&'a Value> {
        if let Some(reference) = schema["$ref"].as_str() {
            if OF_FIELDS.iter().any(|name| reference.ends_with(&format!("/{name}"))) {
                return vec![&ANYTHING];
            }
            return self.all(self.0.pointer(&reference[1..]).expect(reference));
        }
        let choices = ["anyOf", "oneOf", "allOf"].iter().filter_map(|name| schema[name].as_array());
        let choices: Vec<_> = choices.flatten().flat_map(|choice| self.all(choice)).collect();
        // What stands beside choices narrows all of them, and is a choice of its own only if it says what it takes.
        let is_own = choices.is_empty() || schema.get("type").is_some();
        choices.into_iter().chain(is_own.then_some(schema)).collect()
    }

    /// A value of the schema with no more in it than there has to be.
    fn least(&self, schema: &Value) -> Value {
        let schema = self.all(schema)[0];
        if let Some(value) = schema.get("const").or_else(|| schema["enum"].get(0)) {
            return value.clone();
        }
        let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str());
        match kind.unwrap_or_default() {
            "boolean" => json!(false),
            "integer" | "number" => schema.get("minimum").cloned().unwrap_or(json!(1)),
            "string" => json!(text(schema)),
            "array" => {
                let items = schema["minItems"].as_u64().unwrap_or_default().min(1);
                (0..items).map(|_| self.least(&schema["items"])).collect()
            }
            "object" => {
                let names = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
                let member = |name: &str| (name.to_owned(), self.least(&schema["properties"][name]));
                Value::Object(names.map(member).collect::<Map<_, _>>())
            }
            _ => Value::Null,
        }
    }
}

fn text(schema: &Value) -> String {
    let id = |pattern: &str| {
        let prefix = pattern.strip_prefix('^')?.strip_suffix("[0-9A-Za-z]{22}$")?;
        Some(format!("{prefix}{}", "0".repeat(22)))
    };
    match (schema["pattern"].as_str(), schema["format"].as_str()) {
        (Some(pattern), _) => id(pattern).unwrap_or_else(|| "a".to_owned()),
        (None, Some("date-time")) => "2030-01-01T00:00:00.000Z".to_owned(),
        (None, _) => "a".to_owned(),
    }
}

impl<'a> Place<'a> {
    /// The kinds of JSON that it takes; all, if it does not say.
    pub(super) fn kinds(&self) -> BTreeSet<&'a str> {
        let mut kinds = BTreeSet::new();
        for schema in &self.schemas {
            match &schema["type"] {
                Value::String(kind) => drop(kinds.insert(kind.as_str())),
                Value::Array(several) => kinds.extend(several.iter().filter_map(Value::as_str)),
                _ if schema.get("const").is_some() || schema.get("enum").is_some() => {
                    kinds.insert("string");
                }
                _ => kinds.extend(KINDS.map(|(kind, _)| kind)),
            }
        }
        if kinds.contains("number") {
            kinds.insert("integer");
        }
        kinds
    }

    /// The texts that it takes, if they are choices.
    pub(super) fn choices(&self) -> Vec<&'a str> {
        let of = |schema: &&'a Value| {
            let several = schema["enum"].as_array().into_iter().flatten();
            several.chain(schema.get("const")).filter_map(Value::as_str).collect::<Vec<_>>()
        };
        self.schemas.iter().flat_map(of).collect()
    }

    /// A value of each kind that it does not take.
    pub(super) fn others(&self) -> Vec<Value> {
        let kinds = self.kinds();
        let others = KINDS.iter().filter(|(kind, _)| !kinds.contains(kind));
        others.map(|(_, value)| serde_json::from_str(value).unwrap()).collect()
    }

    /// If it takes an object and no array, the members of one in their order, as an array.
    pub(super) fn members_in_order(&self) -> Vec<Value> {
        if self.kinds().contains("array") {
            return Vec::new();
        }
        let objects = self.schemas.iter().filter_map(|schema| schema["properties"].as_object());
        let members = |object: &Map<String, Value>| {
            object.values().map(|member| self.document.least(member)).collect::<Value>()
        };
        objects.map(members).collect()
    }
}
