//! Batches: up to 100 operations on objects of one type in one request, each for itself or all together.

mod atomic;
mod operation;
mod result;
mod schema;
mod transaction;

use api::Member;
use base::{Error, Fault, Permission, Result, Violation};
use records::object_type::validate_fields;
use schemars::JsonSchema;
use serde::Deserialize;

pub(crate) use operation::Operation;
pub(crate) use result::Results;

use crate::{
    expected::TO_EXPECT,
    object::StoredObject,
    owners::Prefetched,
    store::{Collection, Store},
    upsert::{MatchKey, Outcome},
};
use operation::OperationBody;
use transaction::SIZE_MAX;

/// The most operations of a batch.
const OPERATIONS_MAX: usize = 100;
/// After this long no further operation is begun, so that there is an answer before API Gateway gives up.
const BATCH_SECONDS: i64 = 20;

/// The body of a batch.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = example())]
pub(crate) struct BatchBody {
    /// What to do, in this order.
    #[schemars(length(min = 1, max = OPERATIONS_MAX))]
    operations: Vec<OperationBody>,
    /// Whether all is done or nothing; otherwise each operation counts for itself. What is done as a whole is at most 100 writes
    /// and 3,500,000 bytes of objects.
    #[serde(default)]
    pub(crate) atomic: bool,
}

/// The outcome of an operation.
pub(crate) enum Done {
    /// The object is new.
    Created(StoredObject),
    /// It was there, and is as was asked for.
    Updated(StoredObject),
    /// It is in the trash.
    Deleted,
}

/// A batch as it may be sent, for the documents.
fn example() -> serde_json::Value {
    serde_json::json!({
        "operations": [
            {"op": "create", "fields": {"email": "grace@example.com", "name": "Grace"}},
            {"op": "upsert", "match": "email", "fields": {"email": "ada@example.com", "stage": "Won"}},
        ],
        "atomic": true,
    })
}

impl BatchBody {
    /// The operations, if each is whole.
    pub(crate) fn operations(&self) -> Result<Vec<Operation<'_>>> {
        if !(1..=OPERATIONS_MAX).contains(&self.operations.len()) {
            let detail = format!("Send 1 to {OPERATIONS_MAX} operations.");
            let code = if self.operations.is_empty() { Violation::Required } else { Violation::TooMany };
            return Err(Error::unprocessable(vec![Fault::new("/operations", code, detail)]));
        }
        let (mut operations, mut faults) = (Vec::new(), Vec::new());
        for (index, body) in self.operations.iter().enumerate() {
            match body.read(&pointer(index)) {
                Ok(operation) => operations.push(operation),
                Err(found) => faults.extend(found),
            }
        }
        if faults.is_empty() { Ok(operations) } else { Err(Error::invalid(faults)) }
    }
}

impl Operation<'_> {
    /// The permissions that the caller needs for it.
    fn permissions(&self) -> Vec<Permission> {
        let (mut needed, if_match) = match self {
            Operation::Create { .. } => (vec![Permission::ObjectCreate], None),
            Operation::Update { if_match, .. } => (vec![Permission::ObjectUpdate], Some(if_match)),
            Operation::Upsert { if_match, .. } => {
                (vec![Permission::ObjectCreate, Permission::ObjectUpdate], Some(if_match))
            }
            Operation::Delete { if_match, .. } => (vec![Permission::ObjectDelete], Some(if_match)),
        };
        needed.extend(if_match.filter(|if_match| if_match.is_set()).map(|_| TO_EXPECT));
        needed
    }
}

impl Store {
    /// Runs one operation after the other, each for itself: one that fails leaves the others alone.
    pub(crate) async fn run_independent(
        &self,
        by: &Member,
        collection: &Collection,
        operations: &[Operation<'_>],
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
    async fn prefetch_for(&self, collection: &Collection, operations: &[Operation<'_>]) -> Prefetched {
        let entry_keys_of = |operation: &Operation<'_>| match operation {
            Operation::Upsert { field, fields, .. } => Some(
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
        operation: &Operation<'_>,
        prefetched: &mut Prefetched,
    ) -> Result<Done> {
        by.needs(&operation.permissions())?;
        Ok(match operation {
            Operation::Create { fields } => Done::Created(self.create(by, collection, fields).await?),
            Operation::Update { id, fields, if_match } => {
                prefetched.forget(id);
                Done::Updated(self.update(by, collection, id, fields, if_match).await?)
            }
            Operation::Upsert { field, fields, if_match } => {
                let conditions = if_match.clone().into();
                match self.upsert((by, &conditions), collection, (field, fields), prefetched).await? {
                    (object, Outcome::Created) => Done::Created(object),
                    (object, Outcome::Updated) => Done::Updated(object),
                }
            }
            Operation::Delete { id, if_match } => {
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
