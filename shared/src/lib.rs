//! The mechanism that all families of the API share; their meaning is their own.

/// The rule of a route, and the decision that authorizer and guard share.
pub mod access;
/// Who did a write.
pub mod actor;
/// Events of requests, made sound.
pub mod arrival;
/// The audit log.
pub mod audit;
/// The Lambda authorizer.
pub mod authorizer;
/// Clients of AWS.
pub mod aws;
/// Base 62 of fixed width.
mod base62;
/// A read-through cache.
pub mod cache;
/// Who is asking.
pub mod caller;
/// Whether a write would change anything.
pub mod change;
/// The clock.
pub mod clock;
/// Tasks at the same time, a limited number of them.
pub mod concurrent;
/// The environment.
pub mod config;
/// Pages of other origins in browsers.
pub mod cors;
/// The deadline of an invocation.
mod deadline;
/// Events on their way to webhooks.
pub mod delivery;
/// Domains, and e-mail addresses in them.
pub mod domain;
/// The one error type.
pub mod error;
/// What handlers take from a request.
pub mod extract;
/// Ids.
pub mod id;
/// `Idempotency-Key`.
mod idempotency;
/// Memberships, and where they and tokens lie.
pub mod identity;
/// Work that goes on behind requests.
pub mod jobs;
/// JSON as clients send it.
pub mod json;
/// The key ring.
pub mod keys;
/// Counting what rate limits allow.
pub mod limiter;
/// All routes, as the authorizer knows them.
pub mod manifest;
/// Object types: what objects are made of.
pub mod object_type;
/// The OpenAPI document.
pub mod openapi;
/// Which records of an event are to come again.
pub mod partial_batch;
/// The one form of a path.
mod path;
/// Every permission.
pub mod permission;
/// What every function stands on.
pub mod platform;
/// Queues between functions.
pub mod queue;
/// Rate limits.
pub mod rate_limit;
/// The forms of success.
pub mod response;
/// What members are in a team.
pub mod role;
/// Tables of routes.
pub mod routes;
/// Secrets that are handed out once.
pub mod secret;
/// What every `main` needs.
pub mod serve;
/// DynamoDB.
pub mod table;
/// Texts that people give to things.
pub mod text;
/// Answers to writes for who may not read.
pub mod thin;
/// Points in time.
pub mod timestamp;
/// Personal access tokens.
pub mod token;
/// What has become of a token.
pub mod token_history;
/// Webhooks.
pub mod webhook;

pub use caller::{Caller, Member};
pub use error::{Code, Error, Fault, Problem, Result, Violation};
pub use permission::{Permission, Permissions};
pub use platform::Platform;
pub use role::Role;
pub use routes::Routes;
pub use timestamp::Timestamp;
