//! Webhooks: subscriptions to events, and the keys that sign their requests.

mod keys;
mod signature;
mod signed_request;
mod stored;

pub use keys::{SealedKeys, SigningKeys};
pub use signature::{signed_headers, unsigned_headers};
pub use signed_request::sign_request;
pub use stored::{
    PreviousKeys, StoredWebhook, WEBHOOK_PREFIX, host, webhook_count, webhook_count_key, webhook_key,
};
