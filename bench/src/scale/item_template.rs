//! Objects as the API stores them, made without it: what each is made from, and the proof that none differs.

use anyhow::{Context as _, ensure};
use base::{
    Timestamp,
    id::{ObjectId, TeamId},
};
use records::object_type::{
    FieldValues, SentFields, StoredObjectType, find, slot_key, slot_name, validate_fields, values_of,
};
use serde_json::Value;
use table::{AttributeValue, Item, Key, Table, attribute, number, text};

use crate::fixture::{Fixture, contact, email};

/// Numbers have seven digits whatever the size is, so that all objects are of one length.
const FIRST: usize = 1_000_000;
/// So many objects share a day, whatever the size is.
pub(super) const SHARING: usize = 50;
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;

/// Contact number so and so of so many, in an edition from 0 to 9.
pub(super) fn person(number: usize, edition: usize, size: usize) -> anyhow::Result<Value> {
    let mut person = contact(FIRST + number, edition);
    person["fields"]["since"] = day(number, size)?.into();
    Ok(person)
}

/// The unique value of a contact.
pub(super) fn address(number: usize) -> String {
    email(FIRST + number)
}

/// The amount of a contact in its first edition.
pub(super) fn amount(number: usize) -> usize {
    (FIRST + number) * 10
}

/// The day that a contact shares with others, which lie spread over the table. Whoever comes later has another day, so
/// that as many are found as before.
pub(super) fn day(number: usize, size: usize) -> anyhow::Result<String> {
    let shared = size / SHARING;
    let days = i64::try_from(if number < size { number % shared } else { shared + number % shared })?;
    let day = Timestamp::from_millis(days * DAY_MILLIS).context("there are too many days")?;
    Ok(day.to_string()[..10].to_owned())
}

/// What all objects of a type are made from: its definition, and one that the API has made.
pub(super) struct ItemTemplate {
    object_type: StoredObjectType,
    like: Item,
    /// What `size` counts besides the texts of the values.
    overhead: usize,
}

impl ItemTemplate {
    /// Takes the object that the API has made as an example. What the template makes is compared with it.
    pub(super) async fn take(
        workspace: &Table,
        objects: &Table,
        fixture: &Fixture,
        id: &ObjectId,
    ) -> anyhow::Result<Self> {
        let team = TeamId::parse(&fixture.team).context("the id of the team is none")?;
        let object_type = find(workspace, &team, &fixture.object_type).await?;
        let key = Key::new(object_type.partition(), id.as_str());
        let like = objects.get(key).await?.context("the object that was created is not stored")?;
        let size = number(&like, "size").context("an object has no size")?;
        let overhead = usize::try_from(size)?.saturating_sub(letters(&values_of(&like)));
        Ok(Self { object_type, like, overhead })
    }

    /// The item of an object, and its unique entries.
    pub(super) fn cast(&self, id: &ObjectId, fields: &Value) -> anyhow::Result<Vec<Item>> {
        let sent: SentFields = serde_json::from_str(&fields["fields"].to_string())?;
        let values = validate_fields(&self.object_type.object_type, &sent).changes.set;
        let [mut kept, mut keys, mut unique] = [Item::new(), Item::new(), Item::new()];
        let at = attribute(&id.made_at().context("an id tells no time")?)?;
        let mut item = self.like.clone();
        item.insert("sk".to_owned(), attribute(id)?);
        item.insert("size".to_owned(), attribute(&(self.overhead + letters(&values)))?);
        item.insert("created_at".to_owned(), at.clone());
        item.insert("updated_at".to_owned(), at);
        let mut entries = Vec::new();
        for field in &self.object_type.object_type.fields {
            let value = values.get(&field.slug).context("a field has no value")?;
            kept.insert(field.slug.to_string(), value.to_attribute());
            if let Some(slot) = self.object_type.slots.get(&field.slug) {
                let key = field.sort_key(value);
                item.insert(slot_name(*slot), slot_key(&key, id));
                keys.insert(field.slug.to_string(), AttributeValue::S(key));
            }
            if field.unique {
                let key = AttributeValue::S(field.unique_key(value));
                let entry = [
                    ("pk", AttributeValue::S(self.object_type.unique_partition(&field.slug))),
                    ("sk", key.clone()),
                    ("id", attribute(id)?),
                ];
                entries.push(entry.map(|(name, value)| (name.to_owned(), value)).into());
                unique.insert(field.slug.to_string(), key);
            }
        }
        for (name, map) in [("fields", kept), ("q", keys), ("unique", unique)] {
            item.insert(name.to_owned(), AttributeValue::M(map));
        }
        entries.insert(0, item);
        Ok(entries)
    }

    /// Makes sure that the object is stored as the template makes it, with its unique entries.
    pub(super) async fn compare(&self, objects: &Table, id: &ObjectId, fields: &Value) -> anyhow::Result<()> {
        for made in self.cast(id, fields)? {
            let key = Key::of(&made).context("an item has no key")?;
            let stored = objects.get(key).await?;
            let name = text(&made, "sk").unwrap_or_default();
            ensure!(
                stored.as_ref() == Some(&made),
                "the API stores {name} otherwise than the benchmark: {stored:?} is not {made:?}"
            );
        }
        Ok(())
    }
}

/// The bytes of the texts of these values.
fn letters(values: &FieldValues) -> usize {
    values.values().map(|value| value.display().len()).sum()
}
