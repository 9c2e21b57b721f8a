//! What is written down of a try: at the delivery, and at the health of its receiver.

use shared::{
    Timestamp,
    delivery::{ATTEMPTS_MAX, Attempt, DisabledReason, Health, Status},
    table::{Condition, Write, WriteError, applied, attribute},
};

use crate::{
    Worker,
    attempt::{Claimed, is_of},
    verdict::Settled,
};

/// The last success of a receiver is noted again after so long.
const SUCCESS_SECONDS: i64 = 60;

impl Worker {
    /// Writes down a try, unless somebody else has taken it meanwhile; whether it did.
    pub(crate) async fn record(
        &self,
        claimed: &mut Claimed,
        attempt: Attempt,
        settled: &Settled,
    ) -> anyhow::Result<bool> {
        let Claimed { delivery, claim, until, .. } = claimed;
        delivery.attempts.push(attempt);
        let surplus = delivery.attempts.len().saturating_sub(ATTEMPTS_MAX);
        delivery.attempts.drain(..surplus);
        let is_mine = Condition::is_number("tries", delivery.tries)
            .and(Condition::is_text("claimed_until", until.to_string()));
        let update = self.activity.update(delivery.key()).set("attempts", attribute(&delivery.attempts)?);
        let update = match settled.next {
            Some(next) => update.set("next_attempt_at", attribute(&next)?),
            None => update.remove("next_attempt_at"),
        };
        let update = match settled.status {
            // So it stands since before.
            Status::Pending => update,
            status => status.set(update, &delivery.webhook)?,
        };
        match self.activity.write(update.remove("claimed_until").when(is_mine)).await {
            Ok(_) => Ok(true),
            Err(WriteError::ConditionFailed(refused)) => {
                let is_over = refused.item(0).is_some_and(|item| !item.contains_key("claimed_until"));
                Ok(is_over && is_of(&refused, claim))
            }
            Err(WriteError::Failed(error)) => Err(error.into()),
        }
    }

    /// Notes how the receiver does, if that is news: after so long it has answered, or not.
    pub(crate) async fn note(
        &self,
        settled: &Settled,
        claimed: &Claimed,
        health: &Health,
        duration_ms: u64,
    ) -> anyhow::Result<()> {
        let now = self.clock.now();
        let slow_until = health.slow_after(duration_ms, now);
        let update = self.activity.update(Health::key(&claimed.delivery.webhook));
        let is_news = slow_until.is_some();
        let update = match slow_until {
            Some(until) => update.set("slow_until", attribute(&until)?),
            None => update,
        };
        let update = match (settled.status, settled.given_up) {
            (Status::Delivered, _) if is_known(health, now) && !is_news => return Ok(()),
            (Status::Delivered, _) => update.set("last_success_at", attribute(&now)?).remove("failing_since"),
            (_, None) if health.is_failing() && !is_news => return Ok(()),
            (_, None) if health.is_failing() => update,
            (_, None) => update.set("failing_since", attribute(&claimed.at)?),
            (_, Some(reason)) => given_up(update, reason, now)?,
        };
        self.write_if(update.when(is_as_seen(health, settled.given_up))).await?;
        Ok(())
    }

    /// Writes, if the condition holds; whether it did.
    pub(crate) async fn write_if(&self, write: Write) -> anyhow::Result<bool> {
        Ok(applied(self.activity.write(write).await)?)
    }
}

/// Whether it is known that the receiver does well.
fn is_known(health: &Health, now: Timestamp) -> bool {
    let is_recent = |at: Timestamp| now.seconds() - at.seconds() < SUCCESS_SECONDS;
    !health.is_failing() && health.last_success_at.is_some_and(is_recent)
}

fn given_up(update: Write, reason: DisabledReason, now: Timestamp) -> anyhow::Result<Write> {
    Ok(update.set("disabled_at", attribute(&now)?).set("disabled_reason", attribute(&reason)?))
}

/// Whether what came of a request is still about this receiver: the webhook may have changed meanwhile, or moved. That it is
/// given up as failing, a success in between speaks against as well.
fn is_as_seen(health: &Health, given_up: Option<DisabledReason>) -> Condition {
    let is_same = match health.changed_at {
        Some(at) => Condition::is_text("changed_at", at.to_string()),
        None => Condition::AttributeMissing("changed_at".into()),
    };
    match (given_up, health.failing_since) {
        (Some(DisabledReason::Failing), Some(since)) => {
            is_same.and(Condition::is_text("failing_since", since.to_string()))
        }
        _ => is_same,
    }
}
