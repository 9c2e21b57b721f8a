//! Why a write was not applied: a condition failed, another write conflicted with it, or the call failed.

use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::SdkError,
    operation::{
        delete_item::DeleteItemError, put_item::PutItemError, transact_write_items::TransactWriteItemsError,
        update_item::UpdateItemError,
    },
};

use serde::{Serialize, de::DeserializeOwned};

use super::{Item, attribute, decode, failure, is_too_large, too_large};
use base::error::Error;

/// The writes whose condition failed, each with the item under its key; nothing was changed.
#[derive(Debug)]
pub struct ConditionFailed {
    /// Indexes in the list of writes, each with the item found there.
    pub writes: Vec<(usize, Option<Item>)>,
}

impl ConditionFailed {
    /// Whether the condition of the write at that index failed.
    pub fn at(&self, index: usize) -> bool {
        self.writes.iter().any(|(at, _)| *at == index)
    }

    /// The item that failed the condition of the write at that index.
    pub fn item(&self, index: usize) -> Option<&Item> {
        self.writes.iter().find(|(at, _)| *at == index)?.1.as_ref()
    }
}

/// Why a write was not applied.
#[derive(Debug)]
pub enum WriteError {
    /// A condition failed.
    ConditionFailed(ConditionFailed),
    /// The call failed.
    Failed(Error),
}

impl WriteError {
    /// The error for the client, given what a failed condition means here.
    pub fn into_error(self, meaning: impl FnOnce(ConditionFailed) -> Error) -> Error {
        match self {
            WriteError::ConditionFailed(failed) => meaning(failed),
            WriteError::Failed(error) => error,
        }
    }
}

/// Whether a write was applied, where a failed condition is no fault.
///
/// # Errors
/// When the call failed.
pub fn applied<T>(outcome: Result<T, WriteError>) -> base::error::Result<bool> {
    match outcome {
        Ok(_) => Ok(true),
        Err(WriteError::ConditionFailed(_)) => Ok(false),
        Err(WriteError::Failed(error)) => Err(error),
    }
}

/// Whether a write was applied that leaves an item as this, where a failed condition is no fault. A write whose answer was
/// lost is repeated, and fails by what it has written itself: then the item is there, and it was applied.
///
/// # Errors
/// When the call failed, or the item that stands in the way cannot be read.
pub fn applied_as<T, I>(outcome: Result<T, WriteError>, expected: &I) -> base::error::Result<bool>
where
    I: Serialize + DeserializeOwned,
{
    match outcome {
        Err(WriteError::ConditionFailed(failed)) => match failed.item(0).cloned() {
            Some(found) => Ok(attribute(&decode::<I>(found)?)? == attribute(expected)?),
            None => Ok(false),
        },
        outcome => applied(outcome),
    }
}

impl From<WriteError> for Error {
    /// For writes without a condition that is expected to fail.
    fn from(error: WriteError) -> Self {
        error.into_error(|failed| {
            anyhow::anyhow!("a write met an unexpected item: {} refused", failed.writes.len()).into()
        })
    }
}

/// Why one try of a write did not succeed.
pub(super) enum Failure {
    ConditionFailed(ConditionFailed),
    Conflict,
    Other(Error),
}

/// The three errors of single writes have the same variants, but no type in common.
macro_rules! single_write_failure {
    ($name:ident, $error:ident) => {
        pub(super) fn $name(error: SdkError<$error, HttpResponse>) -> Self {
            match error.as_service_error() {
                Some($error::ConditionalCheckFailedException(refusal)) => {
                    Self::ConditionFailed(ConditionFailed { writes: vec![(0, refusal.item.clone())] })
                }
                Some($error::TransactionConflictException(_)) => Self::Conflict,
                _ => Self::Other(failure(error)),
            }
        }
    };
}

impl Failure {
    single_write_failure!(of_put, PutItemError);
    single_write_failure!(of_update, UpdateItemError);
    single_write_failure!(of_delete, DeleteItemError);

    pub(super) fn of_transaction(error: SdkError<TransactWriteItemsError, HttpResponse>) -> Self {
        let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error()
        else {
            return Self::Other(failure(error));
        };
        let reasons = cancelled.cancellation_reasons();
        let with_code = |code: &'static str| {
            reasons.iter().enumerate().filter(move |(_, reason)| reason.code() == Some(code))
        };
        let writes: Vec<_> =
            with_code("ConditionalCheckFailed").map(|(at, reason)| (at, reason.item.clone())).collect();
        if !writes.is_empty() {
            return Self::ConditionFailed(ConditionFailed { writes });
        }
        if reasons.iter().any(|reason| is_too_large(reason.code(), reason.message())) {
            return Self::Other(too_large());
        }
        if with_code("TransactionConflict").next().is_some() {
            return Self::Conflict;
        }
        let is_passing = reasons.iter().any(|reason| reason.code().is_some_and(is_passing_reason));
        let cause = failure(error);
        Self::Other(if is_passing { Error::unavailable(anyhow::Error::from(cause)) } else { cause })
    }
}

/// Reasons of a cancelled transaction that go away by themselves.
fn is_passing_reason(code: &str) -> bool {
    ["ThrottlingError", "ProvisionedThroughputExceeded"].contains(&code)
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl From<Failure> for WriteError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::ConditionFailed(failed) => Self::ConditionFailed(failed),
            Failure::Conflict => {
                Self::Failed(Error::unavailable(anyhow::anyhow!("writes kept meeting on one item")))
            }
            Failure::Other(error) => Self::Failed(error),
        }
    }
}

impl From<Error> for WriteError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}
