//! Creates, reads and changes objects.

use api::extract::IfMatch;
use base::{Code, Error, Result, id::ObjectId};
use table::{Attempt, WriteError, retry};

use super::{
    Collection, Objects, StoredObject, Writer,
    codec::{blind_update, decode_object},
    conditions::{is_expected, is_refused_for_size_alone, is_replay_of_own_write, refusal},
    keys::object_key,
    rules::{Before, validate_create, validate_patch},
};
use crate::object_type::{Changes, ObjectType, SentFields, StoredObjectType, Validation};

impl Objects {
    /// Creates an object.
    ///
    /// # Errors
    /// 422 for what is wrong with the values, 409 when a unique value is taken.
    pub async fn create(
        &self,
        by: &dyn Writer,
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
        by: &dyn Writer,
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
    ///
    /// # Errors
    /// 404 when there is none.
    pub async fn read(
        &self,
        _: &dyn Writer,
        collection: &Collection,
        id: &ObjectId,
        trashed: bool,
    ) -> Result<StoredObject> {
        let object = self.stored(collection, id).await?;
        if object.trashed_at.is_some() == trashed { Ok(object) } else { Err(Error::not_found("object")) }
    }

    /// Changes an object. Fields that are not sent are left alone, so changes of different fields all survive.
    ///
    /// # Errors
    /// 404 when there is none, 412 for the version, 422 for what is wrong with the values, 409 when a unique value is taken.
    pub async fn update(
        &self,
        by: &dyn Writer,
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
        let write = blind_update(&self.table, &collection.stored, id, change, (by, self.now()))?;
        let Some(write) = write.filter(|_| !touches_unique(&changes, collection)) else {
            return self.update_optimistic(by, collection, id, &validation, if_match).await;
        };
        match self.table.write(write.and_when(is_expected(if_match))).await {
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
        by: &dyn Writer,
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

    /// The object, in the trash or not.
    ///
    /// # Errors
    /// 404 when there is none.
    pub async fn stored(&self, collection: &Collection, id: &ObjectId) -> Result<StoredObject> {
        let item = self.table.get(object_key(&collection.stored, id)).await?;
        let object =
            item.as_ref().map(decode_object).transpose()?.filter(|object| !object.is_purged(self.now()));
        object.ok_or_else(|| Error::not_found("object"))
    }
}

/// Whether a change can only be validated with the current values: where rules depend on them, or where a value
/// that would be refused as a new one may be the current one.
fn needs_current_values(by: &dyn Writer, object_type: &ObjectType, validation: &Validation) -> bool {
    let may_be_unchanged = || validate_patch(object_type, validation, Before::Unread).is_err();
    object_type.has_rules() || (by.reads() && may_be_unchanged())
}

fn touches_unique(changes: &Changes, object_type: &ObjectType) -> bool {
    let is_touched = |slug| changes.set.contains_key(slug) || changes.clear.contains(slug);
    object_type.unique_fields().any(|field| is_touched(&field.slug))
}
