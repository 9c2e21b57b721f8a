//! The keys of people, teams, memberships and tokens, and the membership: the authorizer reads it, the teams
//! family writes it.
//!
//! Tokens and memberships lie in the partition of their user, so that one round trip answers who, which rights and which
//! team.

use serde::{Deserialize, Serialize};

use base::{
    actor::Actor,
    id::{TeamId, TokenId, UserId},
    role::Role,
    timestamp::Timestamp,
};
use table::Key;

/// A user's place in a team.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Membership {
    /// The team.
    pub team: TeamId,
    /// The member.
    pub user: UserId,
    /// What the member is there.
    pub role: Role,
    /// The longest life, in days, of a token that may reach the team; the team's setting, kept here too, as this is what
    /// the authorizer reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_lifetime_days_max: Option<u32>,
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

/// Where it is written what is known of a person.
pub fn profile_key(user: &UserId) -> Key {
    Key::new(user_partition(user), "PROFILE")
}

/// The partition of all that a team is.
pub fn team_partition(team: &TeamId) -> String {
    format!("TEAM#{team}")
}

/// Where a team lies.
pub fn team_key(team: &TeamId) -> Key {
    Key::new(team_partition(team), "TEAM")
}

/// Where a membership lies that is listed.
pub fn member_key(team: &TeamId, user: &UserId) -> Key {
    Key::new(team_partition(team), format!("MEMBER#{user}"))
}
