//! HTTP: tables of routes, what handlers take and answer, and what every request passes.

/// Events of requests, made sound.
pub mod arrival;
/// Who is asking.
pub mod caller;
/// Pages of other origins in browsers.
pub mod cors;
/// What handlers take from a request.
pub mod extract;
mod idempotency;
/// All routes, as the authorizer knows them.
pub mod manifest;
/// The OpenAPI document.
pub mod openapi;
mod path;
/// The forms of success.
pub mod response;
/// Tables of routes.
pub mod routes;
/// What every `main` needs.
pub mod serve;
/// Answers to writes for who may not read.
pub mod thin;

pub use caller::{Caller, Member, Once};
pub use routes::Routes;
