//! Records the result of an attempt: in the delivery, and in the health of its receiver.

use base::Timestamp;
use delivery::{ATTEMPTS_MAX, DeliveryAttempt, DeliveryStatus, DisabledReason, Health};
use table::{AttributeValue, Condition, Write, WriteError, applied, attribute};

use crate::{
    Worker,
    attempt::{Claimed, is_claimed_by},
    outcome::DeliveryUpdate,
};

/// The last success of a receiver is recorded again only after so long, to save writes.
const SUCCESS_RECORD_SECONDS: i64 = 60;

impl Worker {
    /// Records an attempt, unless another worker has claimed the delivery meanwhile; returns whether it did.
    pub(crate) async fn record(
        &self,
        claimed: &mut Claimed,
        attempt: DeliveryAttempt,
        delivery_update: &DeliveryUpdate,
    ) -> anyhow::Result<bool> {
        let Claimed { delivery, claim, until, .. } = claimed;
        delivery.attempts.push(attempt);
        let surplus = delivery.attempts.len().saturating_sub(ATTEMPTS_MAX);
        delivery.attempts.drain(..surplus);
        let is_mine = Condition::is_number("tries", delivery.tries)
            .and(Condition::is_text("claimed_until", until.to_string()));
        let update = self.activity.update(delivery.key()).set("attempts", attribute(&delivery.attempts)?);
        let update = match delivery_update.next {
            Some(next) => update.set("next_attempt_at", attribute(&next)?),
            None => update.remove("next_attempt_at"),
        };
        let update = match delivery_update.status {
            // That is its status already.
            DeliveryStatus::Pending => update,
            status => status.set(update, &delivery.webhook)?,
        };
        match self.activity.write(update.remove("claimed_until").when(is_mine)).await {
            Ok(_) => Ok(true),
            Err(WriteError::ConditionFailed(refused)) => {
                let is_over = refused.item(0).is_some_and(|item| !item.contains_key("claimed_until"));
                Ok(is_over && is_claimed_by(&refused, claim))
            }
            Err(WriteError::Failed(error)) => Err(error.into()),
        }
    }

    /// Updates the health of the receiver after an attempt of that duration, if it changes.
    pub(crate) async fn update_health(
        &self,
        delivery_update: &DeliveryUpdate,
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
        let update = match (delivery_update.status, delivery_update.disable_reason) {
            (DeliveryStatus::Delivered, _) if is_recorded_recently(health, now) && !is_news => return Ok(()),
            (DeliveryStatus::Delivered, _) => {
                update.set("last_success_at", attribute(&now)?).remove("failing_since")
            }
            (_, None) if health.is_failing() && !is_news => return Ok(()),
            (_, None) if health.is_failing() => update,
            (_, None) => update.set("failing_since", attribute(&claimed.at)?),
            (_, Some(reason)) => disable(update, reason, now)?,
        };
        self.write_if(update.when(health_unchanged(health, delivery_update.disable_reason))).await?;
        Ok(())
    }

    /// Writes if the condition holds; returns whether it did.
    pub(crate) async fn write_if(&self, write: Write) -> anyhow::Result<bool> {
        Ok(applied(self.activity.write(write).await)?)
    }
}

/// Whether the last success of a healthy receiver was recorded recently.
fn is_recorded_recently(health: &Health, now: Timestamp) -> bool {
    let is_recent = |at: Timestamp| now.seconds() - at.seconds() < SUCCESS_RECORD_SECONDS;
    !health.is_failing() && health.last_success_at.is_some_and(is_recent)
}

fn disable(update: Write, reason: DisabledReason, now: Timestamp) -> anyhow::Result<Write> {
    Ok(update.set("disabled_at", attribute(&now)?).set("disabled_reason", attribute(&reason)?))
}

/// The condition that the webhook has not changed since the health was read: a result is only of the URL that
/// the request went to. To disable a webhook as failing, there must have been no success in between either.
fn health_unchanged(health: &Health, disable_reason: Option<DisabledReason>) -> Condition {
    let is_same =
        Condition::is_still("changed_at", health.changed_at.map(|at| AttributeValue::S(at.to_string())));
    match (disable_reason, health.failing_since) {
        (Some(DisabledReason::Failing), Some(since)) => {
            is_same.and(Condition::is_text("failing_since", since.to_string()))
        }
        _ => is_same,
    }
}
