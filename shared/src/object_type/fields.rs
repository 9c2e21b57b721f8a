//! The values of an object against the fields of its type: every fault at once.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::{Field, ObjectType, Required, SentFields, Value, check_value};
use crate::{error::Fault, text::Slug};

/// The values of an object.
pub type FieldValues = BTreeMap<Slug, Value>;

/// What a write sets and clears.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The new values.
    pub set: FieldValues,
    /// The fields that have none any more.
    pub clear: Vec<Slug>,
}

/// Reads values by the types of their fields.
///
/// # Errors
/// All faults, each at its field.
pub fn checked(object_type: &ObjectType, sent: &SentFields) -> Result<Changes, Vec<Fault>> {
    let mut changes = Changes::default();
    let mut faults = Vec::new();
    for (name, raw) in sent {
        let pointer = format!("/fields/{}", name.replace('~', "~0").replace('/', "~1"));
        match check_one(object_type, name, &pointer, raw) {
            Ok((field, Some(value))) => drop(changes.set.insert(field.slug.clone(), value)),
            Ok((field, None)) => changes.clear.push(field.slug.clone()),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(changes) } else { Err(faults) }
}

fn check_one<'a>(
    object_type: &'a ObjectType,
    name: &str,
    pointer: &str,
    raw: &RawValue,
) -> Result<(&'a Field, Option<Value>), Fault> {
    let field = object_type.field(name).ok_or_else(|| {
        let detail = format!("The object type {} has no such field.", object_type.slug);
        Fault::new(pointer, "unknown_field", detail)
    })?;
    Ok((field, check_value(field, pointer, raw)?))
}

/// The faults of fields that must have a value and would have none.
pub fn required_faults<'a>(
    object_type: &'a ObjectType,
    is_missing: impl Fn(&Slug) -> bool + 'a,
) -> Vec<Fault> {
    let missing = object_type
        .fields
        .iter()
        .filter(|field| field.required == Required::Always && is_missing(&field.slug));
    missing
        .map(|field| {
            Fault::new(
                format!("/fields/{}", field.slug),
                "required",
                format!("{} needs a value.", field.label),
            )
        })
        .collect()
}

impl Changes {
    /// The changes that make a new object, with the defaults of what was not sent.
    #[must_use]
    pub fn with_defaults(mut self, object_type: &ObjectType) -> Self {
        for field in &object_type.fields {
            let is_sent = self.set.contains_key(&field.slug) || self.clear.contains(&field.slug);
            if let Some(default) = field.default.as_ref().filter(|_| !is_sent) {
                self.set.insert(field.slug.clone(), default.clone());
            }
        }
        self
    }
}
