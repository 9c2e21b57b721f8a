//! Who is asking: the Lambda authorizer, tokens, sessions and memberships.

/// The Lambda authorizer.
pub mod authorizer;
/// Memberships, and where they and tokens lie.
pub mod identity;
mod serve;
/// Personal access tokens.
pub mod token;
/// What has become of a token.
pub mod token_history;

pub use serve::serve_authorizer;
