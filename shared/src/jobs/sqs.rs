//! The queue in the cloud.

use anyhow::Context as _;

use super::{Message, Queue, Sending};
use crate::{aws, config::Config};

/// Amazon SQS, the queue `JOB_QUEUE_URL`.
pub struct Sqs {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl Sqs {
    /// The queue that the environment names.
    ///
    /// # Errors
    /// When the environment names none, or lacks what the client needs.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let url = config.job_queue_url.clone().context("JOB_QUEUE_URL is not set")?;
        Ok(Self { client: aws::sqs(config)?, url })
    }
}

impl Queue for Sqs {
    fn send(&self, message: Message, delay_seconds: i64) -> Sending<'_> {
        Box::pin(async move {
            let body = serde_json::to_string(&message)?;
            let delay = i32::try_from(delay_seconds).unwrap_or(i32::MAX);
            let call =
                self.client.send_message().queue_url(&self.url).message_body(body).delay_seconds(delay);
            call.send().await?;
            Ok(())
        })
    }
}
