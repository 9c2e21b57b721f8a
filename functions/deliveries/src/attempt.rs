//! One try of a delivery: claimed, so that nobody else makes the same request, made, and written down.

use std::time::Instant;

use anyhow::bail;
use http::{HeaderMap, HeaderName, HeaderValue};
use shared::{
    Timestamp,
    delivery::{
        Attempt, Health, Request, Retry, SIGNED, Status, StoredDelivery, StoredEvent, chance, hop_seconds,
    },
    table::{Condition, ConditionFailed, WriteError, attribute, text},
};
use uuid::Uuid;

use crate::{
    Worker,
    client::{Answer, Failure},
    step::Seen,
    verdict::{Settled, Verdict},
};

/// A worker that has not come to an end after so long never will: twice as long as the function may run.
const CLAIM_SECONDS: i64 = 60;

/// Whose claim the last one is. It stays when the try is written down, so that a write whose answer was lost is known for the
/// own one.
pub(crate) const CLAIM: &str = "claim";

/// A delivery whose present try is this worker's.
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
        seen: Seen,
        is_next: bool,
        health: &Health,
    ) -> anyhow::Result<()> {
        let headers = headers(&request)?;
        let body = request.signed.content.of(&event.body)?.into_owned();
        let mut claimed = self.claim(seen, is_next).await?;
        let begun = Instant::now();
        let outcome = self.request(&request, headers, body).await;
        let duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let now = self.clock.now();
        let verdict = Verdict::of(&outcome, claimed.delivery.tries_in_run(), (now, chance()));
        let settled = Settled::of(verdict, health, now);
        let attempt = Attempt {
            at: claimed.at,
            signed_at: request.signed.at(),
            status: outcome.as_ref().ok().map(|answer| answer.status),
            error: outcome.as_ref().err().map(|failure| failure.name().to_owned()),
            duration_ms,
            response: outcome.ok().map(|answer| answer.text),
            next: settled.next,
        };
        if !self.record(&mut claimed, attempt, &settled).await? {
            return Ok(());
        }
        self.note(&settled, &claimed, health, duration_ms).await?;
        match settled.next {
            Some(due) => self.retries.send(Retry::of(&claimed.delivery), hop_seconds(due, now)).await,
            None => Ok(()),
        }
    }

    /// Takes the try for this worker, if the delivery is still as it was seen.
    async fn claim(&self, seen: Seen, is_next: bool) -> anyhow::Result<Claimed> {
        let Seen { mut delivery, claimed_until, signed: _ } = seen;
        let (at, claim) = (self.clock.now(), Uuid::now_v7().to_string());
        let until = at.plus_seconds(CLAIM_SECONDS);
        let is_unchanged = Condition::All(vec![
            Condition::Is("status".into(), attribute(&Status::Pending)?),
            Condition::is_number("tries", delivery.tries),
            match claimed_until {
                Some(until) => Condition::is_text("claimed_until", until.to_string()),
                None => Condition::AttributeMissing("claimed_until".into()),
            },
        ]);
        delivery.tries += u64::from(is_next);
        let update = self.activity.update(delivery.key()).set("tries", attribute(&delivery.tries)?);
        let update = update.set("claimed_until", attribute(&until)?).set(CLAIM, attribute(&claim)?);
        let update = update.remove(SIGNED).when(is_unchanged);
        match self.activity.write(update).await {
            Ok(_) => Ok(Claimed { delivery, claim, at, until }),
            Err(WriteError::ConditionFailed(refused)) if is_of(&refused, &claim) => {
                Ok(Claimed { delivery, claim, at, until })
            }
            Err(WriteError::ConditionFailed(_)) => bail!("somebody else was faster"),
            Err(WriteError::Failed(error)) => Err(error.into()),
        }
    }

    async fn request(&self, request: &Request, headers: HeaderMap, body: String) -> Result<Answer, Failure> {
        let target = self.rules.check("/url", &request.signed.url).map_err(|_| Failure::RefusedTarget)?;
        self.client.post(&target, headers, body).await
    }
}

/// Whether what stood in the way of a write is what this claim has written.
pub(crate) fn is_of(refused: &ConditionFailed, claim: &str) -> bool {
    refused.item(0).and_then(|item| text(item, CLAIM)) == Some(claim)
}

fn headers(request: &Request) -> anyhow::Result<HeaderMap> {
    let pairs = request.signed.headers.iter();
    pairs.map(|(name, value)| Ok((HeaderName::try_from(name)?, HeaderValue::try_from(value)?))).collect()
}
