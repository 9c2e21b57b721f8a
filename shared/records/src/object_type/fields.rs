//! Validation of the values of an object against the fields of its type: every fault at once.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::{Field, ObjectType, Precision, Reference, Value, Visible, pointer_part, read::parse_value};
use base::{
    error::{Fault, Violation},
    text::Slug,
    timestamp::Timestamp,
};

/// The values of an object.
pub type FieldValues = BTreeMap<Slug, Value>;

/// The changes of a write: what it sets and clears.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The new values.
    pub set: FieldValues,
    /// The fields that have none any more.
    pub clear: Vec<Slug>,
}

/// The outcome of validating what was sent against the fields of a type. Nothing may be written while there are
/// faults.
#[derive(Clone, Debug, Default)]
pub struct Validation {
    /// What it sets and clears, as far as it was valid.
    pub changes: Changes,
    /// What the values point at, which has to be looked up.
    pub references: Vec<Reference>,
    /// All faults so far, each at its place.
    pub faults: Vec<Fault>,
    /// The faults of dangling references: to what does not exist, is in the trash, or cannot be referred to here.
    pub dangling: Vec<Fault>,
    /// What has been sent for which fields, valid or not.
    pub(super) sent: BTreeMap<Slug, Box<RawValue>>,
}

/// Validates values against their fields. References are not looked up.
pub fn validate_fields(object_type: &ObjectType, sent: &super::SentFields) -> Validation {
    let mut validation = Validation::default();
    for (name, raw) in sent {
        let pointer = format!("/fields/{}", pointer_part(name));
        let Some(field) = object_type.field(name) else {
            let detail = format!("The object type {} has no such field.", object_type.slug);
            validation.faults.push(Fault::new(pointer, Violation::UnknownField, detail));
            continue;
        };
        validation.sent.insert(field.slug.clone(), raw.clone());
        match parse_value(field, &pointer, raw) {
            Ok(sent) => {
                validation.references.extend(sent.references);
                match sent.value {
                    Some(value) => drop(validation.changes.set.insert(field.slug.clone(), value)),
                    None => validation.changes.clear.push(field.slug.clone()),
                }
            }
            Err(faults) => validation.faults.extend(faults),
        }
    }
    validation
}

impl Validation {
    /// Whether a valid value, or none, was sent for the field, or nothing at all.
    pub(super) fn is_known(&self, slug: &Slug) -> bool {
        !self.sent.contains_key(slug)
            || self.changes.set.contains_key(slug)
            || self.changes.clear.contains(slug)
    }

    /// The faults that there are without a look at the values before.
    pub fn all_faults(&self) -> impl Iterator<Item = Fault> {
        self.faults.iter().chain(&self.dangling).cloned()
    }

    /// The same for a new object: with the defaults of fields that were not sent, and with values that fill
    /// themselves.
    #[must_use]
    pub fn with_defaults(mut self, object_type: &ObjectType, now: Timestamp) -> Self {
        for field in object_type.fields.iter().filter(|field| !self.sent.contains_key(&field.slug)) {
            if let Some(value) = initial(field, now) {
                self.changes.set.insert(field.slug.clone(), value);
            }
        }
        self.drop_hidden_defaults(object_type);
        self
    }

    /// The same without what was sent for fields that are not there by the values that were sent, and without the faults of it.
    /// A field of which that cannot be told, as a value that decides it is faulty, stays.
    #[must_use]
    pub fn without_hidden(mut self, object_type: &ObjectType) -> Self {
        let hidden = |validation: &Self| {
            let is_unknown = |slug: &Slug| !validation.is_known(slug);
            let is_hidden = |field: &&Field| match &field.visible {
                Visible::If(condition) if !condition.looks_at(&is_unknown) => {
                    !condition.holds(object_type, &validation.changes.set)
                }
                _ => false,
            };
            let sent = object_type.fields.iter().filter(|field| validation.sent.contains_key(&field.slug));
            sent.filter(is_hidden).map(|field| field.slug.clone()).next()
        };
        while let Some(slug) = hidden(&self) {
            self = self.without(&slug);
        }
        self
    }

    /// A default of a field that is not there does not count, and neither does what depends on it.
    fn drop_hidden_defaults(&mut self, object_type: &ObjectType) {
        let hidden = |validation: &Self| {
            let values = &validation.changes.set;
            let is_hidden = |field: &&Field| {
                values.contains_key(&field.slug)
                    && !validation.sent.contains_key(&field.slug)
                    && !field.is_visible(object_type, values)
            };
            object_type.fields.iter().find(is_hidden).map(|field| field.slug.clone())
        };
        while let Some(slug) = hidden(self) {
            self.changes.set.remove(&slug);
        }
    }
}

/// The value of a field that nothing was sent for.
fn initial(field: &Field, now: Timestamp) -> Option<Value> {
    if field.is_date_created() {
        let mut date = now.to_string();
        if field.settings.precision.unwrap_or_default() == Precision::Date {
            date.truncate("2026-11-23".len());
        }
        return Some(Value::Text(date));
    }
    // A default was checked when the type was defined.
    parse_value(field, "", field.default.as_ref()?).ok()?.value
}

impl Changes {
    /// The values as these changes leave them.
    #[must_use]
    pub fn applied_to(&self, mut values: FieldValues) -> FieldValues {
        values.extend(self.set.clone());
        values.retain(|slug, _| !self.clear.contains(slug));
        values
    }

    /// Gives an autogenerated field its number, of which `count` were given before.
    pub fn set_number(&mut self, field: &Field, count: u64) {
        let n = field.settings.first_number().saturating_add(count);
        self.set.insert(field.slug.clone(), Value::Numbered { n, text: field.numbered(n) });
    }
}
