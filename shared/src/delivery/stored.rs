//! What is kept of an event, and of its way to each webhook; both for 30 days.

use serde::{Deserialize, Serialize};

use crate::{
    error::Result,
    id::{DeliveryId, EventId, ObjectId, ObjectTypeId, TeamId, WebhookId},
    table::{AttributeValue, Condition, Item, Key, Table, Write, attribute},
    timestamp::Timestamp,
    webhook::{Content, StoredWebhook, Topic},
};

/// Events and deliveries are kept this long after the event.
pub const KEEP_SECONDS: i64 = 30 * 24 * 60 * 60;
/// So many attempts are kept of a delivery: the last ones.
pub const ATTEMPTS_MAX: usize = 10;
/// So many bytes are kept of a response.
pub const RESPONSE_LENGTH_MAX: usize = 2 * 1_024;
/// The attribute of a delivery whose request waits for a new signature, with that signature.
pub const SIGNED: &str = "signed";
/// The index of deliveries that did not come through, by webhook and status; its name, and its partition's attribute.
pub const OPEN_INDEX: (&str, &str) = ("open", "open");

/// An event, with what is sent of it. It has no `Debug`, as that is data of a team.
#[derive(Clone, Serialize, Deserialize)]
pub struct StoredEvent {
    /// Its id: `webhook-id` of all its requests.
    pub id: EventId,
    /// The team it happened in.
    pub team: TeamId,
    /// What has happened.
    pub topic: Topic,
    /// The type of the object.
    pub object_type: Option<ObjectTypeId>,
    /// The object.
    pub object: Option<ObjectId>,
    /// The JSON text that is sent, to the byte.
    pub body: String,
    /// When it happened.
    pub at: Timestamp,
    /// Until then it is kept, in seconds since 1970.
    pub expires: i64,
}

/// How a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "DeliveryStatus")]
pub enum Status {
    /// It is on its way, or waits to be tried again.
    Pending,
    /// The receiver has taken it.
    Delivered,
    /// It was tried as often as it is tried.
    Failed,
    /// The webhook took nothing when its turn came.
    Held,
}

/// The way of one event to one webhook.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredDelivery {
    /// Its id.
    pub id: DeliveryId,
    /// The team of both.
    pub team: TeamId,
    /// The webhook.
    pub webhook: WebhookId,
    /// The event.
    pub event_id: EventId,
    /// What has happened.
    pub topic: Topic,
    /// The type of the object.
    pub object_type: Option<ObjectTypeId>,
    /// The object.
    pub object: Option<ObjectId>,
    /// How much its webhook might be told when it happened: what is sent later is never more.
    #[serde(default)]
    pub content: Content,
    /// How it stands.
    pub status: Status,
    /// How often it was tried. It only grows.
    pub tries: u64,
    /// How many of these tries belong to earlier runs: who redelivers begins the retries anew.
    #[serde(default)]
    pub tries_before: u64,
    /// The last attempts, the latest at the end.
    #[serde(default)]
    pub attempts: Vec<Attempt>,
    /// When it is tried next, if it is pending.
    #[serde(default)]
    pub next_attempt_at: Option<Timestamp>,
    /// When it was made: the moment of the event.
    pub created_at: Timestamp,
    /// Until then it is kept, in seconds since 1970.
    pub expires: i64,
}

/// One request, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it was sent.
    pub at: Timestamp,
    /// What its `webhook-timestamp` said, in seconds since 1970.
    #[serde(default)]
    pub signed_at: Option<i64>,
    /// The status of the response, if there was one.
    #[serde(default)]
    pub status: Option<u16>,
    /// Why there was none: a stable name.
    #[serde(default)]
    pub error: Option<String>,
    /// How long it took.
    pub duration_ms: u64,
    /// How the response begins, as text.
    #[serde(default)]
    pub response: Option<String>,
    /// When it is tried again, if it is.
    #[serde(default)]
    pub next: Option<Timestamp>,
}

impl StoredEvent {
    /// Where it lies.
    pub fn key(&self) -> Key {
        event_key(&self.id)
    }
}

impl StoredDelivery {
    /// The delivery of an event to a webhook, which is the same whoever makes it.
    pub fn new(event: &StoredEvent, webhook: &StoredWebhook, status: Status) -> Self {
        let (event_id, webhook_id) = (event.id.clone(), webhook.id.clone());
        Self {
            id: DeliveryId::deterministic(event.at, &[event_id.as_str(), webhook_id.as_str()]),
            team: event.team.clone(),
            webhook: webhook_id,
            event_id,
            topic: event.topic,
            object_type: event.object_type.clone(),
            object: event.object.clone(),
            content: webhook.content,
            status,
            tries: 0,
            tries_before: 0,
            attempts: Vec::new(),
            next_attempt_at: (status == Status::Pending).then_some(event.at),
            created_at: event.at,
            expires: event.expires,
        }
    }

    /// Where it lies.
    pub fn key(&self) -> Key {
        delivery_key(&self.webhook, &self.id)
    }

    /// The attributes that hold it.
    ///
    /// # Errors
    /// 500: a delivery can always be written.
    pub fn to_item(&self) -> Result<Item> {
        let mut item: Item = serde_dynamo::to_item(self).map_err(anyhow::Error::from)?;
        if self.status != Status::Delivered {
            item.insert(
                OPEN_INDEX.1.to_owned(),
                AttributeValue::S(open_partition(&self.webhook, self.status)),
            );
        }
        Ok(item)
    }

    /// The write by which it waits until its webhook takes something again, unless it has moved on.
    ///
    /// # Errors
    /// 500: a status can always be written.
    pub fn hold(&self, activity: &Table) -> Result<Write> {
        let is_unchanged = Condition::is_text("status", Status::Pending.name())
            .and(Condition::is_number("tries", self.tries));
        let update = activity.update(self.key()).remove("next_attempt_at");
        Ok(Status::Held.set(update, &self.webhook)?.when(is_unchanged))
    }

    /// Its place in the schedule of retries: how often it was tried in this run.
    pub fn tries_in_run(&self) -> u64 {
        self.tries.saturating_sub(self.tries_before)
    }
}

impl Status {
    /// The same update, by which the delivery comes to stand so; in its index too.
    ///
    /// # Errors
    /// 500: a status can always be written.
    pub fn set(self, update: Write, webhook: &WebhookId) -> Result<Write> {
        let update = update.set("status", attribute(&self)?);
        Ok(match self {
            Status::Delivered => update.remove(OPEN_INDEX.1),
            _ => update.set(OPEN_INDEX.1, AttributeValue::S(open_partition(webhook, self))),
        })
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Status::Pending => "pending",
            Status::Delivered => "delivered",
            Status::Failed => "failed",
            Status::Held => "held",
        }
    }
}

/// Where an event lies.
pub fn event_key(id: &EventId) -> Key {
    Key::new(format!("EVENT#{id}"), "EVENT")
}

/// Where a delivery lies.
pub fn delivery_key(webhook: &WebhookId, id: &DeliveryId) -> Key {
    Key::new(webhook_partition(webhook), id.as_str())
}

/// The partition of the deliveries and the health of a webhook.
pub fn webhook_partition(webhook: &WebhookId) -> String {
    format!("WEBHOOK#{webhook}")
}

/// The partition of the deliveries of a webhook that stand so, in the index of those that did not come through.
pub fn open_partition(webhook: &WebhookId, status: Status) -> String {
    format!("{webhook}#{}", status.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{decode, text};

    fn delivery(status: Status) -> StoredDelivery {
        StoredDelivery {
            id: DeliveryId::new(),
            team: TeamId::new(),
            webhook: WebhookId::new(),
            event_id: EventId::new(),
            topic: Topic::ObjectCreated,
            object_type: Some(ObjectTypeId::new()),
            object: None,
            content: Content::Full,
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
    fn a_delivery_is_in_the_index_until_it_has_come_through() {
        for (status, is_open) in [
            (Status::Pending, true),
            (Status::Held, true),
            (Status::Failed, true),
            (Status::Delivered, false),
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
    fn the_retries_begin_anew_with_each_run() {
        assert_eq!(delivery(Status::Pending).tries_in_run(), 2);
    }
}
