//! Batches: several operations on objects of one type, each for itself or all together.

mod atomic;
mod operation;
mod transaction;

use api::Member;
use base::{Error, Permission, Result};

pub use operation::BatchOperation;

use super::{Collection, Objects, Outcome, StoredObject, TO_EXPECT, match_key::MatchKey, owners::Prefetched};
use crate::object_type::validate_fields;
use transaction::SIZE_MAX;

/// After this long no further operation is begun, so that there is an answer before API Gateway gives up.
const BATCH_SECONDS: i64 = 20;

/// The outcome of an operation.
pub enum Done {
    /// The object is new.
    Created(StoredObject),
    /// It was there, and is as was asked for.
    Updated(StoredObject),
    /// It is in the trash.
    Deleted,
}

impl BatchOperation<'_> {
    /// The permissions that the caller needs for it.
    fn permissions(&self) -> Vec<Permission> {
        let (mut needed, if_match) = match self {
            BatchOperation::Create { .. } => (vec![Permission::ObjectCreate], None),
            BatchOperation::Update { if_match, .. } => (vec![Permission::ObjectUpdate], Some(if_match)),
            BatchOperation::Upsert { if_match, .. } => {
                (vec![Permission::ObjectCreate, Permission::ObjectUpdate], Some(if_match))
            }
            BatchOperation::Delete { if_match, .. } => (vec![Permission::ObjectDelete], Some(if_match)),
        };
        needed.extend(if_match.filter(|if_match| if_match.is_set()).map(|_| TO_EXPECT));
        needed
    }
}

impl Objects {
    /// Runs one operation after the other, each for itself: one that fails leaves the others alone.
    pub async fn run_independent(
        &self,
        by: &Member,
        collection: &Collection,
        operations: &[BatchOperation<'_>],
    ) -> Vec<Result<Done>> {
        let until = self.now().plus_seconds(BATCH_SECONDS);
        let mut prefetched = self.prefetch_for(collection, operations).await;
        let mut done = Vec::with_capacity(operations.len());
        for (index, operation) in operations.iter().enumerate() {
            let outcome = if self.now() < until {
                self.operate(&by.for_operation(index), collection, operation, &mut prefetched).await
            } else {
                Err(Error::unavailable(anyhow::anyhow!("a batch took too long to be done as a whole")))
            };
            done.push(outcome.map_err(|error| error.prefixed(&pointer(index))));
        }
        done
    }

    /// Prefetches the owners of the values that the upserts match by, for all of them at once. What cannot be
    /// prefetched, or is too large together, is read when its turn comes.
    async fn prefetch_for(&self, collection: &Collection, operations: &[BatchOperation<'_>]) -> Prefetched {
        let entry_keys_of = |operation: &BatchOperation<'_>| match operation {
            BatchOperation::Upsert { field, fields, .. } => Some(
                MatchKey::of(collection, field, &validate_fields(collection, fields))
                    .ok()?
                    .entry_keys(collection),
            ),
            _ => None,
        };
        let entry_keys = operations.iter().filter_map(entry_keys_of).flatten().collect();
        self.prefetch_within(collection, entry_keys, Vec::new(), SIZE_MAX)
            .await
            .ok()
            .flatten()
            .unwrap_or_default()
    }

    async fn operate(
        &self,
        by: &Member,
        collection: &Collection,
        operation: &BatchOperation<'_>,
        prefetched: &mut Prefetched,
    ) -> Result<Done> {
        by.needs(&operation.permissions())?;
        Ok(match operation {
            BatchOperation::Create { fields } => Done::Created(self.create(by, collection, fields).await?),
            BatchOperation::Update { id, fields, if_match } => {
                prefetched.forget(id);
                Done::Updated(self.update(by, collection, id, fields, if_match).await?)
            }
            BatchOperation::Upsert { field, fields, if_match } => {
                let conditions = if_match.clone().into();
                match self
                    .upsert_prefetched((by, &conditions), collection, (field, fields), prefetched)
                    .await?
                {
                    (object, Outcome::Created) => Done::Created(object),
                    (object, Outcome::Updated) => Done::Updated(object),
                }
            }
            BatchOperation::Delete { id, if_match } => {
                prefetched.forget(id);
                self.trash(by, collection, id, if_match).await?;
                Done::Deleted
            }
        })
    }
}

/// The JSON pointer to an operation in the body.
fn pointer(index: usize) -> String {
    format!("/operations/{index}")
}
