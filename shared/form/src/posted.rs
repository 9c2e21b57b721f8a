//! What plain HTML sends: inputs named by slug, parts behind a dot, the token and the parameters of the link behind an underscore.

use std::collections::BTreeMap;

use records::object_type::{Field, FieldType, ObjectType};
use serde_json::{Map, Value};

use crate::{
    FilledIn,
    judge::{of_texts, raw},
};

/// The name of the input that has the token.
const TOKEN: &str = "_token";
/// What stands before the names of parameters.
const PARAMS: &str = "_params.";

/// What was sent by a form of HTML, and the token if there was one.
pub fn posted(object_type: &ObjectType, inputs: Vec<(String, String)>) -> (FilledIn, Option<String>) {
    let (mut filled_in, mut token) = (FilledIn::default(), None);
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in inputs {
        if name == TOKEN {
            token = Some(value);
        } else if let Some(name) = name.strip_prefix(PARAMS) {
            filled_in.params.insert(name.to_owned(), value);
        } else {
            // Browsers write the ends of lines as HTTP does (HTML, section 4.10.21.8), and a value has them as it was typed.
            values.entry(name).or_default().push(value.replace("\r\n", "\n"));
        }
    }
    let mut whole: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for (name, texts) in values {
        let parts = name.split_once('.').and_then(|(slug, part)| Some((object_type.field(slug)?, part)));
        match (parts, object_type.field(&name)) {
            (Some((field, part)), _) if has_parts(field) => {
                let value = part_of(field, part, &texts);
                if !value.is_null() {
                    whole.entry(field.slug.to_string()).or_default().insert(part.to_owned(), value);
                }
            }
            (_, Some(field)) => {
                filled_in.fields.insert(name, of_texts(field, &texts));
            }
            (_, None) => {
                filled_in.fields.insert(name, raw(&Value::from(texts.concat())));
            }
        }
    }
    filled_in.fields.extend(whole.into_iter().map(|(slug, parts)| (slug, raw(&Value::Object(parts)))));
    (filled_in, token)
}

fn has_parts(field: &Field) -> bool {
    matches!(field.r#type, FieldType::Address | FieldType::Composite)
}

fn part_of(field: &Field, part: &str, texts: &[String]) -> Value {
    let sub = field.settings.fields.iter().flatten().find(|sub| sub.slug.as_str() == part);
    let text = texts.last().cloned().unwrap_or_default();
    match sub {
        Some(sub) => serde_json::from_str(of_texts(sub, texts).get()).unwrap_or(Value::Null),
        None if text.trim().is_empty() => Value::Null,
        None => Value::from(text),
    }
}
