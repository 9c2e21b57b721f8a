//! Personal access tokens: what is stored of one, and when it counts. The authorizer decides by these rules, the token
//! endpoints change what they look at.

mod ended;
mod rotation;
mod usage;

use std::net::IpAddr;

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use ended::EndedSecrets;
pub use rotation::{Pending, Presented, ROTATED_AWAY_MAX};
pub use usage::{LastUsed, Used};

use crate::{
    actor::Actor,
    id::{TeamId, TokenId, UserId},
    keys::KeyedHash,
    permission::Permissions,
    rate::RateLimit,
    secret::Secret,
    timestamp::Timestamp,
};

const DAY_SECONDS: i64 = 24 * 60 * 60;
/// What is left of a revoked token stays this long, so that its use is still recognised and shown to its owner.
pub const REVOKED_SECONDS: i64 = 90 * DAY_SECONDS;

/// A personal access token as it is stored: never a secret, only keyed hashes.
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
    /// The secret that is in use.
    pub secret: KeyedHash,
    /// Prefix and last characters of that secret.
    pub hint: String,
    /// The secret that is to follow it, until it is first used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Pending>,
    /// Secrets that were handed out before, the latest first; those that were before these are kept apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rotated_away: Vec<KeyedHash>,
    /// When it has rotated itself within the last hour, the earliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rotated_itself_at: Vec<Timestamp>,
    /// What happens when a secret that was rotated away is used.
    #[serde(default)]
    pub on_reuse: OnReuse,
    /// When the secret in use was made: its life counts from then.
    pub secret_created_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// The teams it is limited to.
    pub team_ids: Option<Vec<TeamId>>,
    /// The teams whose owner has blocked it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocked_team_ids: Vec<TeamId>,
    /// The addresses it is limited to.
    pub allowed_cidrs: Option<Vec<IpNet>>,
    /// How often it may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
    /// When and from where it was last used; at most a minute old.
    pub last_used: Option<LastUsed>,
    /// Which of its permissions were used, and when.
    #[serde(default)]
    pub used: Used,
    /// When it was revoked. What is left of it then only serves to recognise it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Grows by one with each change.
    pub version: u64,
    /// Who made the last change.
    pub actor: Actor,
}

/// What happens when a secret that was rotated away is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnReuse {
    /// It is refused and stands in the token's history.
    #[default]
    Record,
    /// The token is switched off besides: somebody may have both secrets.
    Deactivate,
}

/// Whether a token can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It can.
    Active,
    /// It is switched off.
    Inactive,
    /// It has ended.
    Expired,
}

/// Why a genuine secret of a token does not count. Who sent it is not told; the owner is, in the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The token was revoked.
    Revoked,
    /// Another secret has taken this one's place.
    RotatedAway,
    /// The token is switched off.
    Inactive,
    /// The token has ended.
    Expired,
    /// The address is not among those it is limited to.
    Address,
}

impl Refusal {
    /// Its stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Refusal::Revoked => "revoked",
            Refusal::RotatedAway => "rotated_away",
            Refusal::Inactive => "inactive",
            Refusal::Expired => "expired",
            Refusal::Address => "address",
        }
    }
}

impl StoredToken {
    /// Whether it can be used, as its owner is told.
    pub fn status(&self, now: Timestamp) -> Status {
        match self.expires_at {
            Some(end) if end <= now => Status::Expired,
            _ if self.active => Status::Active,
            _ => Status::Inactive,
        }
    }

    /// Whether a secret of it counts, now and from this address.
    ///
    /// # Errors
    /// The first reason why it does not.
    pub fn admits(&self, presented: Presented, now: Timestamp, ip: Option<IpAddr>) -> Result<(), Refusal> {
        if self.revoked_at.is_some() {
            return Err(Refusal::Revoked);
        }
        if !self.is_in_force(presented, now) {
            return Err(Refusal::RotatedAway);
        }
        match self.status(now) {
            Status::Inactive => Err(Refusal::Inactive),
            Status::Expired => Err(Refusal::Expired),
            Status::Active if self.is_allowed_from(ip) => Ok(()),
            Status::Active => Err(Refusal::Address),
        }
    }

    /// Whether a secret of it that was made then reaches a team that allows tokens this longest life.
    pub fn reaches(&self, team: &TeamId, lifetime_days_max: Option<u32>, born: Timestamp) -> bool {
        let is_meant = self.team_ids.as_ref().is_none_or(|teams| teams.contains(team));
        is_meant && !self.blocked_team_ids.contains(team) && self.lives_at_most(lifetime_days_max, born)
    }

    /// Whether it ends within that many days from then.
    pub fn lives_at_most(&self, days: Option<u32>, born: Timestamp) -> bool {
        let end = |days: u32| born.plus_seconds(i64::from(days) * DAY_SECONDS);
        days.is_none_or(|days| self.expires_at.is_some_and(|at| at <= end(days)))
    }

    fn is_allowed_from(&self, ip: Option<IpAddr>) -> bool {
        // A mapped IPv4 address is taken for what it is, in the request and in the range alike.
        let ip = ip.map(|ip| ip.to_canonical());
        let is_in = |nets: &Vec<IpNet>| ip.is_some_and(|ip| nets.iter().any(|net| net.contains(&ip)));
        self.allowed_cidrs.as_ref().is_none_or(is_in)
    }
}

/// Where the token of a secret lies, if there is one.
pub fn place_of(secret: &Secret) -> (UserId, TokenId) {
    (UserId::from_part(secret.owner()), TokenId::from_part(secret.thing()))
}

/// A range of addresses as people write it: an address alone is a range of one, a range begins at its first address, and
/// a range of mapped IPv4 addresses (RFC 4291, section 2.5.5.2) is the range of those.
pub fn parse_range(text: &str) -> Option<IpNet> {
    let net = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))?;
    let net = net.trunc();
    let mapped = match net {
        IpNet::V6(v6) => v6.addr().to_ipv4_mapped().zip(v6.prefix_len().checked_sub(96)),
        IpNet::V4(_) => None,
    };
    match mapped {
        Some((v4, length)) => IpNet::new(v4.into(), length).ok(),
        None => Some(net),
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
pub(crate) mod tests;
