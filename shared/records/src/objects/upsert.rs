//! Upsert: updates the object with a value in a unique field, or creates it if there is none, whatever happens
//! concurrently.

use crate::object_type::{Changes, Field, SentFields, Validation};
use api::extract::Preconditions;
use base::{Code, Error, Result, text::Slug};
use schemars::JsonSchema;
use serde::Serialize;
use table::{Attempt, Condition, ConditionFailed, WriteError, retry};

use super::{
    Collection, Objects, StoredObject, Writer,
    codec::{blind_update, decode_object},
    conditions::is_live,
    match_key::{MatchKey, match_field},
    owners::{Owner, Prefetched},
    rules::validate_create,
};

/// The outcome of an upsert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// There was none: it was created.
    Created,
    /// There was one: it was updated.
    Updated,
}

impl Objects {
    /// Finds the object by its unique entry, read strongly; writes, if something changes, on the condition that
    /// nothing has changed since; and starts over if it has.
    ///
    /// # Errors
    /// 422 for what is wrong with the values, 409 when another unique value is taken, 412 for the conditions.
    pub async fn upsert(
        &self,
        (by, conditions): (&dyn Writer, &Preconditions),
        collection: &Collection,
        (field, sent): (&str, &SentFields),
    ) -> Result<(StoredObject, Outcome)> {
        self.upsert_prefetched((by, conditions), collection, (field, sent), &mut Prefetched::default()).await
    }

    /// The same, with what was read already for several upserts.
    pub(super) async fn upsert_prefetched(
        &self,
        (by, conditions): (&dyn Writer, &Preconditions),
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
        (by, conditions): (&dyn Writer, &Preconditions),
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
                &self.table,
                &collection.stored,
                &held.id,
                (validation, &changes),
                (by, self.now()),
            )?
        {
            let has_value = Condition::is_text(format!("unique.{}", match_key.field), &match_key.key);
            match self.table.write(write.and_when(is_live().and(has_value))).await {
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

/// Whether the error is a conflict on the match field: another request has just created an object with the
/// value.
fn is_conflict_on(error: &Error, field: &Slug) -> bool {
    let pointer = format!("/fields/{field}");
    error.code == Code::NotUnique && error.faults().iter().any(|fault| fault.pointer == pointer)
}
