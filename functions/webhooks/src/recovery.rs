//! Recovery: sends the deliveries of a time range again that did not arrive, as they failed, were held, or lost
//! their message.

use std::time::{Duration, Instant};

use api::Member;
use base::{
    Error, Fault, Result, Timestamp, Violation,
    id::{DeliveryId, WebhookId},
    json::{self, Nullable},
};
use delivery::{DeliveryStatus, Retry, StoredDelivery};
use schemars::JsonSchema;
use serde::Deserialize;
use table::{Item, concurrent::concurrent, decode};

use crate::{
    deliveries::{is_due_before, undelivered},
    store::Store,
    view::Recovered,
};

/// The deliveries that are read in one batch.
const BATCH: usize = 100;
/// Deliveries that are written at the same time.
const AT_ONCE: usize = 16;
/// No further batch is started after this time, as API Gateway waits 29 seconds.
const TIME_MAX: Duration = Duration::from_secs(15);
/// A pending delivery that is overdue for so long has lost its message, or waits behind very many. A second
/// message is harmless.
const LOST_SECONDS: i64 = 15 * 60;

/// The time range of a recovery.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recovery {
    /// The start of the time range: events at or after this time are sent again.
    since: Timestamp,
    /// The end of the time range: only events before this time are sent again. Absent or null means now.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<Timestamp>")]
    until: Option<Timestamp>,
}

/// A time range: the start is part of it, the end is not.
pub(crate) struct TimeRange {
    since: Timestamp,
    until: Timestamp,
}

impl Recovery {
    /// The time range, if its end comes after its start.
    pub(crate) fn validate(&self, now: Timestamp) -> Result<TimeRange> {
        let until = self.until.unwrap_or(now.plus_seconds(1));
        if until <= self.since {
            let pointer = if self.until.is_some() { "/until" } else { "/since" };
            let fault = Fault::new(pointer, Violation::OutOfRange, "The end must come after the start.");
            return Err(Error::unprocessable(vec![fault]));
        }
        Ok(TimeRange { since: self.since, until })
    }
}

impl Store {
    /// Queues the undelivered deliveries of the time range again, each with the full schedule of retries. It
    /// stops after [`TIME_MAX`] and says that there are more.
    pub(crate) async fn recover(&self, by: &Member, id: &WebhookId, range: &TimeRange) -> Result<Recovered> {
        self.enabled_webhook(by, id).await?;
        let (begun, mut recovered) = (Instant::now(), 0);
        // The same bounds for all pages: DynamoDB refuses a start key outside of the range of the query.
        let since = DeliveryId::first_at(range.since).max(self.retention_start());
        let until = DeliveryId::first_at(range.until);
        if until <= since {
            return Ok(Recovered { recovered, more: false });
        }
        for status in [DeliveryStatus::Failed, DeliveryStatus::Held, DeliveryStatus::Pending] {
            let mut after = None;
            loop {
                if begun.elapsed() >= TIME_MAX {
                    return Ok(Recovered { recovered, more: true });
                }
                let query = undelivered(id, status).between("sk", Some(since.as_str()), Some(until.as_str()));
                let query = query.after(after.take()).limit(BATCH);
                let found = self.activity.query_once(&query).await?;
                let (retries, failed) = self.recover_batch(found.items, status).await?;
                recovered += retries.len();
                // Those that were reset are sent, even if others have failed.
                self.enqueue(retries).await?;
                failed.map_or(Ok(()), Err)?;
                match found.next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
        }
        Ok(Recovered { recovered, more: false })
    }

    /// Resets those of these deliveries to pending that still have the status; returns their messages, and the
    /// last error, if there was any.
    async fn recover_batch(
        &self,
        entries: Vec<Item>,
        status: DeliveryStatus,
    ) -> Result<(Vec<Retry>, Option<Error>)> {
        let lost = self.now().plus_seconds(-LOST_SECONDS);
        let items = self.load_items(entries).await?;
        let items =
            items.into_iter().filter(|item| status != DeliveryStatus::Pending || is_due_before(item, lost));
        let recover = |item| {
            let store = self.clone();
            async move { store.recover_one(decode(item)?, status).await }
        };
        let (mut retries, mut failed) = (Vec::new(), None);
        for outcome in concurrent(AT_ONCE, items.map(recover)).await {
            match outcome {
                Ok(retry) => retries.extend(retry),
                Err(error) => failed = Some(error),
            }
        }
        Ok((retries, failed))
    }

    async fn recover_one(
        &self,
        mut delivery: StoredDelivery,
        status: DeliveryStatus,
    ) -> Result<Option<Retry>> {
        let is_reset = delivery.status == status && self.reset_to_pending(&mut delivery).await?;
        Ok(is_reset.then(|| Retry::of(&delivery)))
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
            let found = recovery.validate(now).err().map(|error| error.faults()[0].pointer.clone());
            assert_eq!(found.as_deref(), fault, "{since} {until:?}");
        }
    }
}
