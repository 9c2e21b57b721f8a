//! Null in bodies, as the document tells of it: for the schemas an `Option` may be null, for our inputs it may be left out,
//! and null is only what [`Nullable`](base::json::Nullable) takes.

use std::collections::BTreeSet;

use serde_json::Value;

use base::json::MARK;

const SCHEMAS: &str = "#/components/schemas/";

/// Takes null from all that is sent and not marked as taking it, and removes the marks. A type that is sent and answered
/// leaves out in answers what it has none of, so it is the same for both.
pub(super) fn settle(document: &mut Value) {
    let mut sent = BTreeSet::new();
    for operation in document["paths"].as_object().into_iter().flat_map(serde_json::Map::values) {
        for operation in operation.as_object().into_iter().flat_map(serde_json::Map::values) {
            reach(document, &operation["requestBody"], &mut sent);
        }
    }
    for name in &sent {
        forbid(&mut document["components"]["schemas"][name]);
    }
    unmark(document);
}

/// Collects the names of the schemas that one leads to.
fn reach(document: &Value, schema: &Value, found: &mut BTreeSet<String>) {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix(SCHEMAS))
        && found.insert(name.to_owned())
    {
        reach(document, &document["components"]["schemas"][name], found);
    }
    parts(schema).for_each(|part| reach(document, part, found));
}

fn parts(schema: &Value) -> impl Iterator<Item = &Value> {
    let members = schema.as_object().into_iter().flat_map(serde_json::Map::values);
    members.chain(schema.as_array().into_iter().flatten())
}

fn parts_mut(schema: &mut Value) -> Box<dyn Iterator<Item = &mut Value> + '_> {
    match schema {
        Value::Object(members) => Box::new(members.values_mut()),
        Value::Array(items) => Box::new(items.iter_mut()),
        _ => Box::new(std::iter::empty()),
    }
}

fn forbid(schema: &mut Value) {
    if schema.get(MARK).is_none() {
        let is_null = |one: &Value| one.is_null() || one == "null" || one["type"] == "null";
        for name in ["type", "anyOf", "enum"] {
            let Some(choices) = schema.get_mut(name).and_then(Value::as_array_mut) else { continue };
            choices.retain(|one| !is_null(one));
            if let [one] = &choices[..]
                && name != "enum"
            {
                let one = one.clone();
                replace(schema, name, one);
            }
        }
    }
    parts_mut(schema).for_each(forbid);
}

/// Puts the only choice that is left in the place of the choices.
fn replace(schema: &mut Value, name: &str, one: Value) {
    let Some(members) = schema.as_object_mut() else { return };
    members.remove(name);
    match one {
        Value::Object(one) => members.extend(one),
        one => drop(members.insert(name.to_owned(), one)),
    }
}

fn unmark(schema: &mut Value) {
    if let Some(members) = schema.as_object_mut()
        && members.remove(MARK).is_some()
        && members.get("default").is_some_and(Value::is_null)
    {
        members.remove("default");
    }
    parts_mut(schema).for_each(unmark);
}
