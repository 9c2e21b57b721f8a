//! Webhooks: subscriptions to events, the targets that requests may go to, and the keys that sign them.

mod address;
mod content;
mod keys;
mod signature;
mod stored;
/// The targets that requests may be sent to.
pub mod target;
mod topic;

pub use content::WebhookContent;
pub use keys::{SealedKeys, SigningKeys};
pub use signature::{signed_headers, unsigned_headers};
pub use stored::{
    PreviousKeys, StoredWebhook, WEBHOOK_PREFIX, host, webhook_count, webhook_count_key, webhook_key,
};
pub use topic::Topic;
