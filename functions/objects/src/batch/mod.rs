//! Batches: up to 100 operations on objects of one type in one request, each for itself or all together.

mod atomic;
mod operation;
mod result;
mod schema;
mod transaction;

use schemars::JsonSchema;
use serde::Deserialize;
use shared::{Error, Fault, Member, Permission, Result, Violation, object_type::checked};

pub(crate) use operation::Operation;
pub(crate) use result::Results;

use crate::{
    expected::TO_EXPECT,
    holders::Ahead,
    object::StoredObject,
    store::{Store, TypeInTeam},
    upsert::{Outcome, Wanted},
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

/// What an operation has done.
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
        for (place, body) in self.operations.iter().enumerate() {
            match body.read(&pointer(place)) {
                Ok(operation) => operations.push(operation),
                Err(found) => faults.extend(found),
            }
        }
        if faults.is_empty() { Ok(operations) } else { Err(Error::invalid(faults)) }
    }
}

impl Operation<'_> {
    /// What its doer needs.
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
    /// Does one operation after the other, each for itself.
    pub(crate) async fn each(
        &self,
        by: &Member,
        object_type: &TypeInTeam,
        operations: &[Operation<'_>],
    ) -> Vec<Result<Done>> {
        let until = self.now().plus_seconds(BATCH_SECONDS);
        let mut ahead = self.ahead_of(object_type, operations).await;
        let mut done = Vec::with_capacity(operations.len());
        for (place, operation) in operations.iter().enumerate() {
            let outcome = if self.now() < until {
                self.operate(&by.in_batch(place), object_type, operation, &mut ahead).await
            } else {
                Err(Error::unavailable(anyhow::anyhow!("a batch took too long to be done as a whole")))
            };
            done.push(outcome.map_err(|error| error.below(&pointer(place))));
        }
        done
    }

    /// Who has the values that the upserts match by: for all of them at once. What cannot be read ahead, or is too large
    /// together, is read when its turn comes.
    async fn ahead_of(&self, object_type: &TypeInTeam, operations: &[Operation<'_>]) -> Ahead {
        let guard = |operation: &Operation<'_>| match operation {
            Operation::Upsert { field, fields, .. } => {
                Some(Wanted::of(object_type, field, &checked(object_type, fields)).ok()?.guards(object_type))
            }
            _ => None,
        };
        let guards = operations.iter().filter_map(guard).flatten().collect();
        self.ahead_within(object_type, guards, Vec::new(), SIZE_MAX).await.ok().flatten().unwrap_or_default()
    }

    async fn operate(
        &self,
        by: &Member,
        object_type: &TypeInTeam,
        operation: &Operation<'_>,
        ahead: &mut Ahead,
    ) -> Result<Done> {
        by.needs(&operation.permissions())?;
        Ok(match operation {
            Operation::Create { fields } => Done::Created(self.create(by, object_type, fields).await?),
            Operation::Update { id, fields, if_match } => {
                ahead.forget(id);
                Done::Updated(self.update(by, object_type, id, fields, if_match).await?)
            }
            Operation::Upsert { field, fields, if_match } => {
                let conditions = if_match.clone().into();
                match self.upsert((by, &conditions), object_type, (field, fields), ahead).await? {
                    (object, Outcome::Created) => Done::Created(object),
                    (object, Outcome::Updated) => Done::Updated(object),
                }
            }
            Operation::Delete { id, if_match } => {
                ahead.forget(id);
                self.trash(by, object_type, id, if_match).await?;
                Done::Deleted
            }
        })
    }
}

/// Where an operation stands in the body.
fn pointer(place: usize) -> String {
    format!("/operations/{place}")
}
