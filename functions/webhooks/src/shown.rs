//! What is told of a webhook and of its deliveries.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    Timestamp,
    delivery::{Attempt, DisabledReason, Health, Status, StoredDelivery},
    id::{DeliveryId, EventId, ObjectId, ObjectTypeId, UserId, WebhookId},
    webhook::{Content, SigningKeys, StoredWebhook, Topic},
};

/// A webhook, without its secret.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Webhook {
    id: WebhookId,
    /// What people call it.
    name: String,
    /// What it is for.
    description: String,
    /// Where requests go.
    url: String,
    /// What it is told of.
    topics: Vec<Topic>,
    /// The types whose objects it is told of; null for all.
    object_types: Option<Vec<ObjectTypeId>>,
    content: Content,
    /// Whether it is switched on.
    active: bool,
    status: WebhookStatus,
    /// What `v1a` signatures are verified with.
    public_key: String,
    /// The keys that were rotated away and sign for a while yet.
    previous_keys: Vec<PreviousKey>,
    health: WebhookHealth,
    waiting: Waiting,
    created_at: Timestamp,
    updated_at: Timestamp,
    created_by: UserId,
    updated_by: UserId,
    version: u64,
    /// When it was moved to the trash.
    trashed_at: Option<Timestamp>,
}

/// Whether requests are sent.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum WebhookStatus {
    /// They are.
    Active,
    /// It is switched off.
    Inactive,
    /// The receiver has failed for five days, or said that it is gone: switch it on again with `active`.
    Disabled,
}

/// Keys that were rotated away.
#[derive(Serialize, JsonSchema)]
struct PreviousKey {
    public_key: String,
    /// Until then requests are signed with them too.
    until: Timestamp,
}

/// How the receiver does.
#[derive(Serialize, JsonSchema)]
struct WebhookHealth {
    /// The first failure since the last success.
    failing_since: Option<Timestamp>,
    /// When it was given up, and why.
    disabled_at: Option<Timestamp>,
    disabled_reason: Option<DisabledReason>,
    last_success_at: Option<Timestamp>,
    /// It has taken more than three seconds for an answer: until then its requests wait in a queue of their own.
    slow_until: Option<Timestamp>,
}

/// How many deliveries wait.
#[derive(Clone, Copy, Default, Serialize, JsonSchema)]
pub(crate) struct Waiting {
    /// On their way, or to be tried again.
    pub(crate) pending: usize,
    /// Kept while the webhook took nothing; `recover` sends them.
    pub(crate) held: usize,
    /// Whether there are more than these, of which so many were counted.
    pub(crate) more: bool,
}

/// What is known of a receiver; nothing yet of a new one.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) health: Health,
    pub(crate) waiting: Waiting,
}

impl Webhook {
    /// The webhook as who may read it sees it.
    pub(crate) fn of(stored: StoredWebhook, known: Known, now: Timestamp) -> Self {
        let Known { health, waiting } = known;
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
            content: stored.content,
            active: stored.active,
            status,
            public_key: stored.keys.public_key,
            previous_keys,
            health: WebhookHealth::of(&health, now),
            waiting,
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

/// A webhook with its secret, this once.
#[derive(Serialize, JsonSchema)]
pub(crate) struct WebhookWithSecret {
    #[serde(flatten)]
    about: Webhook,
    /// What `v1` signatures are made with. Keep it now: it is never shown again.
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

/// The way of one event to the webhook.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Delivery {
    id: DeliveryId,
    /// The event: `webhook-id` of each request.
    event_id: EventId,
    /// What has happened: a topic, or `webhook.test`.
    #[schemars(with = "String")]
    topic: Topic,
    /// The type of the object.
    object_type: Option<ObjectTypeId>,
    /// The object.
    object: Option<ObjectId>,
    status: Status,
    /// How often it was tried.
    tries: u64,
    /// When it is tried next, if it is pending.
    next_attempt_at: Option<Timestamp>,
    created_at: Timestamp,
}

impl Delivery {
    pub(crate) fn of(stored: StoredDelivery) -> Self {
        let StoredDelivery { id, event_id, topic, object_type, object, status, .. } = stored;
        let StoredDelivery { tries, next_attempt_at, created_at, .. } = stored;
        let next_attempt_at = next_attempt_at.filter(|_| status == Status::Pending);
        Self { id, event_id, topic, object_type, object, status, tries, next_attempt_at, created_at }
    }
}

/// A delivery with its request and all that is kept of its attempts.
#[derive(Serialize, JsonSchema)]
pub(crate) struct WholeDelivery {
    #[serde(flatten)]
    about: Delivery,
    request: RequestMade,
    /// The last ten attempts, the latest at the end.
    attempts: Vec<AttemptMade>,
}

/// What is sent.
#[derive(Serialize, JsonSchema)]
struct RequestMade {
    method: &'static str,
    /// Where the webhook sends to now.
    url: String,
    /// Its headers, those of the last attempt, without the signature.
    headers: BTreeMap<String, String>,
    /// The body, to the byte; null for who may not read objects.
    body: Option<String>,
}

/// One request, and what came of it.
#[derive(Serialize, JsonSchema)]
struct AttemptMade {
    /// When it was sent.
    at: Timestamp,
    /// The status of the response, if there was one.
    status: Option<u16>,
    /// Why there was none.
    error: Option<String>,
    /// How long it took.
    duration_ms: u64,
    /// How the response begins, 2 KB at the most; null for who may not read objects, as it may repeat them.
    response: Option<String>,
    /// When it was to be tried again.
    next_attempt_at: Option<Timestamp>,
}

impl WholeDelivery {
    /// The delivery with its request; what may hold data of objects only with `body`.
    pub(crate) fn of(
        stored: StoredDelivery,
        url: String,
        headers: BTreeMap<String, String>,
        body: Option<String>,
    ) -> Self {
        let may_read = body.is_some();
        let made = |attempt: &Attempt| AttemptMade {
            at: attempt.at,
            status: attempt.status,
            error: attempt.error.clone(),
            duration_ms: attempt.duration_ms,
            response: attempt.response.clone().filter(|_| may_read),
            next_attempt_at: attempt.next,
        };
        let attempts = stored.attempts.iter().map(made).collect();
        let request = RequestMade { method: "POST", url, headers, body };
        Self { about: Delivery::of(stored), request, attempts }
    }
}

/// What is being sent again.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Recovered {
    /// How many deliveries are on their way again.
    pub(crate) recovered: usize,
    /// Whether there are more: ask for the same again.
    pub(crate) more: bool,
}
