//! A type as it is stored, with the migrations of its objects, and the keys of the type and of its objects.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::{FieldValues, Migration, MigrationConflicts, ObjectType, SEARCHABLE_MAX, Value};
use base::{
    actor::Actor,
    error::{Error, Result},
    id::{JobId, ObjectId, ObjectTypeId, TeamId},
    text::Slug,
    timestamp::Timestamp,
};
use resources::{TRASH_SECONDS, workspace_partition};
use table::{AttributeValue, Condition, Item, Key, Table, TableQuery, Write, attribute, text};

/// A function goes by a type that it has read this long, and no longer.
pub const CACHE_SECONDS: i64 = 5;
/// The longest request: as long as API Gateway waits.
const REQUEST_SECONDS: i64 = 29;
/// A change of a type has propagated after this time: no write goes by what the type was before, so migrations
/// may begin.
pub const PROPAGATION_SECONDS: i64 = 2 * CACHE_SECONDS + REQUEST_SECONDS + 6;
/// What the sort keys of slugs begin with.
const SLUG_PREFIX: &str = "TYPESLUG#";
/// So many slugs are counted in one round trip: they are small.
const SLUGS_AT_ONCE: usize = 1_000;

/// The separator in a slot between the key of the value and the id of the object: it sorts before all that a
/// key may have. Alone before the id it says that there is no value.
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
    /// The migrations of existing objects that changes of fields have left, by field; also of fields that are
    /// removed.
    #[serde(default, rename = "work", skip_serializing_if = "BTreeMap::is_empty")]
    pub migrations: BTreeMap<Slug, Migration>,
    /// How it is deleted, of a type in the trash.
    #[serde(default, rename = "end", skip_serializing_if = "Option::is_none")]
    pub deletion: Option<Deletion>,
}

/// How a type in the trash is deleted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Deletion {
    /// The job that destroys it.
    pub job: JobId,
    /// Whether it cannot be restored any more.
    #[serde(rename = "is_final")]
    pub is_irreversible: bool,
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

    /// The condition that it is still as it was read.
    pub fn is_unchanged(&self) -> Condition {
        match self.revision {
            0 => Condition::ItemExists.and(Condition::AttributeMissing("revision".to_owned())),
            revision => Condition::is_number("revision", revision),
        }
    }

    /// The key of the type.
    pub fn key(&self) -> Key {
        object_type_key(&self.team, &self.object_type.id)
    }

    /// The partition of its objects.
    pub fn partition(&self) -> String {
        format!("{}#{}", self.team, self.object_type.id)
    }

    /// The partition of the unique index of a field.
    pub fn unique_partition(&self, field: &Slug) -> String {
        format!("{}#unique#{field}", self.partition())
    }

    /// The partition of the counter of an autogenerated field.
    pub fn counter_partition(&self, field: &Slug) -> String {
        format!("{}#counter#{field}", self.partition())
    }

    /// Whether nobody is to see its objects.
    pub fn is_hidden(&self) -> bool {
        self.trashed_at.is_some()
    }

    /// Whether its time in the trash is over: from that moment on there is no such type, whenever its job deletes it.
    pub fn is_trash_over(&self, now: Timestamp) -> bool {
        self.trashed_at.is_some_and(|at| at.plus_seconds(TRASH_SECONDS) <= now)
    }

    /// Whether every object with a value in this searchable field is in its search index.
    pub fn is_search_index_built(&self, field: &str) -> bool {
        self.migration_of(field).is_none_or(|migration| !migration.indexes || migration.conflicts.is_some())
    }

    /// Whether every value in this unique field has its entry in the unique index.
    pub fn is_unique_index_built(&self, field: &str) -> bool {
        let is_done = |conflicts: &MigrationConflicts| conflicts.duplicates.count == 0;
        self.migration_of(field).is_none_or(|migration| {
            !migration.enforces_unique || migration.conflicts.as_ref().is_some_and(is_done)
        })
    }

    /// The first slot that no field has, and that no field has left something in.
    pub fn free_slot(&self) -> Option<usize> {
        let left = self.migrations.values().filter_map(|migration| migration.slot);
        let taken: Vec<_> = self.slots.values().copied().chain(left).collect();
        (1..=SEARCHABLE_MAX).find(|slot| !taken.contains(slot))
    }

    fn migration_of(&self, field: &str) -> Option<&Migration> {
        self.migrations.iter().find_map(|(slug, migration)| (slug.as_str() == field).then_some(migration))
    }
}

/// The attribute of the slot of a searchable field, and the name of its index.
pub fn slot_name(slot: usize) -> String {
    format!("s{slot:02}")
}

/// The sort key of an object in a slot: the key of the value, then the id, so that no two objects share one.
/// Every object is in the index of every searchable field, or it would be missing where objects are sorted by
/// it.
pub fn slot_key(key: &str, id: &ObjectId) -> AttributeValue {
    AttributeValue::S(format!("{key}{NO_VALUE}{}", id.suffix()))
}

/// The values in the item of an object.
pub fn values_of(item: &Item) -> FieldValues {
    let fields = item.get("fields").and_then(|fields| fields.as_m().ok());
    let value =
        |(slug, value): (&String, &AttributeValue)| Some((Slug::parse(slug)?, Value::from_attribute(value)?));
    fields.into_iter().flatten().filter_map(value).collect()
}

/// The key of a type.
pub fn object_type_key(team: &TeamId, id: &ObjectTypeId) -> Key {
    Key::new(workspace_partition(team), format!("TYPE#{id}"))
}

/// The key of the unique entry of a slug, which names the type that has it.
pub fn object_type_slug_key(team: &TeamId, slug: &Slug) -> Key {
    Key::new(workspace_partition(team), format!("{SLUG_PREFIX}{slug}"))
}

/// The write by which a type gives its slug up. For a while nobody else may have it: a function may still take it for
/// the name of this type.
pub fn release_slug(workspace: &Table, stored: &StoredObjectType, now: Timestamp) -> Result<Write> {
    let item = [
        ("free_at".to_owned(), attribute(&now.plus_seconds(PROPAGATION_SECONDS))?),
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
    let is_free = Condition::Any(vec![
        Condition::ItemMissing,
        Condition::not_after("free_at", now),
        Condition::is_text("was", id.as_str()),
    ]);
    let item = [("id".to_owned(), attribute(id)?)].into();
    Ok(workspace.put_item(object_type_slug_key(team, slug), item).when(is_free))
}

/// How many slugs the types of a team have, in the trash or not: as many as there are types.
///
/// # Errors
/// 503 when the database is busy or away.
pub async fn object_type_slugs(workspace: &Table, team: &TeamId) -> Result<u64> {
    let (mut count, mut after): (u64, Option<Item>) = (0, None);
    loop {
        // A slug that is given up keeps its item for a while, without an id.
        let is_taken = Condition::AttributeExists("id".to_owned());
        let query = TableQuery::partition(workspace_partition(team)).prefix(SLUG_PREFIX).filter(is_taken);
        let page = workspace.query(query.after(after.take()).limit(SLUGS_AT_ONCE)).await?;
        count += u64::try_from(page.items.len()).unwrap_or(u64::MAX);
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(count),
        }
    }
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
