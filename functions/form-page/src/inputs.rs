//! What stands in the inputs of a page: names and texts, as browsers send them.

use base::Timestamp;
use records::object_type::{Field, FieldType};
use serde_json::Value;

/// Names and texts, in the order of the inputs. A name may stand there several times.
pub(crate) type Inputs = Vec<(String, String)>;

/// The last text of that name.
pub(crate) fn text_of<'a>(inputs: &'a [(String, String)], name: &str) -> &'a str {
    inputs.iter().rev().find(|(other, _)| other == name).map(|(_, text)| text.as_str()).unwrap_or_default()
}

/// All texts of that name.
pub(crate) fn texts_of<'a>(inputs: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    inputs.iter().filter(|(other, _)| other == name).map(|(_, text)| text.as_str()).collect()
}

/// The field that an input belongs to: parts stand behind a dot.
pub(crate) fn field_of(name: &str) -> &str {
    name.split_once('.').map_or(name, |(field, _)| field)
}

/// What stands in the inputs of a field that has this value.
pub(crate) fn inputs_of(field: &Field, name: &str, value: &Value) -> Inputs {
    let one = |text: String| vec![(name.to_owned(), text)];
    match (field.r#type, value) {
        (_, Value::Null) => Vec::new(),
        (FieldType::Checkbox, value) => {
            if value == &Value::Bool(true) {
                one("true".to_owned())
            } else {
                Vec::new()
            }
        }
        (FieldType::Checkboxes, Value::Array(chosen)) => {
            chosen.iter().map(|option| (name.to_owned(), plain(option))).collect()
        }
        (FieldType::Date, Value::String(text)) => one(without_zone(text)),
        (FieldType::Money, Value::Object(money)) => {
            money.get("amount").map(plain).map(one).unwrap_or_default()
        }
        (FieldType::Address, Value::Object(parts)) => parts
            .iter()
            .filter(|(_, text)| !text.is_null())
            .map(|(part, text)| (format!("{name}.{part}"), plain(text)))
            .collect(),
        (FieldType::Composite, Value::Object(parts)) => {
            let part = |(part, value): (&String, &Value)| {
                let field =
                    field.settings.fields.iter().flatten().find(|field| field.slug.as_str() == part)?;
                Some(inputs_of(field, &format!("{name}.{part}"), value))
            };
            parts.iter().filter_map(part).flatten().collect()
        }
        (_, value) => one(plain(value)),
    }
}

/// A moment as an input has it, which knows no zones: in UTC. A day stays one.
fn without_zone(text: &str) -> String {
    let moment: Option<Timestamp> = text.parse().ok();
    moment.map_or_else(|| text.to_owned(), |moment| moment.to_string().trim_end_matches('Z').to_owned())
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field(json: Value) -> Field {
        serde_json::from_str(&json.to_string()).unwrap()
    }

    #[test]
    fn each_value_stands_in_its_inputs() {
        let composite = json!([
            {"slug": "width", "label": "Width", "type": "number"},
            {"slug": "tags", "label": "Tags", "type": "checkboxes", "settings": {"options": ["a", "b"]}},
        ]);
        for (r#type, value, inputs) in [
            ("text", json!("Ada"), vec![("x", "Ada")]),
            ("number", json!(12.50), vec![("x", "12.5")]),
            ("checkbox", json!(true), vec![("x", "true")]),
            ("checkbox", json!(false), vec![]),
            ("checkboxes", json!(["a", "b"]), vec![("x", "a"), ("x", "b")]),
            ("money", json!({"amount": "3.10", "currency": "EUR"}), vec![("x", "3.10")]),
            ("address", json!({"city": "Graz", "zip": null}), vec![("x.city", "Graz")]),
            (
                "composite",
                json!({"width": 1, "tags": ["b"], "gone": 2}),
                vec![("x.tags", "b"), ("x.width", "1")],
            ),
            ("date", json!("2026-12-24"), vec![("x", "2026-12-24")]),
            ("date", json!("2026-12-24T01:30:00.000+02:00"), vec![("x", "2026-12-23T23:30:00.000")]),
            ("text", json!(null), vec![]),
        ] {
            let field =
                field(json!({"slug": "x", "label": "X", "type": r#type, "settings": {"fields": composite}}));
            let mut found = inputs_of(&field, "x", &value);
            found.sort();
            let expected: Vec<_> =
                inputs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
            assert_eq!(found, expected, "{type} {value}");
        }
    }
}
