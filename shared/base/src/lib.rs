//! The words that everybody here speaks: ids, times, texts, permissions, roles, errors, JSON. Nothing here reads or
//! writes anything.

/// The rule of a route, and the decision that authorizer and guard share.
pub mod access;
/// Who did a write.
pub mod actor;
mod base62;
/// Whether a write would change anything.
pub mod change;
/// The clock.
pub mod clock;
/// Domains, and e-mail addresses in them.
pub mod domain;
/// The one error type.
pub mod error;
/// Ids.
pub mod id;
/// JSON as clients send it.
pub mod json;
/// Every permission.
pub mod permission;
/// The keys of public channels.
pub mod public_key;
/// Rate limits.
pub mod rate_limit;
/// What members are in a team.
pub mod role;
/// Secrets that are handed out once.
pub mod secret;
/// What tests need.
#[cfg(any(test, feature = "testing"))]
pub mod testing;
/// Texts that people give to things.
pub mod text;
/// Points in time.
pub mod timestamp;

pub use error::{Code, Error, Fault, Problem, Result, Violation};
pub use permission::{Permission, Permissions};
pub use role::Role;
pub use timestamp::Timestamp;
