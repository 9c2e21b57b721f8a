//! The actor of a write, stored on the item by the same write, so that what follows from a change knows who
//! made it.

use serde::{Deserialize, Serialize};

use crate::{
    access::Credential,
    caller::Caller,
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

impl Caller {
    /// The caller as the doer of a write.
    pub fn actor(&self) -> Actor {
        Actor {
            user: self.user.clone(),
            credential: self.credential,
            token: self.token.clone(),
            ip: self.ip.clone(),
            source: match self.credential {
                Credential::Session => Source::App,
                Credential::Token => Source::Api,
            },
            request_id: self.request_id.clone(),
        }
    }
}
