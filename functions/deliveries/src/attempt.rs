//! One attempt of a delivery: the worker claims it, so that no other one makes the same request, makes the
//! request, and records the result.

use std::time::Instant;

use anyhow::bail;
use base::Timestamp;
use delivery::{
    DeliveryAttempt, DeliveryStatus, Health, Request, Retry, SIGNED, StoredDelivery, StoredEvent,
    random_unit, requeue_delay_seconds,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use table::{Condition, ConditionFailed, WriteError, attribute, text};
use uuid::Uuid;

use crate::{
    Worker,
    action::DeliverySnapshot,
    client::Response,
    failure::Failure,
    outcome::{DeliveryUpdate, Outcome},
};

/// A claim expires after so long, which is twice as long as the function may run: its worker must have died.
const CLAIM_SECONDS: i64 = 60;

/// The attribute with the id of the latest claim. It stays when the result is recorded, so that a worker
/// recognises its own write if the response was lost.
pub(crate) const CLAIM: &str = "claim";

/// A delivery whose present attempt is claimed by this worker.
pub(crate) struct Claimed {
    pub(crate) delivery: StoredDelivery,
    pub(crate) claim: String,
    pub(crate) at: Timestamp,
    pub(crate) until: Timestamp,
}

impl Worker {
    pub(crate) async fn attempt(
        &self,
        (request, event): (Request, StoredEvent),
        snapshot: DeliverySnapshot,
        is_next: bool,
        health: &Health,
    ) -> anyhow::Result<()> {
        let headers = headers(&request)?;
        let body = request.signed.content.of(&event.body)?.into_owned();
        let mut claimed = self.claim(snapshot, is_next).await?;
        let begun = Instant::now();
        let response = self.request(&request, headers, body).await;
        let duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let now = self.clock.now();
        let outcome = Outcome::of(&response, claimed.delivery.tries_in_run(), (now, random_unit()));
        let update = DeliveryUpdate::of(outcome, health, now);
        let attempt = DeliveryAttempt {
            at: claimed.at,
            signed_at: request.signed.at(),
            status: response.as_ref().ok().map(|response| response.status),
            error: response.as_ref().err().map(|failure| failure.name().to_owned()),
            duration_ms,
            response: response.ok().map(|response| response.body),
            next: update.next,
        };
        if !self.record(&mut claimed, attempt, &update).await? {
            return Ok(());
        }
        self.update_health(&update, &claimed, health, duration_ms).await?;
        match update.next {
            Some(due) => {
                self.retries.send(Retry::of(&claimed.delivery), requeue_delay_seconds(due, now)).await
            }
            None => Ok(()),
        }
    }

    /// Claims the attempt for this worker, if the delivery has not changed since it was read.
    async fn claim(&self, snapshot: DeliverySnapshot, is_next: bool) -> anyhow::Result<Claimed> {
        let DeliverySnapshot { mut delivery, claimed_until, signed: _ } = snapshot;
        let (at, claim) = (self.clock.now(), Uuid::now_v7().to_string());
        let until = at.plus_seconds(CLAIM_SECONDS);
        let is_unchanged = Condition::All(vec![
            Condition::Is("status".into(), attribute(&DeliveryStatus::Pending)?),
            Condition::is_number("tries", delivery.tries),
            Condition::is_still("claimed_until", claimed_until.as_ref().map(attribute).transpose()?),
        ]);
        delivery.tries += u64::from(is_next);
        let update = self.activity.update(delivery.key()).set("tries", attribute(&delivery.tries)?);
        let update = update.set("claimed_until", attribute(&until)?).set(CLAIM, attribute(&claim)?);
        let update = update.remove(SIGNED).when(is_unchanged);
        match self.activity.write(update).await {
            Err(WriteError::Failed(error)) => Err(error.into()),
            Err(WriteError::ConditionFailed(failed)) if !is_claimed_by(&failed, &claim) => {
                bail!("the delivery was claimed by another worker")
            }
            // Or it failed by this very claim, whose answer was lost.
            Ok(_) | Err(WriteError::ConditionFailed(_)) => Ok(Claimed { delivery, claim, at, until }),
        }
    }

    async fn request(
        &self,
        request: &Request,
        headers: HeaderMap,
        body: String,
    ) -> Result<Response, Failure> {
        let target = self.rules.check("/url", &request.signed.url).map_err(|_| Failure::RefusedTarget)?;
        self.client.post(&target, headers, body).await
    }
}

/// Whether the item that made a conditional write fail has this claim, so that the write was applied already.
pub(crate) fn is_claimed_by(refused: &ConditionFailed, claim: &str) -> bool {
    refused.item(0).and_then(|item| text(item, CLAIM)) == Some(claim)
}

fn headers(request: &Request) -> anyhow::Result<HeaderMap> {
    let pairs = request.signed.headers.iter();
    pairs.map(|(name, value)| Ok((HeaderName::try_from(name)?, HeaderValue::try_from(value)?))).collect()
}
