//! Optimistic concurrency: something is read, checked, and written on the condition that it has not changed
//! since. On a conflict with another write all of it is attempted again, with backoff.

use std::time::Duration;

use rand::TryRng as _;

use super::{ConditionFailed, WriteError, refusal::Failure};
use base::error::{Error, Result};

/// The most attempts that may conflict with another write. With the pauses between them that is some six
/// seconds.
const ATTEMPTS_MAX: u32 = 20;
/// The most retries of a write that DynamoDB itself found in conflict with another one.
pub(super) const CONFLICT_RETRIES_MAX: u32 = 8;
/// After so many doublings a pause does not grow any more: it is two thirds of a second then.
const PAUSE_DOUBLINGS_MAX: u32 = 6;

/// The outcome of one attempt.
pub enum Attempt<T> {
    /// It is done.
    Done(T),
    /// Another write came between: everything is to be read again.
    Conflict,
}

impl<T> Attempt<T> {
    /// The outcome of writes whose conditions say only that nothing has changed since it was read.
    ///
    /// # Errors
    /// When the call failed.
    pub fn of(outcome: Result<T, WriteError>) -> Result<Self> {
        match outcome {
            Ok(done) => Ok(Self::Done(done)),
            Err(WriteError::ConditionFailed(_)) => Ok(Self::Conflict),
            Err(WriteError::Failed(error)) => Err(error),
        }
    }

    /// The same, with this as the result.
    pub fn with<U>(self, done: U) -> Attempt<U> {
        match self {
            Self::Done(_) => Attempt::Done(done),
            Self::Conflict => Attempt::Conflict,
        }
    }
}

impl<T> From<Result<T, ConditionFailed>> for Attempt<T> {
    fn from(outcome: Result<T, ConditionFailed>) -> Self {
        outcome.map_or(Self::Conflict, Self::Done)
    }
}

/// Attempts it until no other write conflicts, with backoff.
///
/// # Errors
/// Those of the attempt; 503 when other writes kept conflicting.
pub async fn retry<T, F>(what: &'static str, mut attempt: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<Attempt<T>>>,
{
    for conflicts in 0..ATTEMPTS_MAX {
        if let Attempt::Done(done) = attempt().await? {
            return Ok(done);
        }
        backoff(conflicts).await;
    }
    Err(Error::unavailable(anyhow::anyhow!("other writes of the same {what} kept coming between")))
}

/// Sends a write again while DynamoDB finds it in conflict with another one that is under way.
pub(super) async fn through_conflicts<T, F>(mut send: impl FnMut() -> F) -> Result<T, WriteError>
where
    F: Future<Output = Result<T, Failure>>,
{
    let mut conflicts = 0;
    loop {
        match send().await {
            Err(Failure::Conflict) if conflicts < CONFLICT_RETRIES_MAX => backoff(conflicts).await,
            outcome => return outcome.map_err(WriteError::from),
        }
        conflicts += 1;
    }
}

/// Waits longer after each conflict, and no two writers equally long ("full jitter": Marc Brooker, Exponential Backoff And
/// Jitter, AWS Architecture Blog, 2015).
pub(super) async fn backoff(conflicts: u32) {
    let longest = 10_u32 << conflicts.min(PAUSE_DOUBLINGS_MAX);
    let random = rand::rngs::SysRng.try_next_u32().unwrap_or(longest);
    tokio::time::sleep(Duration::from_millis(u64::from(1 + random % longest))).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::error::Code;

    /// How often it was attempted, and what came of it, of an attempt that others overtake so often.
    async fn overtaken(times: u32) -> (u32, Result<&'static str>) {
        let mut attempts = 0;
        let outcome = retry("thing", || {
            attempts += 1;
            let is_overtaken = attempts <= times;
            async move { Ok(if is_overtaken { Attempt::Conflict } else { Attempt::Done("done") }) }
        });
        let outcome = outcome.await;
        (attempts, outcome)
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_attempted_until_no_other_write_comes_between() {
        for times in [0, 1, ATTEMPTS_MAX - 1] {
            let (attempts, outcome) = overtaken(times).await;
            assert_eq!((attempts, outcome.unwrap()), (times + 1, "done"));
        }
        let (attempts, outcome) = overtaken(ATTEMPTS_MAX).await;
        assert_eq!((attempts, outcome.unwrap_err().code), (ATTEMPTS_MAX, Code::Unavailable));
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_ends_it() {
        let mut attempts = 0;
        let outcome: Result<()> = retry("thing", || {
            attempts += 1;
            async { Err(Error::not_found("thing")) }
        })
        .await;
        assert_eq!((attempts, outcome.unwrap_err().code), (1, Code::NotFound));
    }
}
