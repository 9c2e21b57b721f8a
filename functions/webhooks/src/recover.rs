//! What did not come through in a time is sent again: what was tried in vain, what was held, and what got lost.

use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::Deserialize;
use shared::{
    Error, Fault, Member, Result, Timestamp, Violation,
    delivery::{Retry, Status, StoredDelivery},
    id::{DeliveryId, WebhookId},
    json::{self, Nullable},
    table::{Item, decode},
};
use tokio::task::JoinSet;

use crate::{
    deliveries::{is_due_before, open},
    shown::Recovered,
    store::Store,
};

/// So many are read together.
const BATCH: usize = 100;
/// Deliveries that are written at the same time.
const AT_ONCE: usize = 16;
/// Nothing more is begun after this time.
const TIME_MAX: Duration = Duration::from_secs(15);
/// What is due and has not moved for so long has lost its message, or waits among very many. Twice the message does no harm.
const LOST_SECONDS: i64 = 15 * 60;

/// Which events are meant.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recovery {
    /// Events from this moment on.
    since: Timestamp,
    /// Events before this moment; until now, if absent or null.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<Timestamp>")]
    until: Option<Timestamp>,
}

/// A time, from a moment to before another one.
pub(crate) struct Span {
    since: Timestamp,
    until: Timestamp,
}

impl Recovery {
    /// The time, if it is one.
    pub(crate) fn checked(&self, now: Timestamp) -> Result<Span> {
        let until = self.until.unwrap_or(now.plus_seconds(1));
        if until <= self.since {
            let place = if self.until.is_some() { "/until" } else { "/since" };
            let fault = Fault::new(place, Violation::OutOfRange, "The end must come after the begin.");
            return Err(Error::unprocessable(vec![fault]));
        }
        Ok(Span { since: self.since, until })
    }
}

impl Store {
    /// Sends again, with all retries anew, what did not come through. It stops after a while and says so.
    pub(crate) async fn recover(&self, by: &Member, id: &WebhookId, span: &Span) -> Result<Recovered> {
        self.open_webhook(by, id).await?;
        let (begun, mut recovered) = (Instant::now(), 0);
        // The same for all pages: DynamoDB goes on from nowhere outside of a range.
        let since = DeliveryId::first_at(span.since).max(self.first_kept());
        let until = DeliveryId::first_at(span.until);
        if until <= since {
            return Ok(Recovered { recovered, more: false });
        }
        for status in [Status::Failed, Status::Held, Status::Pending] {
            let mut after = None;
            loop {
                if begun.elapsed() >= TIME_MAX {
                    return Ok(Recovered { recovered, more: true });
                }
                let query = open(id, status).between("sk", Some(since.as_str()), Some(until.as_str()));
                let query = query.after(after.take()).limit(BATCH);
                let found = self.activity.query_once(&query).await?;
                let (retries, failed) = self.recover_batch(found.items, status).await?;
                recovered += retries.len();
                // What has begun anew is sent, whatever became of the others.
                self.send(retries).await?;
                failed.map_or(Ok(()), Err)?;
                match found.next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
        }
        Ok(Recovered { recovered, more: false })
    }

    /// Begins these anew, as far as they still stand so; with the last error, if there was any.
    async fn recover_batch(&self, entries: Vec<Item>, status: Status) -> Result<(Vec<Retry>, Option<Error>)> {
        let lost = self.now().plus_seconds(-LOST_SECONDS);
        let items = self.whole(entries).await?;
        let mut items =
            items.into_iter().filter(|item| status != Status::Pending || is_due_before(item, lost));
        let (mut running, mut retries, mut failed) = (JoinSet::new(), Vec::new(), None);
        loop {
            while running.len() < AT_ONCE
                && let Some(item) = items.next()
            {
                let (store, delivery) = (self.clone(), decode::<StoredDelivery>(item)?);
                running.spawn(async move { store.recover_one(delivery, status).await });
            }
            let Some(outcome) = running.join_next().await else { return Ok((retries, failed)) };
            match outcome.map_err(anyhow::Error::from)? {
                Ok(retry) => retries.extend(retry),
                Err(error) => failed = Some(error),
            }
        }
    }

    async fn recover_one(&self, mut delivery: StoredDelivery, status: Status) -> Result<Option<Retry>> {
        let is_begun = delivery.status == status && self.begin_anew(&mut delivery).await?;
        Ok(is_begun.then(|| Retry::of(&delivery)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_ends_after_it_begins() {
        let now = at("2026-11-23T10:00:00Z");
        for (since, until, fault) in [
            ("2026-11-23T09:00:00Z", None, None),
            ("2026-11-23T10:00:00Z", None, None),
            ("2026-11-23T11:00:00Z", None, Some("/since")),
            ("2026-11-23T09:00:00Z", Some("2026-11-23T09:00:00.001Z"), None),
            ("2026-11-23T09:00:00Z", Some("2026-11-23T09:00:00Z"), Some("/until")),
            ("2026-11-23T09:00:00Z", Some("2026-11-23T08:00:00Z"), Some("/until")),
        ] {
            let recovery = Recovery { since: at(since), until: until.map(at) };
            let found = recovery.checked(now).err().map(|error| error.faults()[0].pointer.clone());
            assert_eq!(found.as_deref(), fault, "{since} {until:?}");
        }
    }
}
