//! The keys of objects and of their values.

use std::collections::HashMap;

use base::{id::ObjectId, text::Slug};
use table::Key;

use crate::object_type::{Field, FieldValues, StoredObjectType, Value};

/// The partition of all objects of a type.
pub fn partition(object_type: &StoredObjectType) -> String {
    object_type.partition()
}

/// The key of an object.
pub(crate) fn object_key(object_type: &StoredObjectType, id: &ObjectId) -> Key {
    Key::new(partition(object_type), id.as_str())
}

/// The searchable values with their slots and their keys; an empty key is none, as DynamoDB's keys cannot be empty.
pub(crate) fn searchable_keys(
    fields: &FieldValues,
    object_type: &StoredObjectType,
) -> Vec<(Slug, usize, String)> {
    let key = |(slug, value): (&Slug, &Value)| {
        let (slot, key) = index_entry(object_type, slug, value)?;
        Some((slug.clone(), slot, key)).filter(|(_, _, key)| !key.is_empty())
    };
    fields.iter().filter_map(key).collect()
}

/// The slot of a searchable field, and the key of the value in it.
pub(super) fn index_entry(
    object_type: &StoredObjectType,
    slug: &Slug,
    value: &Value,
) -> Option<(usize, String)> {
    let field = object_type.object_type.field(slug.as_str())?;
    Some((*object_type.slots.get(slug)?, field.sort_key(value)))
}

/// The keys of the values in unique fields.
pub(crate) fn unique_keys(fields: &FieldValues, object_type: &StoredObjectType) -> HashMap<Slug, String> {
    let unique = object_type.object_type.unique_fields();
    let key = |field: &Field| Some((field.slug.clone(), field.unique_key(fields.get(&field.slug)?)));
    unique.filter_map(key).collect()
}
