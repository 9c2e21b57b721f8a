//! The OpenAPI document as clients and their generators read it.

use std::{collections::HashSet, sync::OnceLock};

use base::text;
use regex::Regex;
use serde_json::{Value, json};

use crate::{
    harness::{Person, World, unique},
    tree::read,
};

/// The document.
pub(crate) fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| serde_json::from_str(&read("docs/reference/openapi.json")).unwrap())
}

/// All operations, each with its method and path.
fn operations() -> impl Iterator<Item = (&'static str, &'static str, &'static Value)> {
    let paths = document()["paths"].as_object().unwrap().iter();
    paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().iter();
        methods.map(move |(method, operation)| (method.as_str(), path.as_str(), operation))
    })
}

/// Whether an answer with this status and type is one that the document tells of; so is any to what is no operation of it.
pub(crate) fn tells_of(method: &str, path: &str, status: u16, content_type: Option<&str>) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let is_one = |given: &str| {
        let parts: Vec<_> = path.split('/').collect();
        let wanted: Vec<_> = given.split('/').collect();
        parts.len() == wanted.len()
            && parts.iter().zip(wanted).all(|(part, wanted)| wanted.starts_with('{') || *part == wanted)
    };
    let has_type = |response: &Value| match (response.get("content"), content_type) {
        (Some(content), Some(sent)) => content.get(sent.split(';').next().unwrap_or_default()).is_some(),
        (None, None) => true,
        _ => false,
    };
    let mut found = operations().filter(|(one, given, _)| one.eq_ignore_ascii_case(method) && is_one(given));
    found.all(|(_, _, operation)| {
        let told = operation["responses"].get(status.to_string());
        let told = told.map(|told| match told["$ref"].as_str() {
            Some(shared) => document().pointer(shared.trim_start_matches('#')).unwrap(),
            None => told,
        });
        told.is_some_and(has_type)
    })
}

/// Every schema, parameter and whatever else is in the document, with its place.
fn parts() -> Vec<(String, &'static Value)> {
    fn walk(value: &'static Value, place: &str, found: &mut Vec<(String, &'static Value)>) {
        match value {
            Value::Object(members) => {
                members.iter().for_each(|(name, value)| walk(value, &format!("{place}/{name}"), found));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(value, place, found)),
            _ => {}
        }
        found.push((place.to_owned(), value));
    }
    let mut found = Vec::new();
    walk(document(), "", &mut found);
    found
}

#[test]
fn each_operation_has_a_name_of_its_own_and_a_tag_that_is_told() {
    let mut names = HashSet::new();
    let tags = document()["tags"].as_array().unwrap();
    for (method, path, operation) in operations() {
        assert!(names.insert(operation["operationId"].as_str().unwrap()), "{method} {path}");
        let tag = tags.iter().find(|tag| tag["name"] == operation["tags"][0]);
        assert!(tag.is_some_and(|tag| tag["description"].as_str().unwrap().len() > 10), "{method} {path}");
    }
}

#[test]
fn each_operation_says_which_credential_it_needs() {
    let public: Vec<_> = operations()
        .filter(|(.., operation)| operation["security"] == json!([]))
        .map(|(_, path, _)| path)
        .collect();
    assert_eq!(
        public,
        [
            "/v1/credentials/revoke",
            "/v1/forms/{key}",
            "/v1/forms/{key}/submissions",
            "/v1/health",
            "/v1/openapi.json",
            "/v1/permissions"
        ]
    );
    for (method, path, operation) in operations().filter(|(_, path, _)| !public.contains(path)) {
        assert_eq!(operation["security"], json!([{"credential": []}]), "{method} {path}");
        assert!(operation["responses"].get("401").is_some(), "{method} {path}");
    }
}

#[test]
fn each_schema_has_a_form_that_generators_know() {
    let number = Regex::new(r"[0-9]$").unwrap();
    for name in document()["components"]["schemas"].as_object().unwrap().keys() {
        assert!(!number.is_match(name), "two schemas want to be called {name}: rename one of them");
    }
    for (place, part) in parts() {
        let Value::Object(schema) = part else { continue };
        let is_array =
            schema.get("type").is_some_and(|kind| kind == "array" || kind == &json!(["array", "null"]));
        assert!(!is_array || schema.contains_key("items"), "{place} has no items");
        assert!(!schema.contains_key("const"), "{place} is a choice without an enum");
        for name in ["schema", "items", "additionalProperties", "not"] {
            assert!(schema.get(name) != Some(&json!(true)), "{place}/{name} can be anything");
        }
        if let Some(Value::Object(properties)) = schema.get("properties") {
            for (name, property) in properties {
                let says = ["type", "$ref", "anyOf", "oneOf", "allOf", "enum"];
                let has_form = says.iter().any(|word| property.get(word).is_some());
                assert!(has_form, "{place}/{name} can be anything");
            }
        }
    }
}

/// What the keyword says at a place such as `Field.label`, `Settings.options[]`, `?limit` or `If-Match`: all that it says,
/// wherever that is.
fn said(place: &str, keyword: &str) -> Vec<&'static Value> {
    if let Some(schema) = place.strip_prefix('?').map_or_else(|| place.contains('-').then_some(place), Some) {
        let parameters = operations().flat_map(|(.., operation)| operation["parameters"].as_array().unwrap());
        let named = parameters.filter(|parameter| parameter["name"] == schema);
        return named
            .map(|one| if keyword == "description" { &one[keyword] } else { &one["schema"][keyword] })
            .collect();
    }
    let (name, member) = place.split_once('.').unwrap_or((place, ""));
    let mut schema = &document()["components"]["schemas"][name];
    if !member.is_empty() {
        schema = &schema["properties"][member.trim_end_matches("[]")];
    }
    if member.ends_with("[]") {
        schema = &schema["items"];
    }
    vec![&schema[keyword]]
}

#[test]
fn each_limit_that_concerns_a_request_is_in_the_document() {
    let limits = read("docs/reference/limits.md");
    let mut found = 0;
    for row in limits.lines().filter(|line| line.starts_with("| ") && line.contains('`')) {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [_, most, place] = cells.as_slice() else { panic!("{row} needs three cells") };
        let Some((place, keyword)) = place.trim_start_matches('`').split_once("` ") else { continue };
        let number = most.replace(',', "");
        let is_said = |said: &Value| match said {
            Value::String(text) => {
                let text = text.replace(',', "");
                text.split(|letter: char| !letter.is_ascii_digit()).any(|word| word == number)
            }
            said => said.as_u64().is_some_and(|said| said.to_string() == number),
        };
        let said = said(place, keyword);
        assert!(!said.is_empty() && said.iter().all(|said| is_said(said)), "{row}: {said:?}");
        found += 1;
    }
    assert!(found > 35);
}

#[test]
fn the_patterns_of_texts_are_the_rules_of_texts() {
    let [name, label, lines] =
        [text::NAME_FORM, text::LABEL_FORM, text::LINES_FORM].map(|form| Regex::new(form).unwrap());
    // A pattern says nothing of tags, which lie beyond U+FFFF.
    let is_said = |letter: &char| !matches!(letter, '\u{e0000}'..='\u{e007f}');
    for letter in ('\0'..=char::MAX).filter(is_said) {
        for text in [letter.to_string(), format!("a{letter}b"), format!("{letter}a"), format!("a{letter}")] {
            assert_eq!(name.is_match(&text), text::name("", &text, 9).is_ok(), "{text:?}");
            assert_eq!(label.is_match(&text), text::label("", &text, 9).is_ok(), "{text:?}");
            assert_eq!(lines.is_match(&text), text::lines("", &text, 9).is_ok(), "{text:?}");
        }
    }
}

/// The example of a schema.
fn example(name: &str) -> Value {
    document()["components"]["schemas"][name]["examples"][0].clone()
}

#[tokio::test]
async fn the_examples_can_be_sent_as_they_stand() {
    let owner = Person::new().await;
    let team = owner.team().await;
    owner.api.post("/v1/tokens", example("NewToken")).await.expect(201);
    let made =
        owner.api.post(&format!("/v1/teams/{team}/object-types"), example("NewObjectType")).await.expect(201);
    let path = format!("/v1/teams/{team}/objects/{}", made["slug"].as_str().unwrap());
    let created = owner.api.post(&path, example("Fields")).await.expect(201);
    let matched = said("?match", "examples")[0][0].as_str().unwrap();
    let upserted = owner.api.put(&format!("{path}?match={matched}"), example("Fields")).await.expect(200);
    assert_eq!(upserted["id"], created["id"]);
    let id = created["id"].as_str().unwrap();
    owner.api.patch(&format!("{path}/{id}"), example("Fields")).await.expect(200);
    let batch = owner.api.post(&format!("{path}/batch"), example("BatchBody")).await.expect(200);
    assert_eq!(batch["failed"], json!(0));
    let found = owner.api.post(&format!("{path}/query"), example("QueryBody")).await.expect(200);
    assert_eq!(found["data"].as_array().unwrap().len(), 1);
    owner.api.post(&format!("/v1/teams/{team}/webhooks"), example("NewWebhook")).await.expect(201);
}

#[tokio::test]
async fn a_condition_in_a_query_is_written_as_the_document_says() {
    let world = World::new().await;
    let contact = world.contact(json!({"name": "Ada", "amount": unique()})).await;
    world.contact(json!({"name": "Grace"})).await;
    let filter = operations().find(|(_, _, operation)| operation["operationId"] == "objects.list").unwrap().2;
    let filter = filter["parameters"].as_array().unwrap().iter().find(|one| one["name"] == "filter").unwrap();
    assert_eq!((&filter["style"], &filter["explode"]), (&json!("form"), &json!(true)));
    let pattern = Regex::new(filter["schema"]["propertyNames"]["pattern"].as_str().unwrap()).unwrap();
    for operator in ["eq", "ne", "lt", "lte", "gt", "gte", "in", "starts_with", "contains", "empty"] {
        let name = format!("filter[name][{operator}]");
        assert!(pattern.is_match(&name), "{name}");
        let value = if operator == "empty" { "false" } else { "Ada" };
        world.owner.api.get(&format!("{}?{name}={value}", world.contacts())).await.expect(200);
    }
    let found = world.owner.api.get(&format!("{}?filter[name][eq]=Ada", world.contacts())).await.expect(200);
    assert_eq!(found["data"], json!([contact]));
}
