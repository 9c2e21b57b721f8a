//! Upsert: updates the object with a value in a unique field, or creates it if there is none, whatever happens
//! concurrently.

use std::borrow::Cow;

use api::{Member, extract::Preconditions};
use base::{Code, Error, Fault, Permission, Result, Violation, text::Slug};
use records::object_type::{Changes, Field, SentFields, Validation};
use schemars::JsonSchema;
use serde::Serialize;
use table::{Attempt, Condition, ConditionFailed, Key, WriteError, retry};

use crate::{
    codec::{blind_update, decode_object},
    object::{Before, StoredObject, validate_create, validate_patch},
    owners::{Owner, Prefetched},
    store::{Collection, Store, is_live},
    unique_index::entry_key,
};

/// The outcome of an upsert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// There was none: it was created.
    Created,
    /// There was one: it was updated.
    Updated,
}

/// The unique value by which an upsert finds its object.
pub(crate) struct MatchKey {
    pub(crate) field: Slug,
    key: String,
    /// The key that a former version of this code may have given to it.
    former: Option<String>,
}

impl MatchKey {
    /// The value of that unique field among those that were sent.
    pub(crate) fn of(collection: &Collection, field: &str, validation: &Validation) -> Result<Self> {
        let field = match_field(collection, field)?;
        let Some(value) = validation.changes.set.get(&field.slug) else {
            validate_patch(collection, validation, Before::Unread)?;
            return Err(no_match_value(field));
        };
        let (key, former) = (field.unique_key(value), field.former_unique_key(value));
        Ok(Self { field: field.slug.clone(), key, former })
    }

    /// The entries of the unique index that may name its owner.
    pub(crate) fn entry_keys(&self, collection: &Collection) -> Vec<Key> {
        let keys = std::iter::once(&self.key).chain(&self.former);
        keys.map(|key| entry_key(&collection.stored, &self.field, key)).collect()
    }

    /// Whether the object has the value.
    pub(crate) fn matches(&self, object: &StoredObject) -> bool {
        let held = object.unique.get(&self.field);
        held.is_some_and(|held| *held == self.key || Some(held) == self.former.as_ref())
    }

    /// The part of the request that is applied to an object that has the value. For a caller who may not read
    /// objects, a match field with rules is left out: its value is the same, but without a look at the object
    /// its rules would refuse it.
    pub(crate) fn applicable<'a>(
        &self,
        by: &Member,
        collection: &Collection,
        validation: &'a Validation,
    ) -> Cow<'a, Validation> {
        let has_rules = collection.field(self.field.as_str()).is_some_and(Field::has_rules);
        if has_rules && !by.may(Permission::ObjectRead) {
            return Cow::Owned(validation.clone().without(&self.field));
        }
        Cow::Borrowed(validation)
    }
}

impl Store {
    /// Finds the object by its unique entry, read strongly; writes, if something changes, on the condition that
    /// nothing has changed since; and starts over if it has.
    pub(crate) async fn upsert(
        &self,
        (by, conditions): (&Member, &Preconditions),
        collection: &Collection,
        (field, sent): (&str, &SentFields),
        prefetched: &mut Prefetched,
    ) -> Result<(StoredObject, Outcome)> {
        match_field(collection, field)?;
        let validation = self.validate(by, collection, sent).await?;
        let match_key = MatchKey::of(collection, field, &validation)?;
        let (validation, match_key) = (&validation, &match_key);
        let mut first = Some(self.owner_of(collection, match_key, prefetched).await?);
        retry("object", || {
            let known = first.take();
            async move {
                let owner = match known {
                    Some(owner) => owner,
                    None => self.owner_of(collection, match_key, &mut Prefetched::default()).await?,
                };
                match owner {
                    Owner::Object(held) => {
                        let updated =
                            self.update_matched((by, conditions), collection, held, match_key, validation);
                        let done = |object| Attempt::Done((object, Outcome::Updated));
                        Ok(updated.await?.map_or(Attempt::Conflict, done))
                    }
                    Owner::Unclear => Ok(Attempt::Conflict),
                    Owner::Nobody => {
                        conditions.check_absent()?;
                        let new = validate_create(collection, validation.clone(), self.now())?;
                        match self.insert(by, &collection.stored, new).await {
                            Ok(object) => Ok(Attempt::Done((object, Outcome::Created))),
                            // Another request has just created one.
                            Err(error) if is_conflict_on(&error, &match_key.field) => Ok(Attempt::Conflict),
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
        collection: &Collection,
        held: StoredObject,
        match_key: &MatchKey,
        validation: &Validation,
    ) -> Result<Option<StoredObject>> {
        let validation = &*match_key.applicable(by, collection, validation);
        let changes = held.changes_by(by, collection, validation, conditions.check(held.version))?;
        if changes == Changes::default() {
            return Ok(Some(held));
        }
        let is_other_unique = |other: &Field| {
            other.slug != match_key.field
                && (changes.set.contains_key(&other.slug) || changes.clear.contains(&other.slug))
        };
        // A key of a former version is renewed together with its entry.
        let is_old = match_key.former.is_some();
        let needs_current_object = is_old || collection.has_rules() || conditions.is_set();
        if !needs_current_object
            && !collection.unique_fields().any(is_other_unique)
            && let Some(write) = blind_update(
                &self.objects,
                &collection.stored,
                &held.id,
                (validation, &changes),
                (by, self.now()),
            )?
        {
            let has_value = Condition::is_text(format!("unique.{}", match_key.field), &match_key.key);
            match self.objects.write(write.and_when(is_live().and(has_value))).await {
                Ok(item) => return Ok(Some(decode_object(&item)?)),
                Err(WriteError::ConditionFailed(refused)) if !still_matches(&refused, match_key) => {
                    return Ok(None);
                }
                Err(WriteError::ConditionFailed(_)) => {}
                Err(WriteError::Failed(error)) => return Err(error),
            }
        }
        Ok(self.commit(by, self.plan_update(by, collection, held, &changes)?).await?.ok())
    }
}

/// Whether the object, whose state refused the change, still has the value.
fn still_matches(refused: &ConditionFailed, match_key: &MatchKey) -> bool {
    let found = refused.item(0).and_then(|item| decode_object(item).ok());
    found.is_some_and(|object| match_key.matches(&object) && object.is_live())
}

fn match_field<'a>(collection: &'a Collection, name: &str) -> Result<&'a Field> {
    if collection.field(name).is_some_and(|field| field.unique)
        && !collection.stored.is_unique_index_built(name)
    {
        let detail = "Not every value of this field is known to be unique yet: match by it when the field says that it is ready.";
        return Err(Error::unprocessable(vec![Fault::new("?match", Violation::IndexBuilding, detail)]));
    }
    collection.field(name).filter(|field| field.unique).ok_or_else(|| {
        let unique: Vec<_> = collection.unique_fields().map(|field| field.slug.as_str()).collect();
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

/// Whether the error is a conflict on the match field: another request has just created an object with the
/// value.
fn is_conflict_on(error: &Error, field: &Slug) -> bool {
    let pointer = format!("/fields/{field}");
    error.code == Code::NotUnique && error.faults().iter().any(|fault| fault.pointer == pointer)
}
