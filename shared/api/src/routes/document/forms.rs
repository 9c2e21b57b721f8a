//! The forms that generators of clients know: a choice as an `enum`, whatever the words of it mean in its description; a
//! map as an object with any members.

use serde_json::{Map, Value, json};

/// Gives every schema of the document these forms.
pub(super) fn settle(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(settle);
            settle_choice(members);
            settle_number(members);
            settle_map(members);
        }
        Value::Array(items) => items.iter_mut().for_each(settle),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A `oneOf` of words becomes one `enum` of them. Where words are only some of the choices, they become one of these.
fn settle_choice(schema: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = schema.get("oneOf") else { return };
    let (choices, others): (Vec<_>, Vec<_>) =
        choices.clone().into_iter().partition(|choice| !words(choice).is_empty());
    if choices.is_empty() {
        return;
    }
    let names: Vec<_> = choices.iter().flat_map(words).collect();
    let told = choices.iter().filter_map(|choice| {
        Some(format!("- `{}`: {}", choice["const"].as_str()?, choice["description"].as_str()?))
    });
    let about =
        schema.remove("description").and_then(|about| about.as_str().map(|about| format!("{about}\n\n")));
    let description = about.unwrap_or_default() + &told.collect::<Vec<_>>().join("\n");
    if others.is_empty() {
        schema.remove("oneOf");
        schema.insert("type".to_owned(), json!("string"));
        schema.insert("enum".to_owned(), json!(names));
    } else {
        let one = json!({"type": "string", "enum": names});
        schema.insert("oneOf".to_owned(), std::iter::once(one).chain(others).collect());
    }
    schema.insert("description".to_owned(), json!(description.trim_end()));
}

/// The words that a schema consists of; none, if it is of another kind.
fn words(schema: &Value) -> Vec<Value> {
    match (&schema["const"], &schema["enum"]) {
        (word @ Value::String(_), _) => vec![word.clone()],
        (_, Value::Array(words)) => words.clone(),
        _ => Vec::new(),
    }
}

/// Members whose names have a pattern are told as any members with such names.
fn settle_map(schema: &mut Map<String, Value>) {
    let Some(Value::Object(patterns)) = schema.get("patternProperties") else { return };
    let Some((pattern, member)) = patterns.iter().next().filter(|_| patterns.len() == 1) else { return };
    let (pattern, member) = (pattern.clone(), member.clone());
    schema.remove("patternProperties");
    schema.insert("propertyNames".to_owned(), json!({"pattern": pattern}));
    schema.insert("additionalProperties".to_owned(), member);
}

/// How many bits a number has here is nothing to a client: its bounds are.
fn settle_number(schema: &mut Map<String, Value>) {
    if schema.get("format").and_then(Value::as_str).is_some_and(|format| format.starts_with("uint")) {
        schema.remove("format");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_an_enum_and_their_meanings_its_description() {
        let word =
            |name: &str| json!({"type": "string", "const": name, "description": format!("It is {name}.")});
        let mut schema = json!({"items": {"description": "A choice.", "oneOf": [word("on"), word("off")]}});
        settle(&mut schema);
        let about = "A choice.\n\n- `on`: It is on.\n- `off`: It is off.";
        assert_eq!(schema, json!({"items": {"type": "string", "enum": ["on", "off"], "description": about}}));
    }

    #[test]
    fn words_beside_something_else_are_one_of_the_choices() {
        let other = json!({"type": "object", "required": ["if"]});
        let mut schema =
            json!({"oneOf": [{"type": "string", "const": "never", "description": "No."}, other.clone()]});
        settle(&mut schema);
        let words = json!({"type": "string", "enum": ["never"]});
        assert_eq!(schema, json!({"oneOf": [words, other], "description": "- `never`: No."}));
    }

    #[test]
    fn members_with_a_pattern_are_any_members() {
        let member = json!({"type": "string"});
        let mut schema =
            json!({"type": "object", "patternProperties": {"^a": member}, "additionalProperties": false});
        settle(&mut schema);
        let names = json!({"pattern": "^a"});
        assert_eq!(schema, json!({"type": "object", "propertyNames": names, "additionalProperties": member}));
    }

    #[test]
    fn what_has_no_words_stays() {
        let mut schema =
            json!({"oneOf": [{"type": "object"}, {"type": "null"}], "type": "integer", "format": "int64"});
        let before = schema.clone();
        settle(&mut schema);
        assert_eq!(schema, before);
    }
}
