//! The events that invoke the function: messages of the two queues of requests.

use anyhow::anyhow;
use delivery::Request;
use serde::Deserialize;
use table::partial_batch::PartialBatchResponse;
use tokio::task::JoinSet;

use crate::{Handled, Worker};

/// The longest delay of a message that is postponed with backoff.
const BACKOFF_SECONDS_MAX: i64 = 256;

/// An event.
#[derive(Deserialize)]
pub struct Event {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

/// A message, as SQS delivers it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    message_id: String,
    receipt_handle: String,
    body: String,
    attributes: Attributes,
    #[serde(rename = "eventSourceARN")]
    queue: String,
}

#[derive(Deserialize)]
struct Attributes {
    /// How often the message was received, this time included; a number as text.
    #[serde(rename = "ApproximateReceiveCount")]
    receive_count: String,
}

impl Attributes {
    /// The delay of a message that is postponed with backoff.
    fn backoff_seconds(&self) -> i64 {
        let count = self.receive_count.parse::<u32>().unwrap_or(1);
        2_i64.saturating_pow(count.saturating_sub(1).min(16)).min(BACKOFF_SECONDS_MAX)
    }
}

impl Worker {
    /// Handles the messages of an event concurrently, so that a slow one does not delay the others. The queues
    /// are configured for one message an event: several of one lane would not wait for each other here.
    pub async fn handle(&self, event: Event) -> PartialBatchResponse {
        let mut running = JoinSet::new();
        for record in event.records {
            let worker = self.clone();
            running.spawn(async move { worker.message(record).await.err() });
        }
        let mut answer = PartialBatchResponse::default();
        running.join_all().await.into_iter().flatten().for_each(|message: String| answer.retry(message));
        answer
    }

    /// Handles a message; if it has to be delivered again, the error is its id.
    async fn message(&self, record: Record) -> Result<(), String> {
        let Record { message_id, receipt_handle, body, attributes, queue } = record;
        let is_slow = queue.rsplit(':').next() == Some(&*self.slow_name);
        let handled = async {
            // The cause is dropped, as it could quote the message, which is confidential.
            let request: Request =
                serde_json::from_str(&body).map_err(|_| anyhow!("the message is no request"))?;
            let seconds = match self.deliver(request, is_slow).await? {
                Handled::Done => return Ok(true),
                Handled::RetryAfter(seconds) => seconds,
                Handled::RetryWithBackoff => attributes.backoff_seconds(),
            };
            self.postpone[usize::from(is_slow)].postpone(&receipt_handle, seconds).await?;
            anyhow::Ok(false)
        };
        match handled.await {
            Ok(true) => Ok(()),
            Ok(false) => Err(message_id),
            Err(cause) => {
                let cause = format!("{cause:#}");
                tracing::warn!(id = message_id, cause, "a message could not be processed; it is retried");
                Err(message_id)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_what_sqs_sends() {
        let event: Event = serde_json::from_str(include_str!("../../../events/deliveries.json")).unwrap();
        let [record] = event.records.as_slice() else { panic!("one message") };
        let request: Request = serde_json::from_str(&record.body).unwrap();
        assert_eq!((request.tries, request.signed.url.as_str()), (0, "https://example.com/hooks"));
        assert!(record.queue.ends_with(":engine-requests.fifo"));
        assert_eq!((record.attributes.backoff_seconds(), record.receipt_handle.is_empty()), (1, false));
    }

    #[test]
    fn the_backoff_doubles_with_each_receive() {
        let of = |count: &str| Attributes { receive_count: count.to_owned() }.backoff_seconds();
        assert_eq!(["1", "2", "3", "9", "10", "1000", "x"].map(of), [1, 2, 4, 256, 256, 256, 1]);
    }
}
