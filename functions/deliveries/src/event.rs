//! The events that the function is given: messages of the two queues of requests.

use anyhow::anyhow;
use serde::{Deserialize, Serialize};
use shared::delivery::Request;
use tokio::task::JoinSet;

use crate::Worker;

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
    body: String,
    #[serde(rename = "eventSourceARN")]
    queue: String,
}

/// The messages that are to come again.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    batch_item_failures: Vec<ItemFailure>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ItemFailure {
    item_identifier: String,
}

impl Answer {
    /// Whether no message is to come again.
    pub fn is_whole(&self) -> bool {
        self.batch_item_failures.is_empty()
    }
}

impl Worker {
    /// Handles the messages of an event, side by side: one that takes its time delays none of the others.
    pub async fn handle(&self, event: Event) -> Answer {
        let mut running = JoinSet::new();
        for record in event.records {
            let worker = self.clone();
            running.spawn(async move { worker.message(record).await.err() });
        }
        let failed = running.join_all().await.into_iter().flatten();
        Answer {
            batch_item_failures: failed.map(|item_identifier| ItemFailure { item_identifier }).collect(),
        }
    }

    /// Handles a message; if it is to come again, the error is its id.
    async fn message(&self, record: Record) -> Result<(), String> {
        let Record { message_id, body, queue } = record;
        let handled = async {
            // The cause could repeat what is in the message.
            let request: Request = serde_json::from_str(&body).map_err(|_| anyhow!("it is no request"))?;
            self.deliver(request, queue.rsplit(':').next() == Some(&*self.slow_name)).await
        };
        handled.await.map_err(|cause| {
            let cause = format!("{cause:#}");
            tracing::warn!(id = message_id, cause, "a delivery was not moved on; its message comes again");
            message_id
        })
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
        assert_eq!((request.tries, request.url.as_str()), (0, "https://example.com/hooks"));
        assert!(record.queue.ends_with(":engine-requests"));
    }

    #[test]
    fn the_answer_names_the_messages_that_are_to_come_again() {
        let failure = ItemFailure { item_identifier: "m1".into() };
        let answer = serde_json::to_string(&Answer { batch_item_failures: vec![failure] }).unwrap();
        assert_eq!(answer, r#"{"batchItemFailures":[{"itemIdentifier":"m1"}]}"#);
    }
}
