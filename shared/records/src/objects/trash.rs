//! The trash of objects: moving there, restoring, destroying.

use crate::object_type::Changes;
use api::extract::IfMatch;
use base::{Code, Error, Result, id::ObjectId};
use table::{Attempt, AttributeValue, Condition, applied, retry};

use super::{
    Collection, Objects, StoredObject, Writer,
    codec::decode_object,
    keys::{object_key, partition},
    unique_index::UniqueChanges,
    write_plan::WritePlan,
};

impl Objects {
    /// Moves an object to the trash.
    ///
    /// # Errors
    /// 404 when there is none, 412 for the version.
    pub async fn trash(
        &self,
        by: &dyn Writer,
        collection: &Collection,
        id: &ObjectId,
        if_match: &IfMatch,
    ) -> Result<()> {
        retry("object", || async move {
            let object = self.read(by, collection, id, false).await?;
            if_match.check(object.version)?;
            let outcome = self.commit(by, self.plan_trash(by, collection, object)?).await?;
            Ok(Attempt::from(outcome).with(()))
        })
        .await
    }

    /// Brings an object back, if no other one has taken its unique values.
    ///
    /// # Errors
    /// 404 when there is none, 412 for the version, 409 when it is not in the trash or a unique value is taken.
    pub async fn restore(
        &self,
        by: &dyn Writer,
        collection: &Collection,
        id: &ObjectId,
        if_match: &IfMatch,
    ) -> Result<StoredObject> {
        retry("object", || async move {
            let object = self.stored(collection, id).await?;
            if_match.check(object.version)?;
            if object.trashed_at.is_none() {
                return Err(Error::new(Code::WrongState, "The object is not in the trash."));
            }
            let held = object.unique.clone();
            let object = object.with_keys_renewed(&collection.stored);
            let unique_changes = UniqueChanges::claim(&collection.stored, id, &object.unique);
            let unique_changes = unique_changes.with_former_keys_free(&collection.stored, id, &object.fields);
            let now = self.now();
            let write = self
                .state_change(collection, &object, (by, now))?
                .remove("tx")
                .remove("trashed_at")
                .remove("expires");
            let keys = object.unique.iter().filter(|(slug, key)| held.get(*slug) != Some(*key));
            let write = keys.fold(write, |write, (slug, key)| {
                write.set(format!("unique.{slug}"), AttributeValue::S(key.clone()))
            });
            let write = write.set("ix", AttributeValue::S(partition(&collection.stored)));
            let object = object.changed(&Changes::default(), collection, (by, now));
            let object = StoredObject { trashed_at: None, ..object };
            self.commit(by, WritePlan { write: Some(write), unique_changes, object }).await.map(Attempt::from)
        })
        .await
    }

    /// Destroys an object, from the trash or past it. It is marked first, so that the last change of the item tells who
    /// did it; a mark that was left behind is followed up by the next try, or expires.
    ///
    /// # Errors
    /// 404 when there is none, 412 for the version.
    pub async fn destroy(
        &self,
        by: &dyn Writer,
        collection: &Collection,
        id: &ObjectId,
        if_match: &IfMatch,
    ) -> Result<()> {
        retry("object", || async move {
            let key = object_key(&collection.stored, id);
            let item = self.table.get(key.clone()).await?;
            let object = decode_object(&item.ok_or_else(|| Error::not_found("object"))?)?;
            if !object.destroyed {
                if object.is_purged(self.now()) {
                    return Err(Error::not_found("object"));
                }
                if_match.check(object.version)?;
            }
            let is_marked = object.destroyed || {
                let held = object.unique.iter().filter(|_| object.trashed_at.is_none());
                let unique_changes = UniqueChanges::release(&collection.stored, id, held);
                let now = self.now();
                let write = self.state_change(collection, &object, (by, now))?.remove("ix").remove("tx");
                let write = write.set("destroyed", AttributeValue::Bool(true));
                let write = write.set("expires", AttributeValue::N(now.seconds().to_string()));
                self.commit(by, WritePlan { write: Some(write), unique_changes, object }).await?.is_ok()
            };
            if !is_marked {
                return Ok(Attempt::Conflict);
            }
            let delete = self.table.delete(key).when(Condition::AttributeExists("destroyed".into()));
            // If another request has removed it already, it is removed.
            applied(self.table.write(delete).await).map(|_| Attempt::Done(()))
        })
        .await
    }
}
