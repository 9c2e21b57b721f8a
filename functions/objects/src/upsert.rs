//! Upsert: the object with a value in a unique field is changed, or made if there is none, under any concurrency.

use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    Code, Error, Fault, Member, Result,
    extract::IfMatch,
    id::ObjectId,
    object_type::{Checked, Field, SentFields},
    table::{When, WriteError},
};

use crate::{
    guards::{guard_key, holder},
    item::{change, object_of},
    object::{StoredObject, settled_new, settled_patch},
    store::{Store, TypeInTeam, is_live, overtaken},
};

/// Each try is overtaken only by another writer of the same value that came through.
const TRIES_MAX: usize = 100;

/// What became of an upsert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// There was none: it is new.
    Created,
    /// There was one: it is changed.
    Updated,
}

impl Store {
    /// Finds by the guard, read strongly; writes under the condition that nothing has changed; begins again if it has.
    pub(crate) async fn upsert(
        &self,
        (by, if_match): (&Member, &IfMatch),
        object_type: &TypeInTeam,
        field: &str,
        sent: &SentFields,
    ) -> Result<(StoredObject, Outcome)> {
        let field = match_field(object_type, field)?;
        let checked = self.checked(by, object_type, sent).await?;
        let changes = settled_patch(object_type, &checked, None)?;
        let value = changes.set.get(&field.slug).ok_or_else(|| no_match_value(field))?;
        let key = value.unique_key();
        for _ in 0..TRIES_MAX {
            if let Some(id) = holder(&self.objects, guard_key(&object_type.0, &field.slug, &key)).await? {
                if let Some(object) =
                    self.update_matched((by, if_match), object_type, &id, (field, &key), &checked).await?
                {
                    return Ok((object, Outcome::Updated));
                }
                continue;
            }
            if if_match.is_set() {
                return Err(Error::new(
                    Code::Stale,
                    "There is no object with this value, of whatever version.",
                ));
            }
            let new = settled_new(object_type, checked.clone(), self.now())?;
            match self.insert(by, &object_type.0, new).await {
                Ok(object) => return Ok((object, Outcome::Created)),
                Err(error) if is_about(&error, field) => {}
                Err(error) => return Err(error),
            }
        }
        Err(overtaken())
    }

    /// Changes the object if it still has the value; `None` if it has not.
    async fn update_matched(
        &self,
        (by, if_match): (&Member, &IfMatch),
        object_type: &TypeInTeam,
        id: &ObjectId,
        (field, key): (&Field, &str),
        checked: &Checked,
    ) -> Result<Option<StoredObject>> {
        let changes = &checked.changes;
        let is_other_unique = |other: &Field| {
            other.slug != field.slug
                && (changes.set.contains_key(&other.slug) || changes.clear.contains(&other.slug))
        };
        let as_read = object_type.has_rules() || object_type.unique_fields().any(is_other_unique);
        if as_read || if_match.is_set() {
            let held = self.read(by, object_type, id, false).await;
            return match held {
                Ok(held) if held.unique.get(&field.slug).map(String::as_str) == Some(key) => {
                    if_match.check(held.version)?;
                    let unchanged = IfMatch::version(held.version);
                    match self.update_as_read(by, object_type, id, checked, &unchanged).await {
                        Err(error) if error.code == Code::Stale || error.code == Code::NotFound => Ok(None),
                        outcome => outcome.map(Some),
                    }
                }
                Err(error) if error.code != Code::NotFound => Err(error),
                _ => Ok(None),
            };
        }
        let has_value = When::is_text(format!("unique.{}", field.slug), key);
        let write = change(&self.objects, &object_type.0, id, changes, (by, self.now()))?
            .when(is_live().and(has_value));
        match self.objects.write(write).await {
            Ok(item) => Ok(Some(object_of(&item)?)),
            Err(WriteError::Refused(_)) => Ok(None),
            Err(WriteError::Failed(error)) => Err(error),
        }
    }
}

fn match_field<'a>(object_type: &'a TypeInTeam, name: &str) -> Result<&'a Field> {
    if object_type.field(name).is_some_and(|field| field.unique) && !object_type.0.is_guarded(name) {
        let detail = "Not every value of this field is known to be unique yet: match by it when the field says that it is ready.";
        return Err(Error::unprocessable(vec![Fault::new("?match", "index_building", detail)]));
    }
    object_type.field(name).filter(|field| field.unique).ok_or_else(|| {
        let unique: Vec<_> = object_type.unique_fields().map(|field| field.slug.as_str()).collect();
        let detail = match unique.as_slice() {
            [] => "This object type has no unique field to match by.".to_owned(),
            unique => format!("Match by a unique field: {}.", unique.join(", ")),
        };
        Error::unprocessable(vec![Fault::new("?match", "not_a_unique_field", detail)])
    })
}

fn no_match_value(field: &Field) -> Error {
    let detail = format!("Send a value for {}, by which the object is found.", field.slug);
    Error::unprocessable(vec![Fault::new(format!("/fields/{}", field.slug), "required", detail)])
}

/// Whether the error says that another object has the value that is matched by: one was just made.
fn is_about(error: &Error, field: &Field) -> bool {
    let pointer = format!("/fields/{}", field.slug);
    error.code == Code::NotUnique && error.faults().iter().any(|fault| fault.pointer == pointer)
}
