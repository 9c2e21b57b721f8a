//! Amazon SQS.

use anyhow::{Context as _, ensure};
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use uuid::Uuid;

use super::{Message, Order, Postpone, Queue, Sending};
use crate::{aws, config::Config};

/// The most messages of one call.
const BATCH_MAX: usize = 10;

/// One queue of Amazon SQS.
pub struct Sqs<M> {
    client: aws_sdk_sqs::Client,
    url: String,
    order: Order<M>,
}

impl<M> Sqs<M> {
    /// The queue at the URL of that variable of the environment.
    ///
    /// # Errors
    /// When the environment names none, or lacks what the client needs.
    pub fn new(config: &Config, url: (&str, &Option<String>), order: Order<M>) -> anyhow::Result<Self> {
        let (variable, url) = url;
        let url = url.clone().with_context(|| format!("{variable} is not set"))?;
        Ok(Self { client: aws::sqs(config)?, url, order })
    }

    /// The message group and, for lanes, the deduplication id of a message. The id is new for each call, so
    /// that the queue only drops what the client repeats because a response was lost; other duplicates are
    /// recognised by the state of the delivery.
    fn group(&self, message: &M) -> (Option<String>, Option<String>)
    where
        M: Message,
    {
        match self.order {
            Order::Fair => (message.group().map(str::to_owned), None),
            Order::Lanes(lane) => (Some(lane(message)), Some(Uuid::now_v7().to_string())),
        }
    }

    async fn send_batch(&self, messages: &[M]) -> anyhow::Result<()>
    where
        M: Message,
    {
        let entry = |(index, message): (usize, &M)| -> anyhow::Result<_> {
            let (group, sending) = self.group(message);
            let entry = SendMessageBatchRequestEntry::builder().id(index.to_string());
            let entry = entry.set_message_group_id(group).set_message_deduplication_id(sending);
            Ok(entry.message_body(body(message)?).build()?)
        };
        let entries = messages.iter().enumerate().map(entry).collect::<Result<_, _>>()?;
        let call = self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries));
        let failed = call.send().await?.failed;
        ensure!(failed.is_empty(), "{} of the messages could not be sent", failed.len());
        Ok(())
    }
}

/// The message as JSON, without the two characters that JSON may hold as they are and SQS refuses.
fn body(message: &impl Message) -> anyhow::Result<String> {
    let text = serde_json::to_string(message)?;
    Ok(text.replace('\u{fffe}', r"\ufffe").replace('\u{ffff}', r"\uffff"))
}

impl<M: Message + Sync> Queue<M> for Sqs<M> {
    fn send(&self, message: M, delay_seconds: i64) -> Sending<'_> {
        Box::pin(async move {
            let (group, sending) = self.group(&message);
            // A FIFO queue of SQS has no delay for a single message.
            let delay = sending.is_none().then(|| i32::try_from(delay_seconds).unwrap_or(i32::MAX));
            let call = self.client.send_message().queue_url(&self.url).message_body(body(&message)?);
            let call = call.set_message_group_id(group).set_message_deduplication_id(sending);
            call.set_delay_seconds(delay).send().await?;
            Ok(())
        })
    }

    fn send_all(&self, messages: Vec<M>) -> Sending<'_> {
        Box::pin(async move {
            for messages in messages.chunks(BATCH_MAX) {
                self.send_batch(messages).await?;
            }
            Ok(())
        })
    }
}

impl<M: Send + Sync> Postpone for Sqs<M> {
    fn postpone<'a>(&'a self, receipt: &'a str, seconds: i64) -> Sending<'a> {
        Box::pin(async move {
            let seconds = i32::try_from(seconds).unwrap_or(i32::MAX);
            let call = self.client.change_message_visibility().queue_url(&self.url).receipt_handle(receipt);
            call.visibility_timeout(seconds).send().await?;
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Text(String);

    impl Message for Text {
        fn group(&self) -> Option<&str> {
            None
        }
    }

    #[test]
    fn a_body_holds_no_character_that_sqs_refuses() {
        let text = "a\u{fffe}b\u{ffff}c\u{fffd}\u{1f600}\u{1}";
        let body = body(&Text(text.to_owned())).unwrap();
        assert_eq!(body, "\"a\\ufffeb\\uffffc\u{fffd}\u{1f600}\\u0001\"");
        assert_eq!(serde_json::from_str::<String>(&body).unwrap(), text);
    }
}
