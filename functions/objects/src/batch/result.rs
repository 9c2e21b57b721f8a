//! The response to a batch: the result of each operation, as the caller may see it.

use api::Member;
use base::{Problem, Result};
use records::{
    object_type::ObjectType,
    objects::{Done, StoredObject},
};
use schemars::JsonSchema;
use search::Object;
use serde::Serialize;

use super::operation::OperationKind;

/// The bytes of values in an answer, about, so that it can be kept for its Idempotency-Key, which takes an item of the
/// database. Objects beyond them come without what they hold.
const ANSWER_SIZE_MAX: usize = 300_000;

/// The result of a batch.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Results {
    /// How many operations were refused.
    failed: usize,
    /// The result of each operation, in order.
    results: Vec<OperationResult>,
}

/// The result of an operation.
#[derive(Serialize, JsonSchema)]
struct OperationResult {
    /// The kind of operation.
    op: OperationKind,
    /// The status that it would have had as a request of its own.
    status: u16,
    /// The object that was created or changed. In an answer over 300 KB the later ones come without what they hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<Object>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Problem>,
}

impl Results {
    pub(crate) fn of(
        kinds: impl Iterator<Item = OperationKind>,
        outcomes: Vec<Result<Done>>,
        object_type: &ObjectType,
        caller: &Member,
    ) -> Self {
        let failed = outcomes.iter().filter(|outcome| outcome.is_err()).count();
        let mut size = 0;
        let mut shown = |object: StoredObject| {
            size += object.answer_size();
            let object = Object::of(object, object_type, caller);
            if size > ANSWER_SIZE_MAX { object.without_content() } else { object }
        };
        let result = |(op, outcome): (OperationKind, Result<Done>)| {
            let (status, object, problem) = match outcome {
                Ok(Done::Created(object)) => (201, Some(shown(object)), None),
                Ok(Done::Updated(object)) => (200, Some(shown(object)), None),
                Ok(Done::Deleted) => (204, None, None),
                Err(error) => (error.code.status(), None, Some(error.log_and_render(&caller.request_id))),
            };
            OperationResult { op, status, object, problem }
        };
        Self { failed, results: kinds.zip(outcomes).map(result).collect() }
    }
}
