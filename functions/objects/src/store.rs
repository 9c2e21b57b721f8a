//! How objects are kept, changed, thrown away and brought back.

use std::{ops::Deref, sync::Arc};

use shared::{
    Code, Error, Member, Permission, Platform, Result, Timestamp,
    audit::Log,
    clock::Clock,
    extract::IfMatch,
    id::ObjectId,
    object_type::{Changes, Checked, ObjectType, SentFields, StoredObjectType},
    table::{Attempt, Item, Refused, Table, When, WriteError, retry, text},
};

use crate::{
    holders::Guesses,
    item::{object_key, object_of, unread_change},
    numbers::Numbers,
    object::{Before, StoredObject, settled_new, settled_patch},
    types::Types,
};

/// The objects.
#[derive(Clone)]
pub struct Store {
    pub(crate) objects: Table,
    pub(crate) numbers: Numbers,
    pub(crate) guesses: Guesses,
    pub(crate) log: Log,
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
        let (log, types) = (Log::new(platform), Types::new(workspace, clock.clone()));
        Self { objects, numbers: Numbers::default(), guesses: Guesses::default(), log, types, clock }
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
        changes: Changes,
    ) -> Result<StoredObject> {
        let planned = self.plan_create(by, object_type, changes).await?;
        let object = planned.object.clone();
        // Nobody else knows the id: if it is there, this very write came through, or one of a run of the same request
        // before, and only its answer was lost.
        Ok(match self.commit(by, planned).await? {
            Ok(made) => made,
            Err(refused) => refused.item(0).map(object_of).transpose()?.unwrap_or(object),
        })
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
        if must_be_read(by, object_type, &checked) {
            return self.update_as_read(by, object_type, id, &checked, if_match).await;
        }
        let changes = settled_patch(object_type, &checked, Before::Unread)?;
        if changes == Changes::default() {
            let object = self.read(by, object_type, id, false).await?;
            return if_match.check(object.version).map(|()| object);
        }
        let change = (&checked, &changes);
        let write = unread_change(&self.objects, &object_type.0, id, change, (by, self.now()))?;
        let Some(write) = write.filter(|_| !touches_unique(&changes, object_type)) else {
            return self.update_as_read(by, object_type, id, &checked, if_match).await;
        };
        match self.objects.write(write.and_when(is_expected(if_match))).await {
            Ok(item) => object_of(&item),
            Err(WriteError::Failed(error)) => Err(error),
            Err(WriteError::Refused(refused)) => match refused.item(0) {
                Some(item) if is_own_write(item, by) => object_of(item),
                Some(item) if is_as_expected(item, if_match) => {
                    let object = object_of(item)?;
                    let before = Before::of(&object.fields, by);
                    if settled_patch(object_type, &checked, before)? == Changes::default() {
                        return Ok(object);
                    }
                    self.update_as_read(by, object_type, id, &checked, if_match).await
                }
                _ => Err(refusal(&refused, if_match)),
            },
        }
    }

    /// Changes an object only as it was read, and begins again if it has changed since.
    pub(crate) async fn update_as_read(
        &self,
        by: &Member,
        object_type: &TypeInTeam,
        id: &ObjectId,
        checked: &Checked,
        if_match: &IfMatch,
    ) -> Result<StoredObject> {
        retry("object", || async move {
            let old = match self.read(by, object_type, id, false).await {
                Err(error) if error.code == Code::NotFound => {
                    return Err(Before::Unread.sound(checked).err().unwrap_or(error));
                }
                old => old?,
            };
            let changes = old.changes_by(by, object_type, checked, if_match.check(old.version))?;
            self.commit(by, self.plan_update(by, object_type, old, &changes)?).await.map(Attempt::from)
        })
        .await
    }

    pub(crate) async fn stored(&self, object_type: &TypeInTeam, id: &ObjectId) -> Result<StoredObject> {
        let item = self.objects.get(object_key(&object_type.0, id)).await?;
        let object = item.as_ref().map(object_of).transpose()?.filter(|object| !object.is_gone(self.now()));
        object.ok_or_else(|| Error::not_found("object"))
    }
}

/// The object is there and not in the trash.
pub(crate) fn is_live() -> When {
    When::All(vec![When::Exists, When::Unset("trashed_at".into()), When::Unset("destroyed".into())])
}

/// The object is there, not in the trash, and of a version that the client expects.
pub(crate) fn is_expected(if_match: &IfMatch) -> When {
    let is = |version: &u64| When::is_number("version", *version);
    match if_match.versions() {
        None => is_live(),
        // What is no version of ours: no object has version 0.
        Some([]) => is_live().and(is(&0)),
        Some(versions) => is_live().and(When::Any(versions.iter().map(is).collect())),
    }
}

/// Whether nothing but the size of the object can have stood in the way.
fn is_as_expected(item: &Item, if_match: &IfMatch) -> bool {
    object_of(item).is_ok_and(|object| object.is_live() && if_match.check(object.version).is_ok())
}

/// Whether a change can only be judged with the values before it: where rules look at them, or where what is refused of a
/// new value may be there already.
pub(crate) fn must_be_read(by: &Member, object_type: &ObjectType, checked: &Checked) -> bool {
    let may_be_kept = || settled_patch(object_type, checked, Before::Unread).is_err();
    object_type.has_rules() || (by.may(Permission::ObjectRead) && may_be_kept())
}

pub(crate) fn touches_unique(changes: &Changes, object_type: &ObjectType) -> bool {
    let is_touched = |slug| changes.set.contains_key(slug) || changes.clear.contains(slug);
    object_type.unique_fields().any(|field| is_touched(&field.slug))
}

/// Whether the item is as this very request left it: a write of which only the answer was lost is tried again.
pub(crate) fn is_own_write(item: &Item, by: &Member) -> bool {
    let actor = item.get("actor").and_then(|actor| actor.as_m().ok());
    !by.request_id.is_empty() && actor.and_then(|actor| text(actor, "request_id")) == Some(&by.request_id)
}

pub(crate) fn refusal(refused: &Refused, if_match: &IfMatch) -> Error {
    let found = refused.item(0).and_then(|item| object_of(item).ok());
    match found.filter(StoredObject::is_live) {
        Some(object) if if_match.is_set() => Error::stale(object.version),
        _ => Error::not_found("object"),
    }
}
