//! How objects are thrown away, brought back and destroyed.

use std::collections::BTreeMap;

use shared::{
    Code, Error, Member, Result,
    extract::IfMatch,
    id::ObjectId,
    object_type::Changes,
    table::{AttributeValue, When, WriteError, attribute},
};

use crate::{
    guards::Guards,
    item::{object_key, object_of, partition},
    object::StoredObject,
    store::{Store, TRIES_MAX, TypeInTeam, overtaken},
};

impl Store {
    /// Moves an object to the trash: out of every index and list, and its unique values are free again, at once.
    pub(crate) async fn trash(
        &self,
        by: &Member,
        object_type: &TypeInTeam,
        id: &ObjectId,
        if_match: &IfMatch,
    ) -> Result<()> {
        for _ in 0..TRIES_MAX {
            let object = self.read(by, object_type, id, false).await?;
            if_match.check(object.version)?;
            let guards = Guards::released(&self.objects, &object_type.0, id, &object.unique);
            let write = self.touched(object_type, &object, (by, self.now()))?.remove("ix");
            let write = write.set("trashed_at", attribute(&self.now())?);
            let write = write.set("tx", AttributeValue::S(partition(&object_type.0)));
            if self.commit(write, &guards).await?.is_ok() {
                return Ok(());
            }
        }
        Err(overtaken())
    }

    /// Brings an object back, if no other one has taken its unique values.
    pub(crate) async fn restore(
        &self,
        by: &Member,
        object_type: &TypeInTeam,
        id: &ObjectId,
        if_match: &IfMatch,
    ) -> Result<StoredObject> {
        for _ in 0..TRIES_MAX {
            let object = self.stored(object_type, id).await?;
            if_match.check(object.version)?;
            if object.trashed_at.is_none() {
                return Err(Error::new(Code::WrongState, "The object is not in the trash."));
            }
            let guards = Guards::taken(&self.objects, &object_type.0, id, &object.unique)?;
            let now = self.now();
            let write = self.touched(object_type, &object, (by, now))?.remove("tx").remove("trashed_at");
            let write = write.set("ix", AttributeValue::S(partition(&object_type.0)));
            if self.commit(write, &guards).await?.is_ok() {
                let none = Changes::default();
                return Ok(StoredObject {
                    trashed_at: None,
                    ..object.changed(&none, object_type, (by, now))
                });
            }
        }
        Err(overtaken())
    }

    /// Destroys an object, from the trash or past it. It is marked first, so that the last change of the item tells who
    /// did it; a mark that was left behind is followed up by the next try.
    pub(crate) async fn destroy(
        &self,
        by: &Member,
        object_type: &TypeInTeam,
        id: &ObjectId,
        if_match: &IfMatch,
    ) -> Result<()> {
        let key = object_key(&object_type.0, id);
        for _ in 0..TRIES_MAX {
            let item = self.objects.get(key.clone()).await?;
            let object = object_of(&item.ok_or_else(|| Error::not_found("object"))?)?;
            if !object.destroyed {
                if_match.check(object.version)?;
            }
            let is_marked = object.destroyed || {
                let held = if object.trashed_at.is_none() { object.unique.clone() } else { BTreeMap::new() };
                let guards = Guards::released(&self.objects, &object_type.0, id, &held);
                let write = self.touched(object_type, &object, (by, self.now()))?.remove("ix").remove("tx");
                self.commit(write.set("destroyed", AttributeValue::Bool(true)), &guards).await?.is_ok()
            };
            if is_marked {
                self.objects
                    .write(self.objects.delete(key).when(When::Set("destroyed".into())))
                    .await
                    .map_err(gone)?;
                return Ok(());
            }
        }
        Err(overtaken())
    }
}

/// What another request has removed already is removed.
fn gone(error: WriteError) -> Error {
    error.or(|_| Error::not_found("object"))
}
