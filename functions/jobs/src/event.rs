//! The events of the function: messages of the queue, and ticks of the schedule.

use base::Result;
use serde::Deserialize;
use table::partial_batch::PartialBatchResponse;

use crate::Worker;

/// An event.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Event {
    /// Messages of the queue.
    Messages {
        /// The messages.
        #[serde(rename = "Records")]
        records: Vec<Record>,
    },
    /// It is time to requeue jobs that have stalled.
    Schedule {
        /// What sends it.
        source: Scheduler,
    },
}

/// A message of the queue.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    message_id: String,
    body: String,
}

/// The sender of scheduled events.
#[derive(Deserialize)]
pub enum Scheduler {
    /// Amazon `EventBridge`.
    #[serde(rename = "aws.events")]
    EventBridge,
}

impl Worker {
    /// Handles an event. Of several messages each counts for itself.
    ///
    /// # Errors
    /// 503 when the database is busy or away while jobs are looked for.
    pub async fn handle(&self, event: Event) -> Result<PartialBatchResponse> {
        let mut answer = PartialBatchResponse::default();
        match event {
            Event::Schedule { source: Scheduler::EventBridge } => self.requeue_stalled(false).await?,
            Event::Messages { records } => {
                for record in records {
                    if let Err(cause) = self.record(&record).await {
                        tracing::error!(
                            message = record.message_id,
                            cause = format!("{cause:#}"),
                            "a job has failed; its message comes again"
                        );
                        answer.retry(record.message_id);
                    }
                }
            }
        }
        Ok(answer)
    }

    async fn record(&self, record: &Record) -> anyhow::Result<()> {
        self.work(&serde_json::from_str(&record.body)?).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_event_is_what_it_looks_like() {
        let event = include_str!("../../../events/jobs.json");
        assert!(
            matches!(serde_json::from_str(event).unwrap(), Event::Messages { records } if records.len() == 1)
        );
        let event =
            r#"{"version": "0", "source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}"#;
        assert!(matches!(serde_json::from_str(event).unwrap(), Event::Schedule { .. }));
        assert!(serde_json::from_str::<Event>(r#"{"source": "aws.s3"}"#).is_err());
    }
}
