//! Tokens: the personal access tokens of a user, what a token may know and do of itself, and the reporting of leaked ones.

mod change;
mod check;
mod handlers;
mod input;
mod lifetime;
mod report;
mod rotation;
mod store;
mod token;

use api::Routes;
use base::access::Access::{Public, Session, Token};

pub use store::Store;

/// The table.
pub fn routes() -> Routes<Store> {
    Routes::new("Tokens", "/v1")
        .about("Personal access tokens: those of a person, the one that asks, and leaked ones.")
        .post("/tokens", Session, "Create a token", handlers::create)
        .get("/tokens", Session, "List your tokens", handlers::list)
        .get("/tokens/{token}", Session, "Read a token", handlers::read)
        .patch("/tokens/{token}", Session, "Rename, describe, restrict or switch a token", handlers::update)
        .delete("/tokens/{token}", Session, "Revoke a token", handlers::revoke)
        .post("/tokens/{token}/rotate", Session, "Give a token a new secret", handlers::rotate)
        .get("/tokens/{token}/history", Session, "See what has become of a token", handlers::history)
        .get("/token", Token, "Read the token that asks", handlers::read_own)
        .delete("/token", Token, "Revoke the token that asks", handlers::revoke_own)
        .post("/token/rotate", Token, "Give the token that asks a new secret", handlers::rotate_own)
        .only_for(rotation::with_the_latest_secret)
        .ask("/token/check", Token, "Ask whether a request would pass, and why not", handlers::check)
        .post("/credentials/revoke", Public, "Revoke leaked tokens", handlers::revoke_leaked)
}
