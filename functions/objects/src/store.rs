//! The storage of objects: create, read and update.

use std::{ops::Deref, sync::Arc};

use api::{Member, extract::IfMatch};
use audit::AuditLog;
use base::{Code, Error, Permission, Result, Timestamp, clock::Clock, id::ObjectId};
use records::object_type::{Changes, ObjectType, SentFields, StoredObjectType, Validation};
use table::Tables;
use table::{Attempt, Condition, ConditionFailed, Item, Table, WriteError, retry, text};

use crate::{
    codec::{blind_update, decode_object, object_key},
    object::{Before, StoredObject, validate_create, validate_patch},
    owners::OwnerCache,
    sequences::Sequences,
    type_cache::TypeCache,
};

/// The objects.
#[derive(Clone)]
pub struct Store {
    pub(crate) objects: Table,
    pub(crate) sequences: Sequences,
    pub(crate) owners: OwnerCache,
    pub(crate) log: AuditLog,
    types: TypeCache,
    clock: Clock,
}

/// The collection that a path names: the objects of one type, which was found in the caller's team.
pub(crate) struct Collection {
    pub(crate) stored: Arc<StoredObjectType>,
}

impl Deref for Collection {
    type Target = ObjectType;

    fn deref(&self) -> &ObjectType {
        &self.stored.object_type
    }
}

impl Store {
    /// The objects of the tables.
    pub fn new(tables: &Tables) -> Self {
        let Tables { objects, workspace, clock, .. } = tables.clone();
        let (log, types) = (AuditLog::new(tables), TypeCache::new(workspace, clock.clone()));
        Self { objects, sequences: Sequences::default(), owners: OwnerCache::default(), log, types, clock }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The collection of the type of that id or slug in the caller's team.
    pub(crate) async fn collection(&self, member: &Member, id_or_slug: &str) -> Result<Collection> {
        Ok(Collection { stored: self.types.get(&member.team, id_or_slug).await? })
    }

    pub(crate) async fn create(
        &self,
        by: &Member,
        collection: &Collection,
        sent: &SentFields,
    ) -> Result<StoredObject> {
        let validation = self.validate(by, collection, sent).await?;
        let changes = validate_create(collection, validation, self.now())?;
        self.insert(by, &collection.stored, changes).await
    }

    /// Writes a new object and claims its unique entries, in one transaction.
    pub(crate) async fn insert(
        &self,
        by: &Member,
        object_type: &StoredObjectType,
        changes: Changes,
    ) -> Result<StoredObject> {
        let plan = self.plan_create(by, object_type, changes).await?;
        let object = plan.object.clone();
        // Nobody else knows the id. If it exists, this very write or that of an earlier run of the same request
        // was applied, and only its answer was lost.
        Ok(match self.commit(by, plan).await? {
            Ok(made) => made,
            Err(refused) => refused.item(0).map(decode_object).transpose()?.unwrap_or(object),
        })
    }

    /// The object; one in the trash only if that is asked for.
    pub(crate) async fn read(
        &self,
        _: &Member,
        collection: &Collection,
        id: &ObjectId,
        trashed: bool,
    ) -> Result<StoredObject> {
        let object = self.stored(collection, id).await?;
        if object.trashed_at.is_some() == trashed { Ok(object) } else { Err(Error::not_found("object")) }
    }

    /// Changes an object. Fields that are not sent are left alone, so changes of different fields all survive.
    pub(crate) async fn update(
        &self,
        by: &Member,
        collection: &Collection,
        id: &ObjectId,
        sent: &SentFields,
        if_match: &IfMatch,
    ) -> Result<StoredObject> {
        let validation = self.validate(by, collection, sent).await?;
        if needs_current_values(by, collection, &validation) {
            return self.update_optimistic(by, collection, id, &validation, if_match).await;
        }
        let changes = validate_patch(collection, &validation, Before::Unread)?;
        if changes == Changes::default() {
            let object = self.read(by, collection, id, false).await?;
            return if_match.check(object.version).map(|()| object);
        }
        let change = (&validation, &changes);
        let write = blind_update(&self.objects, &collection.stored, id, change, (by, self.now()))?;
        let Some(write) = write.filter(|_| !touches_unique(&changes, collection)) else {
            return self.update_optimistic(by, collection, id, &validation, if_match).await;
        };
        match self.objects.write(write.and_when(is_expected(if_match))).await {
            Ok(item) => decode_object(&item),
            Err(WriteError::Failed(error)) => Err(error),
            Err(WriteError::ConditionFailed(refused)) => match refused.item(0) {
                Some(item) if is_replay_of_own_write(item, by) => decode_object(item),
                Some(item) if is_refused_for_size_alone(item, if_match) => {
                    let object = decode_object(item)?;
                    let before = Before::of(&object.fields, by);
                    if validate_patch(collection, &validation, before)? == Changes::default() {
                        return Ok(object);
                    }
                    self.update_optimistic(by, collection, id, &validation, if_match).await
                }
                _ => Err(refusal(&refused, if_match)),
            },
        }
    }

    /// Updates an object on the condition that it is as it was read, and starts over if it is not.
    pub(crate) async fn update_optimistic(
        &self,
        by: &Member,
        collection: &Collection,
        id: &ObjectId,
        validation: &Validation,
        if_match: &IfMatch,
    ) -> Result<StoredObject> {
        retry("object", || async move {
            let old = match self.read(by, collection, id, false).await {
                Err(error) if error.code == Code::NotFound => {
                    return Err(Before::Unread.check_form(validation).err().unwrap_or(error));
                }
                old => old?,
            };
            let changes = old.changes_by(by, collection, validation, if_match.check(old.version))?;
            self.commit(by, self.plan_update(by, collection, old, &changes)?).await.map(Attempt::from)
        })
        .await
    }

    pub(crate) async fn stored(&self, collection: &Collection, id: &ObjectId) -> Result<StoredObject> {
        let item = self.objects.get(object_key(&collection.stored, id)).await?;
        let object =
            item.as_ref().map(decode_object).transpose()?.filter(|object| !object.is_purged(self.now()));
        object.ok_or_else(|| Error::not_found("object"))
    }
}

/// The object is there and not in the trash.
pub(crate) fn is_live() -> Condition {
    Condition::All(vec![
        Condition::ItemExists,
        Condition::AttributeMissing("trashed_at".into()),
        Condition::AttributeMissing("destroyed".into()),
    ])
}

/// The object is there, not in the trash, and of a version that the client expects.
pub(crate) fn is_expected(if_match: &IfMatch) -> Condition {
    let is = |version: &u64| Condition::is_number("version", *version);
    match if_match.versions() {
        None => is_live(),
        // The condition names no version of ours: no object has version 0.
        Some([]) => is_live().and(is(&0)),
        Some(versions) => is_live().and(Condition::Any(versions.iter().map(is).collect())),
    }
}

/// Whether nothing but the size of the object can have refused the write.
fn is_refused_for_size_alone(item: &Item, if_match: &IfMatch) -> bool {
    decode_object(item).is_ok_and(|object| object.is_live() && if_match.check(object.version).is_ok())
}

/// Whether a change can only be validated with the current values: where rules depend on them, or where a value
/// that would be refused as a new one may be the current one.
pub(crate) fn needs_current_values(by: &Member, object_type: &ObjectType, validation: &Validation) -> bool {
    let may_be_unchanged = || validate_patch(object_type, validation, Before::Unread).is_err();
    object_type.has_rules() || (by.may(Permission::ObjectRead) && may_be_unchanged())
}

pub(crate) fn touches_unique(changes: &Changes, object_type: &ObjectType) -> bool {
    let is_touched = |slug| changes.set.contains_key(slug) || changes.clear.contains(slug);
    object_type.unique_fields().any(|field| is_touched(&field.slug))
}

/// Whether the item is as this very request left it: the SDK repeats a write of which only the answer was lost.
pub(crate) fn is_replay_of_own_write(item: &Item, by: &Member) -> bool {
    let actor = item.get("actor").and_then(|actor| actor.as_m().ok());
    !by.request_id.is_empty() && actor.and_then(|actor| text(actor, "request_id")) == Some(&by.request_id)
}

pub(crate) fn refusal(refused: &ConditionFailed, if_match: &IfMatch) -> Error {
    let found = refused.item(0).and_then(|item| decode_object(item).ok());
    match found.filter(StoredObject::is_live) {
        Some(object) if if_match.is_set() => Error::stale(object.version),
        _ => Error::not_found("object"),
    }
}
