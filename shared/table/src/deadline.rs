//! The deadline of an invocation, as Lambda tells it. Calls of AWS are bounded each for itself, but there may be many: what
//! is not done shortly before the deadline is given up, so that whoever asked is answered, and the process goes on. Lambda
//! would end it, and the next invocation would be a cold start.

use std::time::Duration;

use lambda_runtime::Context;

use base::{
    clock::Clock,
    error::{Error, Result},
    timestamp::Timestamp,
};

/// What is kept for the answer.
const ANSWER_MILLIS: i64 = 1_000;
/// What is kept besides for bringing in order what the work has begun.
const ORDER_MILLIS: i64 = 500;

/// When an invocation must have been answered.
#[derive(Clone, Copy)]
pub struct Deadline(Option<Timestamp>);

impl Deadline {
    /// The one of the invocation; without Lambda there is none.
    pub fn of(context: Option<&Context>) -> Self {
        let millis = context.map(|context| context.deadline).filter(|millis| *millis > 0);
        Self(millis.and_then(|millis| Timestamp::from_millis(i64::try_from(millis).ok()?)))
    }

    /// A moment before: what was begun within the work is brought in order until then.
    #[must_use]
    pub fn a_moment_before(self) -> Self {
        Self(self.0.and_then(|deadline| Timestamp::from_millis(deadline.millis() - ORDER_MILLIS)))
    }

    /// What comes of the work, if it ends in time.
    ///
    /// # Errors
    /// 503 when it does not. What it was about to write may have been written.
    pub async fn limit<T>(self, work: impl Future<Output = T>) -> Result<T> {
        let Some(deadline) = self.0 else { return Ok(work.await) };
        // Lambda's clock, which no test sets.
        let left = deadline.millis() - Clock::default().now().millis() - ANSWER_MILLIS;
        let outcome = match u64::try_from(left) {
            Ok(left @ 1..) => tokio::time::timeout(Duration::from_millis(left), work).await.ok(),
            // There is no time to begin.
            Ok(0) | Err(_) => None,
        };
        outcome.ok_or_else(|| Error::unavailable(anyhow::anyhow!("the time of the invocation was over")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::error::Code;

    fn in_seconds(seconds: i64) -> Deadline {
        let mut context = Context::default();
        context.deadline = u64::try_from(Timestamp::now().plus_seconds(seconds).millis()).unwrap();
        Deadline::of(Some(&context))
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_end_in_time_is_given_up() {
        for deadline in [in_seconds(29), in_seconds(1), in_seconds(-1)] {
            let error = deadline.limit(std::future::pending::<()>()).await.unwrap_err();
            assert_eq!(error.code, Code::Unavailable);
        }
        let slow = tokio::time::sleep(Duration::from_secs(20));
        in_seconds(29).limit(slow).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_deadline_there_is_time() {
        for context in [None, Some(&Context::default())] {
            Deadline::of(context).limit(tokio::time::sleep(Duration::from_hours(1))).await.unwrap();
        }
    }
}
