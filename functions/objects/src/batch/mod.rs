//! Batches: up to 100 operations on objects of one type in one request, each for itself or all together.

mod operation;
mod result;
mod schema;

use base::{Error, Fault, Result, Violation};
use records::objects::BatchOperation;
use schemars::JsonSchema;
use serde::Deserialize;

pub(crate) use result::Results;

use operation::{OperationBody, OperationKind};

/// The most operations of a batch.
const OPERATIONS_MAX: usize = 100;
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
    pub(crate) fn operations(&self) -> Result<Vec<BatchOperation<'_>>> {
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

    /// What each operation is.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = OperationKind> {
        self.operations.iter().map(OperationBody::kind)
    }
}

/// The JSON pointer to an operation in the body.
fn pointer(index: usize) -> String {
    format!("/operations/{index}")
}
