//! Events on their way to webhooks: what is kept of them, the queues that move them on, and when they are tried again.

mod health;
mod lane;
mod place;
mod queue;
mod request;
mod retry;
mod store;
mod stored;

pub use health::{DisabledReason, Health, detour_expires, detour_key};
pub use lane::{lane_of, lanes};
pub use place::{Places, Rate};
pub use queue::{Request, Retry, Signed, Want, request_queue, retry_queue, slow_request_queue};
pub use request::signed;
pub use retry::{DISABLED_AFTER_SECONDS, chance, delay_seconds, hop_seconds};
pub use store::Deliveries;
pub use stored::{
    ATTEMPTS_MAX, Attempt, KEEP_SECONDS, OPEN_INDEX, RESPONSE_LENGTH_MAX, SIGNED, Status, StoredDelivery,
    StoredEvent, delivery_key, event_key, open_partition, webhook_partition,
};
