//! Delivery of events to webhooks: stored events and deliveries, the queues, pacing, retries, and the health of
//! receivers.

mod address;
mod content;
mod health;
mod lane;
mod pacing;
mod queue;
mod retry;
mod store;
mod stored;
/// The targets that requests may be sent to.
pub mod target;
mod topic;

pub use content::WebhookContent;
pub use health::{DisabledReason, Health, reroute_expires, reroute_key};
pub use lane::{lane_of, lanes};
pub use pacing::{HostRate, SendTimes};
pub use queue::{Request, Retry, RetryAction, SignedRequest, request_queue, retry_queue, slow_request_queue};
pub use retry::{DISABLED_AFTER_SECONDS, delay_seconds, random_unit, requeue_delay_seconds};
pub use store::Deliveries;
pub use stored::{
    ATTEMPTS_MAX, DeliveryAttempt, DeliveryStatus, KEEP_SECONDS, RESPONSE_LENGTH_MAX, SIGNED, StoredDelivery,
    StoredEvent, UNDELIVERED_INDEX, delivery_key, event_key, undelivered_partition, webhook_partition,
};
pub use topic::Topic;
