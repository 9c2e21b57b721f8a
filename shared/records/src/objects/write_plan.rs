//! Write plans: what one change writes of an object as it was read, and of the unique index. A plan is
//! committed alone, or several in one transaction.

use crate::object_type::{Changes, StoredObjectType};
use base::{Result, Timestamp, id::ObjectId};
use resources::TRASH_SECONDS;
use table::{AttributeValue, Condition, ConditionFailed, Item, Write, WriteError, attribute};

use super::{
    Collection, Objects, StoredObject, Writer,
    codec::{decode_object, encode_object, touch, update},
    conditions::{is_live, is_replay_of_own_write},
    keys::{object_key, partition, unique_keys},
    size::size,
    unique_index::{UniqueChanges, not_unique},
};

/// A write of an object with its changes of the unique index; no write if there is nothing to change.
pub(crate) struct WritePlan {
    pub(crate) write: Option<Write>,
    pub(crate) unique_changes: UniqueChanges,
    /// The object as the write leaves it.
    pub(crate) object: StoredObject,
}

impl Objects {
    /// A new object with these values, which claims the entries of those that are unique.
    pub(crate) async fn plan_create(
        &self,
        by: &dyn Writer,
        object_type: &StoredObjectType,
        mut changes: Changes,
    ) -> Result<WritePlan> {
        // An earlier run of the same request may have created it and died before it answered.
        let (id, now) = match by.once() {
            Some(once) => (ObjectId::deterministic(once.at, &[&once.nonce]), once.at),
            None => (ObjectId::at(self.now()), self.now()),
        };
        self.assign_numbers(object_type, &mut changes, now).await?;
        let object = StoredObject {
            id,
            unique: unique_keys(&changes.set, object_type).into_iter().collect(),
            fields: changes.set,
            version: 1,
            created_at: now,
            updated_at: now,
            created_by: by.author().cloned(),
            updated_by: by.author().cloned(),
            trashed_at: None,
            destroyed: false,
        };
        object.check_size(None)?;
        let item = encode_object(&object, object_type, by)?;
        let write =
            self.table.put_item(object_key(object_type, &object.id), item).when(Condition::ItemMissing);
        let unique_changes = UniqueChanges::claim(object_type, &object.id, &object.unique);
        let unique_changes = unique_changes.with_former_keys_free(object_type, &object.id, &object.fields);
        Ok(WritePlan { write: Some(write), unique_changes, object })
    }

    /// An optimistic update of an object as it was read. Where unique values change, so do their entries in the
    /// same transaction.
    pub(crate) fn plan_update(
        &self,
        by: &dyn Writer,
        collection: &Collection,
        old: StoredObject,
        changes: &Changes,
    ) -> Result<WritePlan> {
        if *changes == Changes::default() {
            return Ok(WritePlan { write: None, unique_changes: UniqueChanges::default(), object: old });
        }
        let now = self.now();
        let unique_changes = UniqueChanges::replace(&collection.stored, &old.id, &old.unique, changes);
        let unique_changes = unique_changes.with_former_keys_free(&collection.stored, &old.id, &changes.set);
        let mut write = update(&self.table, &collection.stored, &old.id, changes, (by, now))?;
        for (slug, key) in unique_keys(&changes.set, &collection.stored) {
            write = write.set(format!("unique.{slug}"), AttributeValue::S(key));
        }
        for slug in changes.clear.iter().filter(|slug| old.unique.contains_key(*slug)) {
            write = write.remove(format!("unique.{slug}"));
        }
        let write = write.when(is_live().and(Condition::is_number("version", old.version)));
        let before = old.fields.clone();
        let object = old.changed(changes, collection, (by, now));
        object.check_size(Some(&before))?;
        let write = write.set("size", attribute(&size(&object.fields))?);
        Ok(WritePlan { write: Some(write), unique_changes, object })
    }

    /// An object goes to the trash: out of every index and list, and its unique values are free again, at once.
    /// When its time there is over the table itself removes it, in a second that has not begun before.
    pub(crate) fn plan_trash(
        &self,
        by: &dyn Writer,
        collection: &Collection,
        old: StoredObject,
    ) -> Result<WritePlan> {
        let now = self.now();
        let unique_changes = UniqueChanges::release(&collection.stored, &old.id, &old.unique);
        let write = self.state_change(collection, &old, (by, now))?.remove("ix");
        let write = write.set("trashed_at", attribute(&now)?);
        let end = now.seconds() + TRASH_SECONDS + 1;
        let write = write.set("expires", AttributeValue::N(end.to_string()));
        let write = write.set("tx", AttributeValue::S(partition(&collection.stored)));
        let object =
            StoredObject { trashed_at: Some(now), ..old.changed(&Changes::default(), collection, (by, now)) };
        Ok(WritePlan { write: Some(write), unique_changes, object })
    }

    /// The start of an update that changes the state of the object, on the condition that it is still as it was
    /// read.
    pub(crate) fn state_change(
        &self,
        collection: &Collection,
        object: &StoredObject,
        (by, now): (&dyn Writer, Timestamp),
    ) -> Result<Write> {
        let write = touch(self.table.update(object_key(&collection.stored, &object.id)), by, now)?;
        Ok(write.when(Condition::is_number("version", object.version)))
    }

    /// Commits a plan. The inner refusal is that the object is not as expected any more; a value that another
    /// object has is an error.
    pub(crate) async fn commit(
        &self,
        by: &dyn Writer,
        plan: WritePlan,
    ) -> Result<Result<StoredObject, ConditionFailed>> {
        let WritePlan { write, unique_changes, object } = plan;
        let Some(write) = write else { return Ok(Ok(object)) };
        let outcome = if unique_changes.is_empty() {
            self.table.write(write).await.map(drop)
        } else {
            let unique_changes = unique_changes.iter().map(|change| change.write(&self.table));
            self.table
                .transact(std::iter::once(Ok(write)).chain(unique_changes).collect::<Result<_>>()?)
                .await
        };
        match outcome {
            Ok(()) => {
                self.owners.remember(unique_changes.claimed_by(&object.id));
                Ok(Ok(object))
            }
            Err(WriteError::Failed(error)) => Err(error),
            Err(WriteError::ConditionFailed(refused)) if is_already_applied(&refused, &object, by) => {
                Ok(Ok(object))
            }
            Err(WriteError::ConditionFailed(refused)) => {
                match unique_changes.conflicts(&refused).as_slice() {
                    fields if !refused.at(0) => Err(not_unique(fields)),
                    _ => Ok(Err(refused)),
                }
            }
        }
    }
}

/// Whether the write was refused because it is applied already: the SDK repeats a write of which only the
/// answer was lost. The object alone does not tell, as two clients may do the same at once; neither does the
/// request id alone, as clients of API Gateway may choose theirs.
pub(super) fn is_already_applied(refused: &ConditionFailed, object: &StoredObject, by: &dyn Writer) -> bool {
    let is_same = |item: &Item| decode_object(item).is_ok_and(|found| found == *object);
    refused.item(0).is_some_and(|item| is_replay_of_own_write(item, by) && is_same(item))
}
