//! Events and deliveries as they are stored; both for 30 days.

use serde::{Deserialize, Serialize};

use super::{Topic, WebhookContent};
use base::{
    error::Result,
    id::{DeliveryId, EventId, ObjectId, ObjectTypeId, TeamId, WebhookId},
    timestamp::Timestamp,
};
use table::{AttributeValue, Condition, Item, Key, Table, Write, attribute};

/// Events and deliveries are kept this long after the event.
pub const KEEP_SECONDS: i64 = 30 * 24 * 60 * 60;
/// The attempts that are stored of a delivery: the latest ones.
pub const ATTEMPTS_MAX: usize = 10;
/// The bytes that are stored of a response body.
pub const RESPONSE_LENGTH_MAX: usize = 2 * 1_024;
/// The attribute of a delivery with a new signature, for its request that waits for one.
pub const SIGNED: &str = "signed";
/// The index of deliveries that did not arrive, by webhook and status: its name, and its partition key
/// attribute.
pub const UNDELIVERED_INDEX: (&str, &str) = ("open", "open");

/// An event with the body that is sent. It has no `Debug`, as the body has data of a team.
#[derive(Clone, Serialize, Deserialize)]
pub struct StoredEvent {
    /// The id, which is the `webhook-id` of all its requests.
    pub id: EventId,
    /// The team that it happened in.
    pub team: TeamId,
    /// The kind of event.
    pub topic: Topic,
    /// The type of the object.
    pub object_type: Option<ObjectTypeId>,
    /// The object.
    pub object: Option<ObjectId>,
    /// The exact JSON text that is sent.
    pub body: String,
    /// When it happened.
    pub at: Timestamp,
    /// When it expires, in seconds since 1970.
    pub expires: i64,
}

/// The status of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryStatus {
    /// The delivery is in progress, or waits for its next retry.
    Pending,
    /// The receiver accepted the event with a 2xx status.
    Delivered,
    /// All attempts failed, or the receiver answered 410 Gone.
    Failed,
    /// The delivery is held back, as the webhook was switched off, disabled or in the trash when it was due.
    Held,
}

/// The delivery of one event to one webhook.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredDelivery {
    /// The id.
    pub id: DeliveryId,
    /// The team of the event and the webhook.
    pub team: TeamId,
    /// The webhook.
    pub webhook: WebhookId,
    /// The event.
    pub event_id: EventId,
    /// The kind of event.
    pub topic: Topic,
    /// The type of the object.
    pub object_type: Option<ObjectTypeId>,
    /// The object.
    pub object: Option<ObjectId>,
    /// How much of the event the webhook might get when it happened: later attempts never send more.
    #[serde(default)]
    pub content: WebhookContent,
    /// The status.
    pub status: DeliveryStatus,
    /// The number of attempts, of all runs. It only grows.
    pub tries: u64,
    /// The number of attempts of earlier runs: a redelivery starts a new run with the full schedule of retries.
    #[serde(default)]
    pub tries_before: u64,
    /// The latest attempts, oldest first.
    #[serde(default)]
    pub attempts: Vec<DeliveryAttempt>,
    /// When the next attempt is due, if the delivery is pending.
    #[serde(default)]
    pub next_attempt_at: Option<Timestamp>,
    /// When it was created: the time of the event.
    pub created_at: Timestamp,
    /// When it expires, in seconds since 1970.
    pub expires: i64,
}

/// One attempt: a request, and its response or error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryAttempt {
    /// When the request was sent.
    pub at: Timestamp,
    /// The `webhook-timestamp` of the request, in seconds since 1970.
    #[serde(default)]
    pub signed_at: Option<i64>,
    /// The HTTP status of the response, if there was one.
    #[serde(default)]
    pub status: Option<u16>,
    /// Why there was no response: a stable code.
    #[serde(default)]
    pub error: Option<String>,
    /// The duration in milliseconds.
    pub duration_ms: u64,
    /// The start of the response body, as text.
    #[serde(default)]
    pub response: Option<String>,
    /// When the next attempt was due, if there was to be one.
    #[serde(default)]
    pub next: Option<Timestamp>,
}

impl StoredEvent {
    /// The key of the item.
    pub fn key(&self) -> Key {
        event_key(&self.id)
    }
}

impl StoredDelivery {
    /// The new delivery of an event to a webhook. Its id follows from the two, so that it cannot be created
    /// twice.
    pub fn new(
        event: &StoredEvent,
        (webhook, content): (&WebhookId, WebhookContent),
        status: DeliveryStatus,
    ) -> Self {
        let (event_id, webhook_id) = (event.id.clone(), webhook.clone());
        Self {
            id: DeliveryId::deterministic(event.at, &[event_id.as_str(), webhook_id.as_str()]),
            team: event.team.clone(),
            webhook: webhook_id,
            event_id,
            topic: event.topic,
            object_type: event.object_type.clone(),
            object: event.object.clone(),
            content,
            status,
            tries: 0,
            tries_before: 0,
            attempts: Vec::new(),
            next_attempt_at: (status == DeliveryStatus::Pending).then_some(event.at),
            created_at: event.at,
            expires: event.expires,
        }
    }

    /// The key of the item.
    pub fn key(&self) -> Key {
        delivery_key(&self.webhook, &self.id)
    }

    /// The attributes of the item.
    ///
    /// # Errors
    /// 500: a delivery can always be written.
    pub fn to_item(&self) -> Result<Item> {
        let mut item: Item = serde_dynamo::to_item(self).map_err(anyhow::Error::from)?;
        if self.status != DeliveryStatus::Delivered {
            item.insert(
                UNDELIVERED_INDEX.1.to_owned(),
                AttributeValue::S(undelivered_partition(&self.webhook, self.status)),
            );
        }
        Ok(item)
    }

    /// The write that holds the delivery back until somebody recovers or redelivers it, unless it has changed
    /// meanwhile.
    ///
    /// # Errors
    /// 500: a status can always be written.
    pub fn hold(&self, activity: &Table) -> Result<Write> {
        let is_unchanged = Condition::is_text("status", DeliveryStatus::Pending.name())
            .and(Condition::is_number("tries", self.tries));
        let update = activity.update(self.key()).remove("next_attempt_at");
        Ok(DeliveryStatus::Held.set(update, &self.webhook)?.when(is_unchanged))
    }

    /// The number of attempts of this run, which is the position in the schedule of retries.
    pub fn tries_in_run(&self) -> u64 {
        self.tries.saturating_sub(self.tries_before)
    }
}

impl DeliveryStatus {
    /// Adds this status to an update of a delivery, with its index entry.
    ///
    /// # Errors
    /// 500: a status can always be written.
    pub fn set(self, update: Write, webhook: &WebhookId) -> Result<Write> {
        let update = update.set("status", attribute(&self)?);
        Ok(match self {
            DeliveryStatus::Delivered => update.remove(UNDELIVERED_INDEX.1),
            _ => update.set(UNDELIVERED_INDEX.1, AttributeValue::S(undelivered_partition(webhook, self))),
        })
    }

    /// The name that is stored and that clients see.
    pub const fn name(self) -> &'static str {
        match self {
            DeliveryStatus::Pending => "pending",
            DeliveryStatus::Delivered => "delivered",
            DeliveryStatus::Failed => "failed",
            DeliveryStatus::Held => "held",
        }
    }
}

/// The key of an event.
pub fn event_key(id: &EventId) -> Key {
    Key::new(format!("EVENT#{id}"), "EVENT")
}

/// The key of a delivery.
pub fn delivery_key(webhook: &WebhookId, id: &DeliveryId) -> Key {
    Key::new(webhook_partition(webhook), id.as_str())
}

/// The partition of a webhook's deliveries and of its receiver's health.
pub fn webhook_partition(webhook: &WebhookId) -> String {
    format!("WEBHOOK#{webhook}")
}

/// The partition of a webhook's deliveries of one status in [`UNDELIVERED_INDEX`].
pub fn undelivered_partition(webhook: &WebhookId, status: DeliveryStatus) -> String {
    format!("{webhook}#{}", status.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use table::{decode, text};

    fn delivery(status: DeliveryStatus) -> StoredDelivery {
        StoredDelivery {
            id: DeliveryId::new(),
            team: TeamId::new(),
            webhook: WebhookId::new(),
            event_id: EventId::new(),
            topic: Topic::ObjectCreated,
            object_type: Some(ObjectTypeId::new()),
            object: None,
            content: WebhookContent::Full,
            status,
            tries: 12,
            tries_before: 10,
            attempts: Vec::new(),
            next_attempt_at: None,
            created_at: Timestamp::from_millis(1_795_000_000_000).unwrap(),
            expires: 0,
        }
    }

    #[test]
    fn a_delivery_is_in_the_index_until_it_has_arrived() {
        for (status, is_open) in [
            (DeliveryStatus::Pending, true),
            (DeliveryStatus::Held, true),
            (DeliveryStatus::Failed, true),
            (DeliveryStatus::Delivered, false),
        ] {
            let delivery = delivery(status);
            let item = delivery.to_item().unwrap();
            let open = format!("{}#{}", delivery.webhook, status.name());
            assert_eq!(text(&item, "open"), is_open.then_some(open.as_str()));
            assert_eq!(text(&item, "status"), Some(status.name()));
            let read: StoredDelivery = decode(item).unwrap();
            assert_eq!((read.id, read.status, read.tries_before), (delivery.id, status, 10));
        }
    }

    #[test]
    fn each_run_has_the_full_schedule_of_retries() {
        assert_eq!(delivery(DeliveryStatus::Pending).tries_in_run(), 2);
    }
}
