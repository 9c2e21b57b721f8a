//! Words, values and changes that somebody might try.

use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::{Value, json};

/// Texts that mean something somewhere.
const WORDS: &[&str] = &[
    "",
    " ",
    "0",
    "-1",
    "1e999",
    "null",
    "true",
    "{}",
    "[]",
    "\"",
    "\\",
    "/",
    "..",
    "%",
    "%00",
    "%2f",
    "%ff",
    "\u{0}",
    "\u{e9}",
    "\u{202e}",
    "\u{1f600}",
    "a@b.c",
    "obj_0000000000000000000000",
    "contacts",
    "name",
    "number",
    "amount",
    "only",
    "all",
    "eq",
    "in",
    "limit",
    "cursor",
    "sort",
    "-amount",
    "match",
    "filter[name][eq]",
    "filter[amount][gt]",
    "2026-11-29T00:00:00.000Z",
    "99999999999999999999999999999999999999999",
    "EUR",
    "https://receiver.invalid/",
    "object:read",
    "object.created",
    "owner",
    "\"1\"",
    "W/\"1\"",
    "*",
    "text",
    "dropdown",
    "relationship",
    "composite",
];

pub(super) fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => proptest::sample::select(WORDS).prop_map(str::to_owned),
        2 => any::<String>(),
        1 => (1..5_000_usize).prop_map(|length| "x".repeat(length)),
    ]
}

/// Any JSON, of these words.
pub(super) fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let members = vec((word(), inner.clone()), 0..4);
        prop_oneof![
            vec(inner, 0..4).prop_map(Value::from),
            members.prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// A change at some place of a document.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Replaced(Value),
    Removed,
    Added(String, Value),
    Nested,
}

pub(super) fn changes() -> impl Strategy<Value = Vec<(Index, Change)>> {
    let change = prop_oneof![
        4 => anything().prop_map(Change::Replaced),
        2 => Just(Change::Removed),
        2 => (word(), anything()).prop_map(|(name, value)| Change::Added(name, value)),
        1 => Just(Change::Nested),
    ];
    vec((any::<Index>(), change), 0..4)
}

/// The document with the changes made one after the other.
pub(super) fn changed(mut document: Value, changes: &[(Index, Change)]) -> Value {
    for (at, change) in changes {
        let mut places = Vec::new();
        collect(&document, String::new(), &mut places);
        let pointer: &String = at.get(&places);
        let Some(place) = document.pointer_mut(pointer) else { continue };
        match change {
            Change::Replaced(value) => *place = value.clone(),
            Change::Removed => *place = Value::Null,
            Change::Nested => *place = json!([place.take()]),
            Change::Added(name, value) => match place {
                Value::Object(members) => drop(members.insert(name.clone(), value.clone())),
                Value::Array(items) => items.push(value.clone()),
                place => *place = value.clone(),
            },
        }
    }
    document
}

/// The pointers of all places (RFC 6901).
fn collect(value: &Value, pointer: String, places: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                collect(member, format!("{pointer}/{name}"), places);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                collect(item, format!("{pointer}/{at}"), places);
            }
        }
        _ => {}
    }
    places.push(pointer);
}
