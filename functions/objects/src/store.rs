//! How objects are kept, changed, thrown away and brought back.

use std::{ops::Deref, sync::Arc};

use shared::{
    Error, Member, Platform, Result, Timestamp,
    clock::Clock,
    extract::IfMatch,
    id::ObjectId,
    object_type::{Changes, Checked, ObjectType, SentFields, StoredObjectType},
    table::{AttributeValue, Item, Refused, Table, When, Write, WriteError, text},
};

use crate::{
    guards::{Guards, not_unique},
    item::{change, new_item, object_key, object_of, touch, unique_keys},
    numbers::Numbers,
    object::{StoredObject, settled_new, settled_patch},
    types::Types,
};

/// A write that other writes keep overtaking gives up after so many tries.
pub(crate) const TRIES_MAX: usize = 20;

/// The objects.
#[derive(Clone)]
pub struct Store {
    pub(crate) objects: Table,
    pub(crate) numbers: Numbers,
    types: Types,
    clock: Clock,
}

/// The type that a path names, found in the caller's team.
pub(crate) struct TypeInTeam(pub(crate) Arc<StoredObjectType>);

impl Deref for TypeInTeam {
    type Target = ObjectType;

    fn deref(&self) -> &ObjectType {
        &self.0.object_type
    }
}

impl Store {
    /// The objects of the platform.
    pub fn new(platform: &Platform) -> Self {
        let Platform { objects, workspace, clock, .. } = platform.clone();
        Self { objects, numbers: Numbers::default(), types: Types::new(workspace, clock.clone()), clock }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The type of that id or slug in the caller's team.
    pub(crate) async fn object_type(&self, member: &Member, id_or_slug: &str) -> Result<TypeInTeam> {
        Ok(TypeInTeam(self.types.get(&member.team, id_or_slug).await?))
    }

    pub(crate) async fn create(
        &self,
        by: &Member,
        object_type: &TypeInTeam,
        sent: &SentFields,
    ) -> Result<StoredObject> {
        let checked = self.checked(by, object_type, sent).await?;
        let changes = settled_new(object_type, checked, self.now())?;
        self.insert(by, &object_type.0, changes).await
    }

    /// Writes a new object and takes the guards of its unique values, at once.
    pub(crate) async fn insert(
        &self,
        by: &Member,
        object_type: &StoredObjectType,
        mut changes: Changes,
    ) -> Result<StoredObject> {
        let now = self.now();
        self.number(object_type, &mut changes, now).await?;
        let object = StoredObject {
            id: ObjectId::at(now),
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
        let item = new_item(&object, object_type, by)?;
        let write = self.objects.put_item(object_key(object_type, &object.id), item).when(When::Absent);
        let guards = Guards::taken(&self.objects, object_type, &object.id, &object.unique)?;
        // Nobody else knows the id: if it is there, this very write came through, and only its answer was lost.
        drop(self.commit(write, &guards).await?);
        Ok(object)
    }

    /// The object; one in the trash only if that is asked for.
    pub(crate) async fn read(
        &self,
        _: &Member,
        object_type: &TypeInTeam,
        id: &ObjectId,
        trashed: bool,
    ) -> Result<StoredObject> {
        let object = self.stored(object_type, id).await?;
        if object.trashed_at.is_some() == trashed { Ok(object) } else { Err(Error::not_found("object")) }
    }

    /// Changes an object. Fields that are not sent are not touched, so changes of different fields all survive.
    pub(crate) async fn update(
        &self,
        by: &Member,
        object_type: &TypeInTeam,
        id: &ObjectId,
        sent: &SentFields,
        if_match: &IfMatch,
    ) -> Result<StoredObject> {
        let checked = self.checked(by, object_type, sent).await?;
        if object_type.has_rules() {
            return self.update_as_read(by, object_type, id, &checked, if_match).await;
        }
        let changes = settled_patch(object_type, &checked, None)?;
        if changes == Changes::default() {
            let object = self.read(by, object_type, id, false).await?;
            return if_match.check(object.version).map(|()| object);
        }
        if touches_unique(&changes, object_type) {
            return self.update_as_read(by, object_type, id, &checked, if_match).await;
        }
        let when = match if_match.versions() {
            None => is_live(),
            Some([version]) => is_live().and(When::is_number("version", *version)),
            Some(_) => {
                let object = self.read(by, object_type, id, false).await?;
                if_match.check(object.version)?;
                is_live().and(When::is_number("version", object.version))
            }
        };
        let write = change(&self.objects, &object_type.0, id, &changes, (by, self.now()))?.when(when);
        match self.objects.write(write).await {
            Ok(item) => object_of(&item),
            Err(WriteError::Failed(error)) => Err(error),
            Err(WriteError::Refused(refused)) => {
                match refused.item(0).filter(|item| is_own_write(item, by)) {
                    Some(item) => object_of(item),
                    None => Err(refusal(&refused, if_match)),
                }
            }
        }
    }

    /// Changes an object only as it was read: where unique values change, their guards move in the same write; and rules
    /// that look at other values hold of those that are there.
    pub(crate) async fn update_as_read(
        &self,
        by: &Member,
        object_type: &TypeInTeam,
        id: &ObjectId,
        checked: &Checked,
        if_match: &IfMatch,
    ) -> Result<StoredObject> {
        for _ in 0..TRIES_MAX {
            let old = self.read(by, object_type, id, false).await?;
            if_match.check(old.version)?;
            let changes = &settled_patch(object_type, checked, Some(&old.fields))?;
            if *changes == Changes::default() {
                return Ok(old);
            }
            let now = self.now();
            let guards = Guards::moved(&self.objects, &object_type.0, id, &old.unique, changes)?;
            let mut write = change(&self.objects, &object_type.0, id, changes, (by, now))?;
            for (slug, key) in unique_keys(&changes.set, &object_type.0) {
                write = write.set(format!("unique.{slug}"), AttributeValue::S(key));
            }
            for slug in changes.clear.iter().filter(|slug| old.unique.contains_key(*slug)) {
                write = write.remove(format!("unique.{slug}"));
            }
            if self
                .commit(write.when(is_live().and(When::is_number("version", old.version))), &guards)
                .await?
                .is_ok()
            {
                return Ok(old.changed(changes, object_type, (by, now)));
            }
        }
        Err(overtaken())
    }

    pub(crate) async fn stored(&self, object_type: &TypeInTeam, id: &ObjectId) -> Result<StoredObject> {
        let item = self.objects.get(object_key(&object_type.0, id)).await?;
        let object = item.as_ref().map(object_of).transpose()?.filter(|object| !object.destroyed);
        object.ok_or_else(|| Error::not_found("object"))
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

    /// Does the object's write with its guards. The inner refusal is that the object is not as expected; a value that
    /// another object has is an error.
    pub(crate) async fn commit(&self, write: Write, guards: &Guards) -> Result<Result<(), Refused>> {
        let outcome = if guards.is_empty() {
            self.objects.write(write).await.map(drop)
        } else {
            self.objects.transact(guards.behind(write)).await
        };
        match outcome {
            Ok(()) => Ok(Ok(())),
            Err(WriteError::Failed(error)) => Err(error),
            Err(WriteError::Refused(refused)) => match guards.conflicts(&refused).as_slice() {
                fields if !refused.at(0) => Err(not_unique(fields)),
                _ => Ok(Err(refused)),
            },
        }
    }
}

/// The object is there and not in the trash.
pub(crate) fn is_live() -> When {
    When::All(vec![When::Exists, When::Unset("trashed_at".into()), When::Unset("destroyed".into())])
}

pub(crate) fn touches_unique(changes: &Changes, object_type: &ObjectType) -> bool {
    let is_touched = |slug| changes.set.contains_key(slug) || changes.clear.contains(slug);
    object_type.unique_fields().any(|field| is_touched(&field.slug))
}

/// Whether the item is as this very request left it: a write of which only the answer was lost is tried again.
fn is_own_write(item: &Item, by: &Member) -> bool {
    let actor = item.get("actor").and_then(|actor| actor.as_m().ok());
    !by.request_id.is_empty() && actor.and_then(|actor| text(actor, "request_id")) == Some(&by.request_id)
}

fn refusal(refused: &Refused, if_match: &IfMatch) -> Error {
    let found = refused.item(0).and_then(|item| object_of(item).ok());
    match found.filter(|object| object.trashed_at.is_none() && !object.destroyed) {
        Some(object) if if_match.is_set() => Error::stale(object.version),
        _ => Error::not_found("object"),
    }
}

pub(crate) fn overtaken() -> Error {
    Error::unavailable(anyhow::anyhow!("other writes of the same object kept coming between"))
}
