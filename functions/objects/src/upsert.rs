//! Upsert: the object with a value in a unique field is changed, or made if there is none, under any concurrency.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    Code, Error, Fault, Member, Permission, Result, Violation,
    extract::Preconditions,
    object_type::{Changes, Checked, Field, SentFields},
    table::{Attempt, Key, Refused, When, WriteError, retry},
    text::Slug,
};

use crate::{
    guards::guard_key,
    holders::{Ahead, Holder},
    item::{object_of, unread_change},
    object::{Before, StoredObject, settled_new, settled_patch},
    store::{Store, TypeInTeam, is_live},
};

/// What became of an upsert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// There was none: it is new.
    Created,
    /// There was one: it is changed.
    Updated,
}

/// The value by which an upsert finds its object.
pub(crate) struct Wanted {
    pub(crate) field: Slug,
    key: String,
    /// The key that a version before may have given to it.
    former: Option<String>,
}

impl Wanted {
    /// The value of that unique field among those that were sent.
    pub(crate) fn of(object_type: &TypeInTeam, field: &str, checked: &Checked) -> Result<Self> {
        let field = match_field(object_type, field)?;
        let Some(value) = checked.changes.set.get(&field.slug) else {
            settled_patch(object_type, checked, Before::Unread)?;
            return Err(no_match_value(field));
        };
        let (key, former) = (field.unique_key(value), field.former_unique_key(value));
        Ok(Self { field: field.slug.clone(), key, former })
    }

    /// The places where it may be written who has it.
    pub(crate) fn guards(&self, object_type: &TypeInTeam) -> Vec<Key> {
        let keys = std::iter::once(&self.key).chain(&self.former);
        keys.map(|key| guard_key(&object_type.0, &self.field, key)).collect()
    }

    /// Whether the object has it.
    pub(crate) fn is_of(&self, object: &StoredObject) -> bool {
        let held = object.unique.get(&self.field);
        held.is_some_and(|held| *held == self.key || Some(held) == self.former.as_ref())
    }

    /// What is to become of an object that has it. To who may not read, the field by which the object was found does not
    /// count where it has rules: it could not be sent, or told nothing, as what was sent is there.
    pub(crate) fn rest<'a>(
        &self,
        by: &Member,
        object_type: &TypeInTeam,
        checked: &'a Checked,
    ) -> Cow<'a, Checked> {
        let has_rules = object_type.field(self.field.as_str()).is_some_and(Field::has_rules);
        if has_rules && !by.may(Permission::ObjectRead) {
            return Cow::Owned(checked.clone().without(&self.field));
        }
        Cow::Borrowed(checked)
    }
}

impl Store {
    /// Finds by the guard, read strongly; writes, if something changes, under the condition that nothing has changed; begins
    /// again if it has.
    pub(crate) async fn upsert(
        &self,
        (by, conditions): (&Member, &Preconditions),
        object_type: &TypeInTeam,
        (field, sent): (&str, &SentFields),
        ahead: &mut Ahead,
    ) -> Result<(StoredObject, Outcome)> {
        match_field(object_type, field)?;
        let checked = self.checked(by, object_type, sent).await?;
        let wanted = Wanted::of(object_type, field, &checked)?;
        let (checked, wanted) = (&checked, &wanted);
        let mut first = Some(self.holder_of(object_type, wanted, ahead).await?);
        retry("object", || {
            let known = first.take();
            async move {
                let holder = match known {
                    Some(holder) => holder,
                    None => self.holder_of(object_type, wanted, &mut Ahead::default()).await?,
                };
                match holder {
                    Holder::Object(held) => {
                        let updated =
                            self.update_matched((by, conditions), object_type, held, wanted, checked);
                        let done = |object| Attempt::Done((object, Outcome::Updated));
                        Ok(updated.await?.map_or(Attempt::Conflict, done))
                    }
                    Holder::Unclear => Ok(Attempt::Conflict),
                    Holder::Nobody => {
                        conditions.check_absent()?;
                        let new = settled_new(object_type, checked.clone(), self.now())?;
                        match self.insert(by, &object_type.0, new).await {
                            Ok(object) => Ok(Attempt::Done((object, Outcome::Created))),
                            // One was just made.
                            Err(error) if is_about(&error, &wanted.field) => Ok(Attempt::Conflict),
                            Err(error) => Err(error),
                        }
                    }
                }
            }
        })
        .await
    }

    /// Changes the object that was read if it still has the value; `None` if it has not, or is not as it was read.
    async fn update_matched(
        &self,
        (by, conditions): (&Member, &Preconditions),
        object_type: &TypeInTeam,
        held: StoredObject,
        wanted: &Wanted,
        checked: &Checked,
    ) -> Result<Option<StoredObject>> {
        let checked = &*wanted.rest(by, object_type, checked);
        let changes = held.changes_by(by, object_type, checked, conditions.check(held.version))?;
        if changes == Changes::default() {
            return Ok(Some(held));
        }
        let is_other_unique = |other: &Field| {
            other.slug != wanted.field
                && (changes.set.contains_key(&other.slug) || changes.clear.contains(&other.slug))
        };
        // A key of a version before is renewed with its guard.
        let is_old = wanted.former.is_some();
        let is_judged_as_read = is_old || object_type.has_rules() || conditions.is_set();
        if !is_judged_as_read
            && !object_type.unique_fields().any(is_other_unique)
            && let Some(write) =
                unread_change(&self.objects, &object_type.0, &held.id, (checked, &changes), (by, self.now()))?
        {
            let has_value = When::is_text(format!("unique.{}", wanted.field), &wanted.key);
            match self.objects.write(write.and_when(is_live().and(has_value))).await {
                Ok(item) => return Ok(Some(object_of(&item)?)),
                Err(WriteError::Refused(refused)) if !is_held(&refused, wanted) => return Ok(None),
                Err(WriteError::Refused(_)) => {}
                Err(WriteError::Failed(error)) => return Err(error),
            }
        }
        Ok(self.commit(by, self.plan_update(by, object_type, held, &changes)?).await?.ok())
    }
}

/// Whether the object that stands in the way of its change has the value nevertheless.
fn is_held(refused: &Refused, wanted: &Wanted) -> bool {
    let found = refused.item(0).and_then(|item| object_of(item).ok());
    found.is_some_and(|object| wanted.is_of(&object) && object.is_live())
}

fn match_field<'a>(object_type: &'a TypeInTeam, name: &str) -> Result<&'a Field> {
    if object_type.field(name).is_some_and(|field| field.unique) && !object_type.0.is_guarded(name) {
        let detail = "Not every value of this field is known to be unique yet: match by it when the field says that it is ready.";
        return Err(Error::unprocessable(vec![Fault::new("?match", Violation::IndexBuilding, detail)]));
    }
    object_type.field(name).filter(|field| field.unique).ok_or_else(|| {
        let unique: Vec<_> = object_type.unique_fields().map(|field| field.slug.as_str()).collect();
        let detail = match unique.as_slice() {
            [] => "This object type has no unique field to match by.".to_owned(),
            unique => format!("Match by a unique field: {}.", unique.join(", ")),
        };
        Error::unprocessable(vec![Fault::new("?match", Violation::NotAUniqueField, detail)])
    })
}

fn no_match_value(field: &Field) -> Error {
    let detail = format!("Send a value for {}, by which the object is found.", field.slug);
    Error::unprocessable(vec![Fault::new(format!("/fields/{}", field.slug), Violation::Required, detail)])
}

/// Whether the error says that another object has the value that is matched by: one was just made.
fn is_about(error: &Error, field: &Slug) -> bool {
    let pointer = format!("/fields/{field}");
    error.code == Code::NotUnique && error.faults().iter().any(|fault| fault.pointer == pointer)
}
