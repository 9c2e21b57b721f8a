//! Webhooks: subscriptions to events, and the keys that sign their requests.

mod keys;
mod resource;
mod signature;
mod signed_request;
mod stored;
mod url_limit;

pub use keys::{SealedKeys, SigningKeys};
pub use resource::{outdate_requests, webhook_key};
pub use signature::{signed_headers, unsigned_headers};
pub use signed_request::sign_request;
pub use stored::{Happened, PreviousKeys, StoredWebhook, WEBHOOK_PREFIX, host};
pub use url_limit::claim_url;
