//! A type as it is stored, with what is going on behind it, and where it and its objects lie.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::{FieldValues, ObjectType, SEARCHABLE_MAX, Value};
use crate::{
    actor::Actor,
    error::{Error, Result},
    id::{JobId, ObjectId, ObjectTypeId, TeamId},
    jobs::Findings,
    table::{AttributeValue, Item, Key, Table, When, Write, attribute, text},
    text::Slug,
    timestamp::Timestamp,
};

/// A function goes by a type that it has read this long, and no longer.
pub const CACHE_SECONDS: i64 = 5;
/// The longest request: as long as API Gateway waits.
const REQUEST_SECONDS: i64 = 29;
/// This long after a change of a type no write goes by what the type was before: the work on older objects begins.
pub const GRACE_SECONDS: i64 = 2 * CACHE_SECONDS + REQUEST_SECONDS + 6;
/// A type is in the trash this long, and then destroyed.
pub const TRASH_SECONDS: i64 = 30 * 24 * 60 * 60;

/// What stands in a slot between the key of the value and the id of the object: less than all that a key may have.
/// Alone before the id it says that there is no value.
pub const NO_VALUE: &str = "\u{1}";

/// A type as it is stored: as one JSON text, since DynamoDB's numbers would round the defaults of decimals.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredObjectType {
    /// The team it belongs to.
    pub team: TeamId,
    /// What clients see.
    pub object_type: ObjectType,
    /// The index, from 1, of each searchable field.
    pub slots: BTreeMap<Slug, usize>,
    /// Who made the last change.
    pub actor: Actor,
    /// Grows by one with each write, also of those that change nothing that a client has sent.
    #[serde(default)]
    pub revision: u64,
    /// Since when each write of it writes its stamp too. Versions that know no stamps leave this out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamped: Option<Timestamp>,
    /// When it was moved to the trash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trashed_at: Option<Timestamp>,
    /// The work on older objects that changes of fields have left, by field; also of fields that are removed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub work: BTreeMap<Slug, Work>,
    /// How it ends, of a type in the trash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
}

/// What is to be done, or could not be done, about a field of older objects.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "a change of a field may ask for each of these")]
pub struct Work {
    /// Who does it. Another one's work on the field is of no account any more.
    pub job: JobId,
    /// Values are put into the index.
    pub indexes: bool,
    /// Values are guarded as unique.
    pub guards: bool,
    /// Values are checked against the rules of the field.
    pub checks: bool,
    /// Values are removed, as the field is.
    pub removes: bool,
    /// The slot to be emptied.
    pub slot: Option<usize>,
    /// What stood in the way, once it is done.
    pub failed: Option<Failed>,
}

/// What stood in the way.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Failed {
    /// Objects that share a value which must be unique.
    pub duplicates: Findings,
    /// Objects that break the rules of the field.
    pub contradictions: Findings,
    /// Objects with no room for what an index takes.
    #[serde(default)]
    pub too_large: Findings,
}

/// How a type in the trash ends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct End {
    /// Who destroys it.
    pub job: JobId,
    /// Whether there is no way back any more.
    pub is_final: bool,
}

impl Failed {
    /// Whether nothing stood in the way.
    pub fn is_nothing(&self) -> bool {
        [&self.duplicates, &self.contradictions, &self.too_large].iter().all(|found| found.count == 0)
    }

    /// What is missing in the index: as it is not unique, or has no room.
    pub fn of_index(&self) -> &Findings {
        if self.duplicates.count > 0 { &self.duplicates } else { &self.too_large }
    }
}

impl StoredObjectType {
    /// The attributes that hold it.
    ///
    /// # Errors
    /// 500: a type can always be written.
    pub fn to_item(&self) -> Result<Item> {
        let definition = serde_json::to_string(self).map_err(anyhow::Error::from)?;
        let mut item: Item = [
            ("definition".to_owned(), AttributeValue::S(definition)),
            ("revision".to_owned(), attribute(&self.revision)?),
        ]
        .into();
        if let Some(trashed_at) = &self.trashed_at {
            item.insert("trashed_at".to_owned(), attribute(trashed_at)?);
        }
        Ok(item)
    }

    /// The type in those attributes.
    ///
    /// # Errors
    /// 500: what is stored always has its form.
    pub fn from_item(item: &Item) -> Result<Self> {
        let definition = text(item, "definition").context("a stored object type has no definition")?;
        Ok(serde_json::from_str(definition).context("reading a stored object type")?)
    }

    /// Writes what has become of it, if it is still as it was read, and its stamp, which are to be one transaction.
    ///
    /// # Errors
    /// 500: a type can always be written.
    pub fn write(&mut self, workspace: &Table, now: Timestamp) -> Result<[Write; 2]> {
        let when = self.is_unchanged();
        self.revision += 1;
        self.stamped.get_or_insert(now);
        Ok([workspace.put_item(self.key(), self.to_item()?).when(when), self.stamp(workspace)?])
    }

    /// That it is still as it was read.
    pub fn is_unchanged(&self) -> When {
        match self.revision {
            0 => When::Exists.and(When::Unset("revision".to_owned())),
            revision => When::is_number("revision", revision),
        }
    }

    /// Where it lies.
    pub fn key(&self) -> Key {
        object_type_key(&self.team, &self.object_type.id)
    }

    /// The partition of its objects.
    pub fn partition(&self) -> String {
        format!("{}#{}", self.team, self.object_type.id)
    }

    /// The partition of the guards of a unique field.
    pub fn guards(&self, field: &Slug) -> String {
        format!("{}#unique#{field}", self.partition())
    }

    /// The partition of the counter of an autogenerated field.
    pub fn counter(&self, field: &Slug) -> String {
        format!("{}#counter#{field}", self.partition())
    }

    /// Whether nobody is to see its objects.
    pub fn is_hidden(&self) -> bool {
        self.trashed_at.is_some()
    }

    /// Whether every object with a value in this searchable field is in its index.
    pub fn is_indexed(&self, field: &str) -> bool {
        self.work_on(field).is_none_or(|work| !work.indexes || work.failed.is_some())
    }

    /// Whether every value in this unique field is guarded.
    pub fn is_guarded(&self, field: &str) -> bool {
        let is_done = |failed: &Failed| failed.duplicates.count == 0;
        self.work_on(field).is_none_or(|work| !work.guards || work.failed.as_ref().is_some_and(is_done))
    }

    /// The first slot that no field has, and that no field has left something in.
    pub fn free_slot(&self) -> Option<usize> {
        let left = self.work.values().filter_map(|work| work.slot);
        let taken: Vec<_> = self.slots.values().copied().chain(left).collect();
        (1..=SEARCHABLE_MAX).find(|slot| !taken.contains(slot))
    }

    fn work_on(&self, field: &str) -> Option<&Work> {
        self.work.iter().find_map(|(slug, work)| (slug.as_str() == field).then_some(work))
    }
}

/// The attribute of the slot of a searchable field, and the name of its index.
pub fn slot_name(slot: usize) -> String {
    format!("s{slot:02}")
}

/// What is in a slot: the key of the value, then the id, so that no two objects are in one place of an index. Every
/// object is in the index of every searchable field, or it would be missing where objects are sorted by it.
pub fn slot_text(key: &str, id: &ObjectId) -> AttributeValue {
    AttributeValue::S(format!("{key}{NO_VALUE}{}", id.part()))
}

/// The values in the item of an object.
pub fn values_of(item: &Item) -> FieldValues {
    let fields = item.get("fields").and_then(|fields| fields.as_m().ok());
    let value =
        |(slug, value): (&String, &AttributeValue)| Some((Slug::parse(slug)?, Value::from_attribute(value)?));
    fields.into_iter().flatten().filter_map(value).collect()
}

/// The partition of all that a team has set up.
pub fn workspace_partition(team: &TeamId) -> String {
    format!("TEAM#{team}")
}

/// Where a type lies.
pub fn object_type_key(team: &TeamId, id: &ObjectTypeId) -> Key {
    Key::new(workspace_partition(team), format!("TYPE#{id}"))
}

/// Where it is written which type has the slug.
pub fn object_type_slug_key(team: &TeamId, slug: &Slug) -> Key {
    Key::new(workspace_partition(team), format!("TYPESLUG#{slug}"))
}

/// The write by which a type gives its slug up. For a while nobody else may have it: a function may still take it for
/// the name of this type.
pub fn release_slug(workspace: &Table, stored: &StoredObjectType, now: Timestamp) -> Result<Write> {
    let item = [
        ("free_at".to_owned(), attribute(&now.plus_seconds(GRACE_SECONDS))?),
        ("was".to_owned(), attribute(&stored.object_type.id)?),
    ];
    Ok(workspace.put_item(object_type_slug_key(&stored.team, &stored.object_type.slug), item.into()))
}

/// The write by which a type takes a slug, refused when another one has it.
pub fn take_slug(
    workspace: &Table,
    team: &TeamId,
    (id, slug): (&ObjectTypeId, &Slug),
    now: Timestamp,
) -> Result<Write> {
    let is_free =
        When::Any(vec![When::Absent, When::not_after("free_at", now), When::is_text("was", id.as_str())]);
    let item = [("id".to_owned(), attribute(id)?)].into();
    Ok(workspace.put_item(object_type_slug_key(team, slug), item).when(is_free))
}

/// The type of that id or slug, in the trash or not.
///
/// # Errors
/// 404 when the team has none such.
pub async fn find(workspace: &Table, team: &TeamId, id_or_slug: &str) -> Result<StoredObjectType> {
    let id = match ObjectTypeId::parse(id_or_slug) {
        Some(id) => Some(id),
        None => match Slug::parse(id_or_slug) {
            Some(slug) => {
                workspace.get(object_type_slug_key(team, &slug)).await?.as_ref().and_then(named_type)
            }
            None => None,
        },
    };
    let item = match id {
        Some(id) => workspace.get(object_type_key(team, &id)).await?,
        None => None,
    };
    StoredObjectType::from_item(&item.ok_or_else(no_such_type)?)
}

/// 404: the team has no such type, or it is in the trash.
pub fn no_such_type() -> Error {
    Error::not_found("object type")
}

fn named_type(item: &Item) -> Option<ObjectTypeId> {
    text(item, "id").and_then(ObjectTypeId::parse)
}
