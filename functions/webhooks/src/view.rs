//! Webhooks and deliveries as the API returns them.

use std::collections::BTreeMap;

use base::{
    Timestamp,
    actor::Source,
    id::{DeliveryId, EventId, ObjectId, ObjectTypeId, UserId, WebhookId},
};
use delivery::{
    DeliveryAttempt, DeliveryStatus, DisabledReason, Health, StoredDelivery, Topic, WebhookContent,
};
use schemars::JsonSchema;
use serde::Serialize;
use webhook::{SigningKeys, StoredWebhook};

/// A webhook, without its secret.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Webhook {
    id: WebhookId,
    /// The name that people see.
    name: String,
    /// What the webhook is for.
    description: String,
    /// The URL that receives the requests.
    url: String,
    /// The events that the webhook is subscribed to.
    topics: Vec<Topic>,
    /// The object types that the webhook is subscribed to; null for all.
    object_types: Option<Vec<ObjectTypeId>>,
    /// What comes in so is not told.
    except_sources: Vec<Source>,
    content: WebhookContent,
    /// Whether the webhook is switched on.
    active: bool,
    status: WebhookStatus,
    /// The public key with which `v1a` signatures are verified.
    public_key: String,
    /// Public keys from before a rotation that still sign during the overlap.
    previous_keys: Vec<PreviousKey>,
    health: WebhookHealth,
    waiting: Backlog,
    created_at: Timestamp,
    updated_at: Timestamp,
    created_by: UserId,
    updated_by: UserId,
    version: u64,
    /// When the webhook was moved to the trash.
    trashed_at: Option<Timestamp>,
}

/// Whether requests are sent to the webhook.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum WebhookStatus {
    /// Requests are sent.
    Active,
    /// The webhook is switched off.
    Inactive,
    /// Disabled automatically, as the receiver failed for five days or answered 410 Gone. Set `active` to true
    /// to enable the webhook again.
    Disabled,
}

/// A public key from before a rotation.
#[derive(Serialize, JsonSchema)]
struct PreviousKey {
    public_key: String,
    /// Requests are signed with this key too until this time.
    until: Timestamp,
}

/// The health of the receiver, as seen from its recent responses.
#[derive(Serialize, JsonSchema)]
struct WebhookHealth {
    /// The time of the first failure since the last success; null if the last request succeeded.
    failing_since: Option<Timestamp>,
    /// When the webhook was disabled automatically; null if it is not disabled.
    disabled_at: Option<Timestamp>,
    disabled_reason: Option<DisabledReason>,
    last_success_at: Option<Timestamp>,
    /// A response took more than three seconds. Until this time requests go through a separate queue for slow
    /// receivers.
    slow_until: Option<Timestamp>,
}

/// The number of deliveries that are not finished.
#[derive(Clone, Copy, Default, Serialize, JsonSchema)]
#[schemars(rename = "Waiting")]
pub(crate) struct Backlog {
    /// Deliveries in progress, or waiting for their next retry.
    pub(crate) pending: usize,
    /// Deliveries held back while the webhook was switched off, disabled or in the trash; `recover` sends them.
    pub(crate) held: usize,
    /// Whether there are more than these numbers say: counting stops at 1,000 each.
    pub(crate) more: bool,
}

/// What is known of a receiver; the default is that of a new webhook, which nothing was sent to yet.
#[derive(Default)]
pub(crate) struct ReceiverState {
    pub(crate) health: Health,
    pub(crate) backlog: Backlog,
}

impl Webhook {
    /// The webhook as those see it who may read webhooks.
    pub(crate) fn of(stored: StoredWebhook, state: ReceiverState, now: Timestamp) -> Self {
        let ReceiverState { health, backlog } = state;
        let status = match (stored.active, health.is_disabled()) {
            (false, _) => WebhookStatus::Inactive,
            (true, true) => WebhookStatus::Disabled,
            (true, false) => WebhookStatus::Active,
        };
        let previous = stored.previous.into_iter().filter(|previous| previous.until > now);
        let previous_keys = previous
            .map(|previous| PreviousKey { public_key: previous.keys.public_key, until: previous.until })
            .collect();
        Self {
            id: stored.id,
            name: stored.name,
            description: stored.description,
            url: stored.url,
            topics: stored.topics,
            object_types: stored.object_types,
            except_sources: stored.except_sources,
            content: stored.content,
            active: stored.active,
            status,
            public_key: stored.keys.public_key,
            previous_keys,
            health: WebhookHealth::of(&health, now),
            waiting: backlog,
            created_at: stored.created_at,
            updated_at: stored.updated_at,
            created_by: stored.created_by,
            updated_by: stored.updated_by,
            version: stored.version,
            trashed_at: stored.trashed_at,
        }
    }

    pub(crate) fn version(&self) -> u64 {
        self.version
    }
}

impl WebhookHealth {
    fn of(health: &Health, now: Timestamp) -> Self {
        let Health { failing_since, disabled_at, disabled_reason, last_success_at, .. } = *health;
        let slow_until = health.slow_until.filter(|until| *until > now);
        Self { failing_since, disabled_at, disabled_reason, last_success_at, slow_until }
    }
}

/// A webhook with its new secret, which is only returned this once.
#[derive(Serialize, JsonSchema)]
pub(crate) struct WebhookWithSecret {
    #[serde(flatten)]
    about: Webhook,
    /// The shared secret for `v1` signatures. Store it now: it is never returned again.
    secret: String,
}

impl WebhookWithSecret {
    pub(crate) fn new(about: Webhook, keys: &SigningKeys) -> Self {
        Self { about, secret: keys.secret() }
    }

    pub(crate) fn version(&self) -> u64 {
        self.about.version
    }
}

/// The delivery of one event to one webhook.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Delivery {
    id: DeliveryId,
    /// The id of the event, which is sent as the `webhook-id` header of every attempt.
    event_id: EventId,
    /// The kind of event: a topic, or `webhook.test`.
    #[schemars(with = "String")]
    topic: Topic,
    /// The object type of the object.
    object_type: Option<ObjectTypeId>,
    /// The object that the event is about; null for a test.
    object: Option<ObjectId>,
    status: DeliveryStatus,
    /// The number of attempts so far.
    tries: u64,
    /// When the next attempt is due; null if the delivery is not pending.
    next_attempt_at: Option<Timestamp>,
    created_at: Timestamp,
}

impl Delivery {
    pub(crate) fn of(stored: StoredDelivery) -> Self {
        let StoredDelivery { id, event_id, topic, object_type, object, status, .. } = stored;
        let StoredDelivery { tries, next_attempt_at, created_at, .. } = stored;
        let next_attempt_at = next_attempt_at.filter(|_| status == DeliveryStatus::Pending);
        Self { id, event_id, topic, object_type, object, status, tries, next_attempt_at, created_at }
    }
}

/// A delivery with its request and its latest attempts.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WholeDelivery")]
pub(crate) struct DeliveryDetail {
    #[serde(flatten)]
    about: Delivery,
    request: RequestView,
    /// The latest ten attempts, oldest first.
    attempts: Vec<AttemptView>,
}

/// The HTTP request of a delivery.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RequestMade")]
struct RequestView {
    method: &'static str,
    /// The webhook's present URL.
    url: String,
    /// The headers of the latest attempt, without the signature.
    headers: BTreeMap<String, String>,
    /// The exact body; null without permission to read objects.
    body: Option<String>,
}

/// One attempt: a request, and its response or error.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AttemptMade")]
struct AttemptView {
    /// When the request was sent.
    at: Timestamp,
    /// The HTTP status of the response; null if there was none.
    status: Option<u16>,
    /// Why there was no response, such as `timeout`; null if there was one.
    error: Option<String>,
    /// The duration of the attempt in milliseconds.
    duration_ms: u64,
    /// The first 2 KB of the response body; null without permission to read objects, as a response may repeat
    /// their data.
    response: Option<String>,
    /// The time that was set for the next attempt; null if there was to be none.
    next_attempt_at: Option<Timestamp>,
}

impl DeliveryDetail {
    /// The delivery with its request. Responses may hold data of objects, so they are only shown where the body
    /// is.
    pub(crate) fn of(
        stored: StoredDelivery,
        url: String,
        headers: BTreeMap<String, String>,
        body: Option<String>,
    ) -> Self {
        let may_read = body.is_some();
        let made = |attempt: &DeliveryAttempt| AttemptView {
            at: attempt.at,
            status: attempt.status,
            error: attempt.error.clone(),
            duration_ms: attempt.duration_ms,
            response: attempt.response.clone().filter(|_| may_read),
            next_attempt_at: attempt.next,
        };
        let attempts = stored.attempts.iter().map(made).collect();
        let request = RequestView { method: "POST", url, headers, body };
        Self { about: Delivery::of(stored), request, attempts }
    }
}

/// The result of a recovery.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Recovered {
    /// The number of deliveries that were queued to be sent again.
    pub(crate) recovered: usize,
    /// Whether there are more: repeat the request until this is false.
    pub(crate) more: bool,
}
