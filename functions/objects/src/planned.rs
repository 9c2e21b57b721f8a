//! Writes that are ready to be done: of an object as it was read, with what becomes of its guards. One is done alone, or
//! several at once.

use shared::{
    Member, Result, Timestamp,
    id::ObjectId,
    object_type::{Changes, StoredObjectType, TRASH_SECONDS},
    table::{AttributeValue, Item, Refused, When, Write, WriteError, attribute},
};

use crate::{
    guards::{Guards, not_unique},
    item::{change, new_item, object_key, object_of, partition, touch, unique_keys},
    object::StoredObject,
    size::size,
    store::{Store, TypeInTeam, is_live, is_own_write},
};

/// A write of an object, with its guards; no write if there is nothing to change.
pub(crate) struct Planned {
    pub(crate) write: Option<Write>,
    pub(crate) guards: Guards,
    /// The object as the write leaves it.
    pub(crate) object: StoredObject,
}

impl Store {
    /// A new object with these values, which takes the guards of those that are unique.
    pub(crate) async fn plan_create(
        &self,
        by: &Member,
        object_type: &StoredObjectType,
        mut changes: Changes,
    ) -> Result<Planned> {
        // A run before this one may have made it, and not lived to say so.
        let (id, now) = match &by.once {
            Some(once) => (ObjectId::derived(once.at, &[&once.nonce]), once.at),
            None => (ObjectId::at(self.now()), self.now()),
        };
        self.number(object_type, &mut changes, now).await?;
        let object = StoredObject {
            id,
            unique: unique_keys(&changes.set, object_type).into_iter().collect(),
            fields: changes.set,
            version: 1,
            created_at: now,
            updated_at: now,
            created_by: by.user.clone(),
            updated_by: by.user.clone(),
            trashed_at: None,
            destroyed: false,
        };
        object.fits(None)?;
        let item = new_item(&object, object_type, by)?;
        let write = self.objects.put_item(object_key(object_type, &object.id), item).when(When::Absent);
        let guards = Guards::taken(object_type, &object.id, &object.unique);
        let guards = guards.sparing(object_type, &object.id, &object.fields);
        Ok(Planned { write: Some(write), guards, object })
    }

    /// Changes of an object only as it was read: where unique values change, their guards move in the same write.
    pub(crate) fn plan_update(
        &self,
        by: &Member,
        object_type: &TypeInTeam,
        old: StoredObject,
        changes: &Changes,
    ) -> Result<Planned> {
        if *changes == Changes::default() {
            return Ok(Planned { write: None, guards: Guards::default(), object: old });
        }
        let now = self.now();
        let guards = Guards::moved(&object_type.0, &old.id, &old.unique, changes);
        let guards = guards.sparing(&object_type.0, &old.id, &changes.set);
        let mut write = change(&self.objects, &object_type.0, &old.id, changes, (by, now))?;
        for (slug, key) in unique_keys(&changes.set, &object_type.0) {
            write = write.set(format!("unique.{slug}"), AttributeValue::S(key));
        }
        for slug in changes.clear.iter().filter(|slug| old.unique.contains_key(*slug)) {
            write = write.remove(format!("unique.{slug}"));
        }
        let write = write.when(is_live().and(When::is_number("version", old.version)));
        let before = old.fields.clone();
        let object = old.changed(changes, object_type, (by, now));
        object.fits(Some(&before))?;
        let write = write.set("size", attribute(&size(&object.fields))?);
        Ok(Planned { write: Some(write), guards, object })
    }

    /// An object goes to the trash: out of every index and list, and its unique values are free again, at once. When its
    /// time there is over the table itself removes it, in a second that has not begun before.
    pub(crate) fn plan_trash(
        &self,
        by: &Member,
        object_type: &TypeInTeam,
        old: StoredObject,
    ) -> Result<Planned> {
        let now = self.now();
        let guards = Guards::released(&object_type.0, &old.id, &old.unique);
        let write = self.touched(object_type, &old, (by, now))?.remove("ix");
        let write = write.set("trashed_at", attribute(&now)?);
        let end = now.seconds() + TRASH_SECONDS + 1;
        let write = write.set("expires", AttributeValue::N(end.to_string()));
        let write = write.set("tx", AttributeValue::S(partition(&object_type.0)));
        let object = StoredObject {
            trashed_at: Some(now),
            ..old.changed(&Changes::default(), object_type, (by, now))
        };
        Ok(Planned { write: Some(write), guards, object })
    }

    /// The begin of a change of state, only if the object is still as it was read.
    pub(crate) fn touched(
        &self,
        object_type: &TypeInTeam,
        object: &StoredObject,
        (by, now): (&Member, Timestamp),
    ) -> Result<Write> {
        let write = touch(self.objects.update(object_key(&object_type.0, &object.id)), by, now)?;
        Ok(write.when(When::is_number("version", object.version)))
    }

    /// Does an object's write with its guards. The inner refusal is that the object is not as expected; a value that
    /// another object has is an error.
    pub(crate) async fn commit(
        &self,
        by: &Member,
        planned: Planned,
    ) -> Result<Result<StoredObject, Refused>> {
        let Planned { write, guards, object } = planned;
        let Some(write) = write else { return Ok(Ok(object)) };
        let outcome = if guards.is_empty() {
            self.objects.write(write).await.map(drop)
        } else {
            let guards = guards.iter().map(|guard| guard.write(&self.objects));
            self.objects.transact(std::iter::once(Ok(write)).chain(guards).collect::<Result<_>>()?).await
        };
        match outcome {
            Ok(()) => {
                self.guesses.learn(guards.taken_by(&object.id));
                Ok(Ok(object))
            }
            Err(WriteError::Failed(error)) => Err(error),
            Err(WriteError::Refused(refused)) if is_done(&refused, &object, by) => Ok(Ok(object)),
            Err(WriteError::Refused(refused)) => match guards.conflicts(&refused).as_slice() {
                fields if !refused.at(0) => Err(not_unique(fields)),
                _ => Ok(Err(refused)),
            },
        }
    }
}

/// Whether it is its own write that stands in the way: one of which only the answer was lost is tried again. By the object
/// alone two who do the same at once would look like one; by the request alone those who share an id, as clients of API
/// Gateway may choose theirs.
fn is_done(refused: &Refused, object: &StoredObject, by: &Member) -> bool {
    let is_same = |item: &Item| object_of(item).is_ok_and(|found| found == *object);
    refused.item(0).is_some_and(|item| is_own_write(item, by) && is_same(item))
}
