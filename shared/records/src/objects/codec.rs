//! Encodes objects as items and decodes them: their values, and beside them what the indexes need.

use crate::object_type::{Changes, StoredObjectType, Validation, Value, slot_key, slot_name};
use anyhow::Context as _;
use base::{
    Result, Timestamp,
    id::{ObjectId, UserId},
    text::Slug,
};
use table::{AttributeValue, Condition, Item, Table, Write, attribute, number, text};

use super::{
    StoredObject, Writer,
    keys::{index_entry, object_key, partition, searchable_keys},
    size::{OBJECT_SIZE_MAX, size},
};

/// The most values that the condition of a write compares, as an expression has 4 KB.
const COMPARED_MAX: usize = 40;

/// The whole item of a new object.
pub(crate) fn encode_object(
    object: &StoredObject,
    object_type: &StoredObjectType,
    by: &dyn Writer,
) -> Result<Item> {
    let texts = |(slug, text): (&Slug, &String)| (slug.to_string(), AttributeValue::S(text.clone()));
    let fields = object.fields.iter().map(|(slug, value)| (slug.to_string(), value.to_attribute()));
    let keys = searchable_keys(&object.fields, object_type);
    let mut item: Item = [
        ("fields", AttributeValue::M(fields.collect())),
        ("unique", AttributeValue::M(object.unique.iter().map(texts).collect())),
        (
            "q",
            AttributeValue::M(
                keys.iter()
                    .map(|(slug, _, key)| (slug.to_string(), AttributeValue::S(key.clone())))
                    .collect(),
            ),
        ),
        ("ix", AttributeValue::S(partition(object_type))),
        ("size", attribute(&size(&object.fields))?),
        ("version", attribute(&object.version)?),
        ("created_at", attribute(&object.created_at)?),
        ("updated_at", attribute(&object.updated_at)?),
        ("created_by", attribute(&object.created_by)?),
        ("updated_by", attribute(&object.updated_by)?),
        ("actor", attribute(&by.actor())?),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let key = |slug| keys.iter().find(|(of, _, _)| of == slug).map_or("", |(_, _, key)| key);
    let slots = object_type.slots.iter();
    item.extend(slots.map(|(slug, slot)| (slot_name(*slot), slot_key(key(slug), &object.id))));
    Ok(item)
}

/// What a filter looks at in the item of an object, as the object is.
pub fn search_item(object: &StoredObject, object_type: &StoredObjectType) -> Item {
    let keys = searchable_keys(&object.fields, object_type);
    let keys = keys.into_iter().map(|(slug, _, key)| (slug.to_string(), AttributeValue::S(key)));
    [
        ("sk".to_owned(), AttributeValue::S(object.id.to_string())),
        ("q".to_owned(), AttributeValue::M(keys.collect())),
        ("updated_at".to_owned(), AttributeValue::S(object.updated_at.to_string())),
    ]
    .into()
}

/// The update that makes these changes, field by field, so that concurrent changes of other fields survive.
pub(crate) fn update(
    table: &Table,
    object_type: &StoredObjectType,
    id: &ObjectId,
    changes: &Changes,
    (by, now): (&dyn Writer, Timestamp),
) -> Result<Write> {
    let mut write = touch(table.update(object_key(object_type, id)), by, now)?;
    for (slug, value) in &changes.set {
        write = write.set(format!("fields.{slug}"), value.to_attribute());
        if let Some((slot, key)) = index_entry(object_type, slug, value) {
            write = write.set(slot_name(slot), slot_key(&key, id));
            write = write.set(format!("q.{slug}"), AttributeValue::S(key));
        }
    }
    for slug in &changes.clear {
        write = write.remove(format!("fields.{slug}"));
        if let Some(slot) = object_type.slots.get(slug) {
            write = write.remove(format!("q.{slug}")).set(slot_name(*slot), slot_key("", id));
        }
    }
    Ok(write)
}

/// The same as a blind write, of an object that was not read: on the condition that it changes something, and
/// that the object cannot become too large by it. `size` is then an upper bound, which the next update that
/// reads the object corrects. `None` where only the object itself tells whether something changes.
pub(crate) fn blind_update(
    table: &Table,
    object_type: &StoredObjectType,
    id: &ObjectId,
    (validation, changes): (&Validation, &Changes),
    by: (&dyn Writer, Timestamp),
) -> Result<Option<Write>> {
    let Some(is_applied) = is_applied(object_type, validation, changes) else { return Ok(None) };
    let more = size(&changes.set);
    let has_room = Condition::AtMost("size".into(), attribute(&OBJECT_SIZE_MAX.saturating_sub(more))?);
    let write = update(table, object_type, id, changes, by)?;
    let write = write.add("size", i64::try_from(more).unwrap_or(i64::MAX));
    Ok(Some(write.when(has_room.and(is_applied.not()))))
}

/// The condition that the changes are applied already; `None` where DynamoDB cannot compare, as one value can
/// be written in several ways, or as there are too many values for one expression.
fn is_applied(
    object_type: &StoredObjectType,
    validation: &Validation,
    changes: &Changes,
) -> Option<Condition> {
    if changes.set.len() + changes.clear.len() > COMPARED_MAX {
        return None;
    }
    let keys = searchable_keys(&changes.set, object_type);
    let is_set = |(slug, value): (&Slug, &Value)| match value {
        Value::Text(_) | Value::Exact(_) => {
            let ways =
                [value.clone()].into_iter().chain(validation.as_sent(slug).filter(|sent| sent != value));
            let is = |way: Value| Condition::Is(format!("fields.{slug}"), way.to_attribute());
            Some(Condition::Any(ways.map(is).collect()))
        }
        Value::Bool(_) => Some(Condition::Is(format!("fields.{slug}"), value.to_attribute())),
        // Equal decimals have one key.
        Value::Decimal(_) => keys
            .iter()
            .find(|(of, _, _)| of == slug)
            .map(|(_, _, key)| Condition::is_text(format!("q.{slug}"), key)),
        Value::Money { .. } | Value::Numbered { .. } | Value::List(_) | Value::Parts(_) => None,
    };
    let set = changes.set.iter().map(is_set).collect::<Option<Vec<_>>>()?;
    let clear = changes.clear.iter().map(|slug| Condition::AttributeMissing(format!("fields.{slug}")));
    Some(Condition::All(set.into_iter().chain(clear).collect()))
}

/// Sets what every change of an object sets.
pub(crate) fn touch(write: Write, by: &dyn Writer, now: Timestamp) -> Result<Write> {
    Ok(write
        .set("updated_at", attribute(&now)?)
        .set("updated_by", attribute(&by.author())?)
        .set("actor", attribute(&by.actor())?)
        .add("version", 1))
}

/// The object in an item.
///
/// # Errors
/// 500 when the item holds none.
pub fn decode_object(item: &Item) -> Result<StoredObject> {
    Ok(decode(item).context("a stored object is not whole")?)
}

fn decode(item: &Item) -> Option<StoredObject> {
    let time = |name: &str| text(item, name)?.parse::<Timestamp>().ok();
    let user = |name: &str| UserId::parse(text(item, name)?);
    let map = |name: &str| Some(item.get(name)?.as_m().ok()?.iter());
    let field =
        |(slug, value): (&String, &AttributeValue)| Some((Slug::parse(slug)?, Value::from_attribute(value)?));
    let key = |(slug, key): (&String, &AttributeValue)| Some((Slug::parse(slug)?, key.as_s().ok()?.clone()));
    Some(StoredObject {
        id: ObjectId::parse(text(item, "sk")?)?,
        fields: map("fields")?.map(field).collect::<Option<_>>()?,
        unique: map("unique")?.map(key).collect::<Option<_>>()?,
        version: number(item, "version")?,
        created_at: time("created_at")?,
        updated_at: time("updated_at")?,
        created_by: user("created_by"),
        updated_by: user("updated_by"),
        trashed_at: time("trashed_at"),
        destroyed: item.contains_key("destroyed"),
    })
}
