//! Webhooks: who is told of what and where, and the keys by which receivers know that it comes from here.

mod address;
mod content;
mod keys;
mod signature;
mod stored;
/// Where a webhook may be sent to.
pub mod target;
mod topic;

pub use content::Content;
pub use keys::{SealedKeys, SigningKeys};
pub use signature::{signed_headers, unsigned_headers};
pub use stored::{
    PreviousKeys, StoredWebhook, WEBHOOK_PREFIX, host, webhook_count, webhook_count_key, webhook_key,
};
pub use topic::Topic;
