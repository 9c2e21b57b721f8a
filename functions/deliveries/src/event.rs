//! The events that the function is given: messages of the two queues of requests.

use anyhow::anyhow;
use serde::Deserialize;
use shared::{delivery::Request, partial_batch::PartialBatchResponse};
use tokio::task::JoinSet;

use crate::{Outcome, Worker};

/// A message that is put off for longer each time is put off for so many seconds at the most.
const LATER_SECONDS_MAX: i64 = 256;

/// An event.
#[derive(Deserialize)]
pub struct Event {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

/// A message of a queue.
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
    /// How often it was taken, this time included; a number as text.
    #[serde(rename = "ApproximateReceiveCount")]
    taken: String,
}

impl Attributes {
    /// After how many seconds a message comes again that is put off for longer each time.
    fn later_and_later(&self) -> i64 {
        let taken = self.taken.parse::<u32>().unwrap_or(1);
        2_i64.saturating_pow(taken.saturating_sub(1).min(16)).min(LATER_SECONDS_MAX)
    }
}

impl Worker {
    /// Handles the messages of an event, side by side: one that takes its time delays none of the others. Its queues hand
    /// over one message at a time; of several of one lane, none would wait for the one before it.
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

    /// Handles a message; if it is to come again, the error is its id.
    async fn message(&self, record: Record) -> Result<(), String> {
        let Record { message_id, receipt_handle, body, attributes, queue } = record;
        let is_slow = queue.rsplit(':').next() == Some(&*self.slow_name);
        let handled = async {
            // The cause could repeat what is in the message.
            let request: Request = serde_json::from_str(&body).map_err(|_| anyhow!("it is no request"))?;
            let seconds = match self.deliver(request, is_slow).await? {
                Outcome::Done => return Ok(true),
                Outcome::Later(seconds) => seconds,
                Outcome::LaterAndLater => attributes.later_and_later(),
            };
            self.put_off[usize::from(is_slow)].postpone(&receipt_handle, seconds).await?;
            anyhow::Ok(false)
        };
        match handled.await {
            Ok(true) => Ok(()),
            Ok(false) => Err(message_id),
            Err(cause) => {
                let cause = format!("{cause:#}");
                tracing::warn!(
                    id = message_id,
                    cause,
                    "a delivery was not moved on; its message comes again"
                );
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
        assert_eq!((record.attributes.later_and_later(), record.receipt_handle.is_empty()), (1, false));
    }

    #[test]
    fn what_is_put_off_again_and_again_is_put_off_for_longer_each_time() {
        let of = |taken: &str| Attributes { taken: taken.to_owned() }.later_and_later();
        assert_eq!(["1", "2", "3", "9", "10", "1000", "x"].map(of), [1, 2, 4, 256, 256, 256, 1]);
    }
}
