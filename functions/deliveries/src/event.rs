//! The events that the function is given: messages of the two queues of requests.

use anyhow::anyhow;
use serde::Deserialize;
use shared::{batch::BatchAnswer, delivery::Request};
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

impl Worker {
    /// Handles the messages of an event, side by side: one that takes its time delays none of the others.
    pub async fn handle(&self, event: Event) -> BatchAnswer {
        let mut running = JoinSet::new();
        for record in event.records {
            let worker = self.clone();
            running.spawn(async move { worker.message(record).await.err() });
        }
        let mut answer = BatchAnswer::default();
        running.join_all().await.into_iter().flatten().for_each(|message: String| answer.again(message));
        answer
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
}
