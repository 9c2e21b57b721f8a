//! The whole system, through HTTP only.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends where something unexpected happens"
)]

mod authorizer;
mod conventions;
mod discovery;
mod every_route;
mod example;
mod generated;
mod harness;
mod hostile;
mod object_types;
mod objects;
mod revocation;
mod teams;
mod template;
mod tidy;
mod tokens;
