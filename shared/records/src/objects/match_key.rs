//! The unique value by which an upsert finds its object.

use std::borrow::Cow;

use base::{Error, Fault, Result, Violation, text::Slug};
use table::Key;

use super::{
    Collection, StoredObject, Writer,
    rules::{Before, validate_patch},
    unique_index::entry_key,
};
use crate::object_type::{Field, Validation};

/// The unique value by which an upsert finds its object.
pub(crate) struct MatchKey {
    pub(crate) field: Slug,
    pub(super) key: String,
    /// The key that a former version of this code may have given to it.
    pub(super) former: Option<String>,
}

impl MatchKey {
    /// The value of that unique field among those that were sent.
    pub(crate) fn of(collection: &Collection, field: &str, validation: &Validation) -> Result<Self> {
        let field = match_field(collection, field)?;
        let Some(value) = validation.changes.set.get(&field.slug) else {
            validate_patch(collection, validation, Before::Unread)?;
            return Err(no_match_value(field));
        };
        let (key, former) = (field.unique_key(value), field.former_unique_key(value));
        Ok(Self { field: field.slug.clone(), key, former })
    }

    /// The entries of the unique index that may name its owner.
    pub(crate) fn entry_keys(&self, collection: &Collection) -> Vec<Key> {
        let keys = std::iter::once(&self.key).chain(&self.former);
        keys.map(|key| entry_key(&collection.stored, &self.field, key)).collect()
    }

    /// Whether the object has the value.
    pub(crate) fn matches(&self, object: &StoredObject) -> bool {
        let held = object.unique.get(&self.field);
        held.is_some_and(|held| *held == self.key || Some(held) == self.former.as_ref())
    }

    /// The part of the request that is applied to an object that has the value. For a caller who may not read
    /// objects, a match field with rules is left out: its value is the same, but without a look at the object
    /// its rules would refuse it.
    pub(crate) fn applicable<'a>(
        &self,
        by: &dyn Writer,
        collection: &Collection,
        validation: &'a Validation,
    ) -> Cow<'a, Validation> {
        let has_rules = collection.field(self.field.as_str()).is_some_and(Field::has_rules);
        if has_rules && !by.reads() {
            return Cow::Owned(validation.clone().without(&self.field));
        }
        Cow::Borrowed(validation)
    }
}

pub(super) fn match_field<'a>(collection: &'a Collection, name: &str) -> Result<&'a Field> {
    if collection.field(name).is_some_and(|field| field.unique)
        && !collection.stored.is_unique_index_built(name)
    {
        let detail = "Not every value of this field is known to be unique yet: match by it when the field says that it is ready.";
        return Err(Error::unprocessable(vec![Fault::new("?match", Violation::IndexBuilding, detail)]));
    }
    collection.field(name).filter(|field| field.unique).ok_or_else(|| {
        let unique: Vec<_> = collection.unique_fields().map(|field| field.slug.as_str()).collect();
        let detail = match unique.as_slice() {
            [] => "This object type has no unique field to match by.".to_owned(),
            unique => format!("Match by a unique field: {}.", unique.join(", ")),
        };
        Error::unprocessable(vec![Fault::new("?match", Violation::NotAUniqueField, detail)])
    })
}

fn no_match_value(field: &Field) -> Error {
    let detail = format!("Send a value for {}, by which the object is found.", field.slug);
    Error::unprocessable(vec![Fault::new(format!("/fields/{}", field.slug), Violation::Required, detail)])
}
