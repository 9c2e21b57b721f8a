//! Why a write did not happen: a condition, a meeting of two writes, or a failed call.

use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::SdkError,
    operation::{
        delete_item::DeleteItemError, put_item::PutItemError, transact_write_items::TransactWriteItemsError,
        update_item::UpdateItemError,
    },
};

use super::{Item, failure, is_too_large, too_large};
use crate::error::Error;

/// The writes whose condition did not hold, each with the item that stands in the way; nothing was changed.
#[derive(Debug)]
pub struct Refused {
    /// Places in the list of writes, each with the item found there.
    pub found: Vec<(usize, Option<Item>)>,
}

impl Refused {
    /// Whether the write at that place was among those refused.
    pub fn at(&self, place: usize) -> bool {
        self.found.iter().any(|(at, _)| *at == place)
    }

    /// The item that stood in the way of the write at that place.
    pub fn item(&self, place: usize) -> Option<&Item> {
        self.found.iter().find(|(at, _)| *at == place)?.1.as_ref()
    }
}

/// Why a write did not happen.
#[derive(Debug)]
pub enum WriteError {
    /// A condition did not hold.
    Refused(Refused),
    /// The call failed.
    Failed(Error),
}

impl WriteError {
    /// The error for the client, given what a refusal means here.
    pub fn or(self, meaning: impl FnOnce(Refused) -> Error) -> Error {
        match self {
            WriteError::Refused(refused) => meaning(refused),
            WriteError::Failed(error) => error,
        }
    }
}

/// Whether a write was done, where it is no fault that its condition did not hold.
///
/// # Errors
/// When the call failed.
pub fn is_done<T>(outcome: Result<T, WriteError>) -> crate::error::Result<bool> {
    match outcome {
        Ok(_) => Ok(true),
        Err(WriteError::Refused(_)) => Ok(false),
        Err(WriteError::Failed(error)) => Err(error),
    }
}

impl From<WriteError> for Error {
    /// For writes that carry no condition which could fail in good order.
    fn from(error: WriteError) -> Self {
        error.or(|refused| {
            anyhow::anyhow!("a write met an unexpected item: {} refused", refused.found.len()).into()
        })
    }
}

/// Why one try of a write did not succeed.
pub(super) enum Failure {
    Refused(Refused),
    Conflict,
    Other(Error),
}

/// The three errors of single writes have the same variants, but no type in common.
macro_rules! single_write_failure {
    ($name:ident, $error:ident) => {
        pub(super) fn $name(error: SdkError<$error, HttpResponse>) -> Self {
            match error.as_service_error() {
                Some($error::ConditionalCheckFailedException(refusal)) => {
                    Self::Refused(Refused { found: vec![(0, refusal.item.clone())] })
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
        let found: Vec<_> =
            with_code("ConditionalCheckFailed").map(|(at, reason)| (at, reason.item.clone())).collect();
        if !found.is_empty() {
            return Self::Refused(Refused { found });
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
            Failure::Refused(refused) => Self::Refused(refused),
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
