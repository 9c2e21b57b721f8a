//! The messages that move deliveries on, and what brings them.

use std::{collections::BTreeMap, future::Future, pin::Pin};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::StoredDelivery;
use crate::id::{DeliveryId, EventId, TeamId, WebhookId};

/// A request to be made: signed, but for the body, which the event has. It has no `Debug`, as the URL may hold a secret
/// of the receiver.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The team of all.
    pub team: TeamId,
    /// The webhook.
    pub webhook: WebhookId,
    /// The delivery.
    pub delivery: DeliveryId,
    /// The event.
    pub event: EventId,
    /// How often the delivery was tried before. One that was tried more often since is not meant any more.
    pub tries: u64,
    /// Where it goes.
    pub url: String,
    /// Its headers, but for those of the connection.
    pub headers: BTreeMap<String, String>,
}

/// A delivery that is due to be tried, or will be: whoever gets it looks at the delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// The team.
    pub team: TeamId,
    /// The webhook.
    pub webhook: WebhookId,
    /// The delivery.
    pub delivery: DeliveryId,
    /// How often it was tried before. One that was tried more often since is not meant any more.
    pub tries: u64,
}

impl Retry {
    /// The message by which a delivery is tried next.
    pub fn of(delivery: &StoredDelivery) -> Self {
        let StoredDelivery { team, webhook, id, tries, .. } = delivery;
        Self { team: team.clone(), webhook: webhook.clone(), delivery: id.clone(), tries: *tries }
    }
}

/// A message of a queue.
pub trait Message: Serialize + DeserializeOwned + Send + 'static {
    /// Who shares the queue with others: many messages of one of them, or slow ones, must not keep those of others
    /// waiting. SQS calls it a fair queue.
    fn group(&self) -> Option<&str>;
}

impl Message for Request {
    fn group(&self) -> Option<&str> {
        Some(self.webhook.as_str())
    }
}

impl Message for Retry {
    fn group(&self) -> Option<&str> {
        Some(self.webhook.as_str())
    }
}

/// A future of a queue.
pub type Sending<'a> = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send + 'a>>;

/// What brings messages: at least once, in no order, and not before their time.
pub trait Queue<M: Message>: Send + Sync {
    /// Sends a message that comes after so many seconds.
    fn send(&self, message: M, delay_seconds: i64) -> Sending<'_>;

    /// Sends messages that come at once. If it fails, some may have been sent.
    fn send_all(&self, messages: Vec<M>) -> Sending<'_>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_small_texts() {
        let retry =
            Retry { team: TeamId::new(), webhook: WebhookId::new(), delivery: DeliveryId::new(), tries: 3 };
        let text = serde_json::to_string(&retry).unwrap();
        assert!(text.len() < 200 && serde_json::from_str::<Retry>(&text).unwrap() == retry);
    }
}
