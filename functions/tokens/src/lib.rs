//! Tokens: the personal access tokens of a user, and what a token may know of itself.

mod handlers;
mod store;
mod token;

use shared::{
    Routes,
    access::Access::{Session, Token},
};

pub use store::Store;

/// The table.
pub fn routes() -> Routes<Store> {
    Routes::new("Tokens", "/v1")
        .post("/tokens", Session, "Create a token", handlers::create)
        .get("/tokens", Session, "List your tokens", handlers::list)
        .get("/tokens/{token}", Session, "Read a token", handlers::read)
        .patch("/tokens/{token}", Session, "Rename, describe, restrict or switch a token", handlers::update)
        .delete("/tokens/{token}", Session, "Revoke a token", handlers::revoke)
        .get("/token", Token, "Read the token that asks", handlers::read_own)
}
