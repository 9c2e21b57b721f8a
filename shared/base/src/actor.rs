//! The actor of a write, stored on the item by the same write, so that what follows from a change knows who
//! made it.

use serde::{Deserialize, Serialize};

use crate::{
    access::Credential,
    id::{TokenId, UserId},
};

/// Who did it, how and from where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The person.
    pub user: UserId,
    /// Session or token.
    pub credential: Credential,
    /// The token, if it was one.
    pub token: Option<TokenId>,
    /// The address the request came from.
    pub ip: String,
    /// The way it came in.
    pub source: Source,
    /// The request.
    pub request_id: String,
}

/// The way a change came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A person with a session.
    App,
    /// A service with a token.
    Api,
}
