//! The messages of deliveries, and their queues.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{StoredDelivery, WebhookContent, lane};
use base::{
    id::{DeliveryId, EventId, TeamId, WebhookId},
    timestamp::Timestamp,
};
use table::{
    config::Config,
    queue::{Message, Order, Sqs},
};

/// A message with a request to be made. It is signed, but without the body, which is stored with the event. It
/// has no `Debug`, as the URL may hold a secret of the receiver.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The team.
    pub team: TeamId,
    /// The webhook.
    pub webhook: WebhookId,
    /// The delivery.
    pub delivery: DeliveryId,
    /// The event.
    pub event: EventId,
    /// The attempts of the delivery before this request. If there were more since, the message is out of date.
    pub tries: u64,
    /// The lane of the request among those of its webhook.
    #[serde(default)]
    pub lane: u32,
    /// The send time that was reserved for the request: it is not made before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// The signed request.
    #[serde(flatten)]
    pub signed: SignedRequest,
}

/// A signed request without its body. It has no `Debug`, as the URL may hold a secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedRequest {
    /// The URL.
    pub url: String,
    /// The headers, except those of the connection.
    pub headers: BTreeMap<String, String>,
    /// How much of the event is sent.
    #[serde(default)]
    pub content: WebhookContent,
}

impl SignedRequest {
    /// When the request was signed, in seconds since 1970.
    pub fn at(&self) -> Option<i64> {
        self.headers.get("webhook-timestamp")?.parse().ok()
    }
}

impl Request {
    /// The lane in which it waits behind other requests of its webhook.
    pub fn lane(&self) -> String {
        lane::lane(&self.webhook, self.lane)
    }

    /// The lane in which it waits behind other requests to slow webhooks of its team.
    pub fn slow_lane(&self) -> String {
        lane::slow_lane(&self.team, &self.webhook)
    }
}

/// What the relay has to do for a delivery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAction {
    /// Send a request for the next attempt when it is due.
    #[default]
    Try,
    /// The same at this time, which was reserved as its send time.
    TryAt(Timestamp),
    /// Store a new signature with the delivery: its request waits for it, and keeps its position in its lane.
    Signature,
}

/// A message that asks the relay to do something for a delivery, unless the delivery has changed meanwhile.
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
    /// What to do.
    #[serde(default, rename = "want")]
    pub action: RetryAction,
}

impl Retry {
    /// The message for the next attempt of a delivery.
    pub fn of(delivery: &StoredDelivery) -> Self {
        Self::for_action(delivery, RetryAction::Try)
    }

    /// The message for an action.
    pub fn for_action(delivery: &StoredDelivery, action: RetryAction) -> Self {
        let StoredDelivery { team, webhook, id, tries, .. } = delivery;
        Self { team: team.clone(), webhook: webhook.clone(), delivery: id.clone(), tries: *tries, action }
    }
}

impl Message for Request {
    fn group(&self) -> Option<&str> {
        Some(self.team.as_str())
    }
}

impl Message for Retry {
    fn group(&self) -> Option<&str> {
        Some(self.team.as_str())
    }
}

/// The queue `REQUEST_QUEUE_URL`, of requests that are sent for the first time.
///
/// # Errors
/// When the environment names none, or lacks what the client needs.
pub fn request_queue(config: &Config) -> anyhow::Result<Sqs<Request>> {
    Sqs::new(config, ("REQUEST_QUEUE_URL", &config.request_queue_url), Order::Lanes(Request::lane))
}

/// The queue `SLOW_REQUEST_QUEUE_URL`, of requests to receivers that fail or are slow.
///
/// # Errors
/// When the environment names none, or lacks what the client needs.
pub fn slow_request_queue(config: &Config) -> anyhow::Result<Sqs<Request>> {
    let url = ("SLOW_REQUEST_QUEUE_URL", &config.slow_request_queue_url);
    Sqs::new(config, url, Order::Lanes(Request::slow_lane))
}

/// The queue `RETRY_QUEUE_URL`, of deliveries that are retried.
///
/// # Errors
/// When the environment names none, or lacks what the client needs.
pub fn retry_queue(config: &Config) -> anyhow::Result<Sqs<Retry>> {
    Sqs::new(config, ("RETRY_QUEUE_URL", &config.retry_queue_url), Order::Fair)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_small_texts() {
        let retry = Retry {
            team: TeamId::new(),
            webhook: WebhookId::new(),
            delivery: DeliveryId::new(),
            tries: 3,
            action: RetryAction::Try,
        };
        let text = serde_json::to_string(&retry).unwrap();
        assert!(text.len() < 200 && serde_json::from_str::<Retry>(&text).unwrap() == retry);
    }

    #[test]
    fn messages_of_before_there_were_lanes_are_read() {
        let old = r#"{"team":"team_0000000000000000000001","webhook":"whk_0000000000000000000001",
            "delivery":"dlv_0000000000000000000001","event":"evt_0000000000000000000001","tries":2,
            "url":"https://example.com/","headers":{"webhook-timestamp":"1795433245"}}"#;
        let request: Request = serde_json::from_str(old).unwrap();
        assert_eq!(
            (request.lane, request.not_before, request.signed.content),
            (0, None, WebhookContent::Full)
        );
        assert_eq!(
            (request.signed.url.as_str(), request.signed.at()),
            ("https://example.com/", Some(1_795_433_245))
        );
        let retry: Retry = serde_json::from_str(old).unwrap();
        assert_eq!((retry.tries, retry.action), (2, RetryAction::Try));
    }
}
