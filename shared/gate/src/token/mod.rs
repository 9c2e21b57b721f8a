//! Personal access tokens: what is stored of one, and when it is valid. The authorizer decides by these rules,
//! the tokens family changes what they depend on.

mod retired;
mod rotation;
mod usage;

use std::net::IpAddr;

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use retired::RetiredSecrets;
pub use rotation::{
    Pending, PresentedSecret, REPLACED_SECRETS_MAX, RETIRED_SECRETS_MAX, ReplacedSecret, Until,
};
pub use usage::{LastUsed, Used};

use base::{
    actor::Actor,
    id::{TeamId, TokenId, UserId},
    permission::Permissions,
    rate_limit::RateLimit,
    secret::Secret,
    timestamp::Timestamp,
};
use keys::KeyedHash;

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
    /// The secrets that were replaced and work for what is left of their overlaps, the latest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced: Vec<ReplacedSecret>,
    /// The retired secrets, the latest first; older ones are kept apart, in items of their own.
    #[serde(default, rename = "rotated_away", skip_serializing_if = "Vec::is_empty")]
    pub retired_secrets: Vec<KeyedHash>,
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
    /// Who has blocked it in which of these, as far as that is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<Block>,
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

/// A block of a token in a team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// The team.
    pub team: TeamId,
    /// Who made it.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
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
#[schemars(rename = "Status")]
pub enum TokenStatus {
    /// It can.
    Active,
    /// It is switched off.
    Inactive,
    /// It has ended.
    Expired,
    /// It was revoked, and is only remembered.
    Revoked,
}

/// Why a genuine secret of a token does not count. Who sent it is not told; the owner is, in the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The token was revoked.
    Revoked,
    /// The secret was retired by a rotation.
    Retired,
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
            Refusal::Retired => "rotated_away",
            Refusal::Inactive => "inactive",
            Refusal::Expired => "expired",
            Refusal::Address => "address",
        }
    }
}

impl StoredToken {
    /// Whether it can be used, as its owner is told.
    pub fn status(&self, now: Timestamp) -> TokenStatus {
        match self.expires_at {
            _ if self.revoked_at.is_some() => TokenStatus::Revoked,
            Some(end) if end <= now => TokenStatus::Expired,
            _ if self.active => TokenStatus::Active,
            _ => TokenStatus::Inactive,
        }
    }

    /// Validates a genuine secret of the token, now and from this address.
    ///
    /// # Errors
    /// The first reason why it does not.
    pub fn validate(
        &self,
        presented: PresentedSecret,
        now: Timestamp,
        ip: Option<IpAddr>,
    ) -> Result<(), Refusal> {
        let status = self.status(now);
        if status != TokenStatus::Revoked && !self.is_in_force(presented, now) {
            return Err(Refusal::Retired);
        }
        match status {
            TokenStatus::Revoked => Err(Refusal::Revoked),
            TokenStatus::Inactive => Err(Refusal::Inactive),
            TokenStatus::Expired => Err(Refusal::Expired),
            TokenStatus::Active if self.is_allowed_from(ip) => Ok(()),
            TokenStatus::Active => Err(Refusal::Address),
        }
    }

    /// Whether a secret that was issued then can access a team that limits the lifetime of tokens to so many
    /// days.
    pub fn can_access(&self, team: &TeamId, lifetime_days_max: Option<u32>, issued_at: Timestamp) -> bool {
        let is_meant = self.team_ids.as_ref().is_none_or(|teams| teams.contains(team));
        !self.is_blocked_in(team) && is_meant && self.lives_at_most(lifetime_days_max, issued_at)
    }

    /// Whether an owner of the team has blocked it there.
    pub fn is_blocked_in(&self, team: &TeamId) -> bool {
        self.blocked_team_ids.contains(team)
    }

    /// Whether it ends within that many days from then.
    pub fn lives_at_most(&self, days: Option<u32>, issued_at: Timestamp) -> bool {
        let end = |days: u32| issued_at.plus_seconds(i64::from(days) * DAY_SECONDS);
        days.is_none_or(|days| self.expires_at.is_some_and(|at| at <= end(days)))
    }

    fn is_allowed_from(&self, ip: Option<IpAddr>) -> bool {
        // A mapped IPv4 address is taken for what it is, in the request and in the range alike.
        let ip = ip.map(|ip| ip.to_canonical());
        let is_in = |nets: &Vec<IpNet>| ip.is_some_and(|ip| nets.iter().any(|net| net.contains(&ip)));
        self.allowed_cidrs.as_ref().is_none_or(is_in)
    }
}

/// The ids in a secret: of its user and of its token, if there is one.
pub fn ids_in(secret: &Secret) -> (UserId, TokenId) {
    (UserId::from_suffix(secret.owner_part()), TokenId::from_suffix(secret.subject_part()))
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
