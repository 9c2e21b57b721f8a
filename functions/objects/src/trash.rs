//! How objects are thrown away, brought back and destroyed.

use shared::{
    Code, Error, Member, Result,
    extract::IfMatch,
    id::ObjectId,
    object_type::Changes,
    table::{Attempt, AttributeValue, When, is_done, retry},
};

use crate::{
    guards::Guards,
    item::{object_key, object_of, partition},
    object::StoredObject,
    planned::Planned,
    store::{Store, TypeInTeam},
};

impl Store {
    /// Moves an object to the trash.
    pub(crate) async fn trash(
        &self,
        by: &Member,
        object_type: &TypeInTeam,
        id: &ObjectId,
        if_match: &IfMatch,
    ) -> Result<()> {
        retry("object", || async move {
            let object = self.read(by, object_type, id, false).await?;
            if_match.check(object.version)?;
            let outcome = self.commit(by, self.plan_trash(by, object_type, object)?).await?;
            Ok(Attempt::from(outcome).with(()))
        })
        .await
    }

    /// Brings an object back, if no other one has taken its unique values.
    pub(crate) async fn restore(
        &self,
        by: &Member,
        object_type: &TypeInTeam,
        id: &ObjectId,
        if_match: &IfMatch,
    ) -> Result<StoredObject> {
        retry("object", || async move {
            let object = self.stored(object_type, id).await?;
            if_match.check(object.version)?;
            if object.trashed_at.is_none() {
                return Err(Error::new(Code::WrongState, "The object is not in the trash."));
            }
            let held = object.unique.clone();
            let object = object.with_keys_renewed(&object_type.0);
            let guards = Guards::taken(&object_type.0, id, &object.unique);
            let guards = guards.sparing(&object_type.0, id, &object.fields);
            let now = self.now();
            let write = self
                .touched(object_type, &object, (by, now))?
                .remove("tx")
                .remove("trashed_at")
                .remove("expires");
            let keys = object.unique.iter().filter(|(slug, key)| held.get(*slug) != Some(*key));
            let write = keys.fold(write, |write, (slug, key)| {
                write.set(format!("unique.{slug}"), AttributeValue::S(key.clone()))
            });
            let write = write.set("ix", AttributeValue::S(partition(&object_type.0)));
            let object = object.changed(&Changes::default(), object_type, (by, now));
            let object = StoredObject { trashed_at: None, ..object };
            self.commit(by, Planned { write: Some(write), guards, object }).await.map(Attempt::from)
        })
        .await
    }

    /// Destroys an object, from the trash or past it. It is marked first, so that the last change of the item tells who
    /// did it; a mark that was left behind is followed up by the next try, or expires.
    pub(crate) async fn destroy(
        &self,
        by: &Member,
        object_type: &TypeInTeam,
        id: &ObjectId,
        if_match: &IfMatch,
    ) -> Result<()> {
        retry("object", || async move {
            let key = object_key(&object_type.0, id);
            let item = self.objects.get(key.clone()).await?;
            let object = object_of(&item.ok_or_else(|| Error::not_found("object"))?)?;
            if !object.destroyed {
                if object.is_gone(self.now()) {
                    return Err(Error::not_found("object"));
                }
                if_match.check(object.version)?;
            }
            let is_marked = object.destroyed || {
                let held = object.unique.iter().filter(|_| object.trashed_at.is_none());
                let guards = Guards::released(&object_type.0, id, held);
                let now = self.now();
                let write = self.touched(object_type, &object, (by, now))?.remove("ix").remove("tx");
                let write = write.set("destroyed", AttributeValue::Bool(true));
                let write = write.set("expires", AttributeValue::N(now.seconds().to_string()));
                self.commit(by, Planned { write: Some(write), guards, object }).await?.is_ok()
            };
            if !is_marked {
                return Ok(Attempt::Conflict);
            }
            let delete = self.objects.delete(key).when(When::Set("destroyed".into()));
            // What another request has removed already is removed.
            is_done(self.objects.write(delete).await).map(|_| Attempt::Done(()))
        })
        .await
    }
}
