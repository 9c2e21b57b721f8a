//! Tokens and memberships as they are stored: what the authorizer reads and the token and team endpoints write.
//!
//! Both lie in the partition of their user, so that one round trip answers who, which rights and which team.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::{
    actor::Actor,
    id::{TeamId, TokenId, UserId},
    permission::Permissions,
    role::Role,
    table::Key,
    timestamp::Timestamp,
};

/// A personal access token as it is stored: never the secret, only its keyed hash.
#[derive(Clone, Serialize, Deserialize)]
pub struct StoredToken {
    /// The token's id.
    pub id: TokenId,
    /// Whom it acts for.
    pub user: UserId,
    /// Its name, unique among the user's tokens.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What it may do, fixed at creation.
    pub permissions: Permissions,
    /// Whether it is switched on.
    pub active: bool,
    /// Its prefix and last characters.
    pub hint: String,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// The teams it is limited to.
    pub team_ids: Option<Vec<TeamId>>,
    /// The addresses it is limited to.
    pub allowed_cidrs: Option<Vec<IpNet>>,
    /// When and from where it was last used; at most a minute old.
    pub last_used: Option<LastUsed>,
    /// The key of the ring that `hash` was made with.
    pub key_id: String,
    /// HMAC-SHA-256 of the token, in base64url.
    pub hash: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Grows by one with each change.
    pub version: u64,
    /// Who made the last change.
    pub actor: Actor,
}

/// The last use of a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LastUsed {
    /// When.
    pub at: Timestamp,
    /// The address it came from.
    pub ip: Option<String>,
    /// The client, as it named itself.
    pub user_agent: Option<String>,
}

/// A user's place in a team.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Membership {
    /// The team.
    pub team: TeamId,
    /// The member.
    pub user: UserId,
    /// What the member is there.
    pub role: Role,
    /// Since when.
    pub created_at: Timestamp,
    /// When the role last changed.
    pub updated_at: Timestamp,
    /// Grows by one with each change.
    pub version: u64,
    /// Who made the last change.
    pub actor: Actor,
}

/// The partition of all that a user has.
pub fn user_partition(user: &UserId) -> String {
    format!("USER#{user}")
}

/// Where a token lies.
pub fn token_key(user: &UserId, token: &TokenId) -> Key {
    Key::new(user_partition(user), format!("TOKEN#{token}"))
}

/// Where the membership that decides lies.
pub fn membership_key(user: &UserId, team: &TeamId) -> Key {
    Key::new(user_partition(user), format!("TEAM#{team}"))
}
