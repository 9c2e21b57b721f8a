//! A token as its owner may see it, and the result of a check.

use base::{
    Permission, Permissions, Role, Timestamp,
    id::{TeamId, TokenId},
    rate_limit::RateLimit,
    secret::Secret,
};
use gate::{
    authorizer::DryRunResult,
    token::{LastUsed, OnReuse, StoredToken, TokenStatus},
};
use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The query of a list.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListFilter {
    /// Only tokens of this status: those that are `revoked` are remembered for 90 days and listed by it alone.
    pub(crate) status: Option<TokenStatus>,
}

/// A token, without its secret.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Token {
    id: TokenId,
    name: String,
    description: String,
    permissions: Permissions,
    active: bool,
    pub(crate) status: TokenStatus,
    /// Its prefix and last four characters.
    hint: String,
    expires_at: Option<Timestamp>,
    team_ids: Option<Vec<TeamId>>,
    #[schemars(with = "Option<Vec<String>>")]
    allowed_cidrs: Option<Vec<IpNet>>,
    rate_limit: Option<RateLimit>,
    on_reuse: OnReuse,
    /// The teams whose owner has blocked it.
    blocked_team_ids: Vec<TeamId>,
    /// The new secret, as long as it was not used; null if the token is not being rotated.
    pending: Option<SecretInOverlap>,
    /// The secrets that were replaced and still work, the latest first.
    replaced: Vec<SecretInOverlap>,
    /// The last use, to the minute; null if there was none.
    last_used: Option<LastUsed>,
    /// The permissions that were used.
    used_permissions: Vec<UsedPermission>,
    /// The permissions that were never used.
    unused_permissions: Permissions,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// When it was revoked; null if it was not.
    revoked_at: Option<Timestamp>,
    pub(crate) version: u64,
}

/// A secret of a token that is being rotated.
#[derive(Serialize, JsonSchema)]
struct SecretInOverlap {
    /// Its prefix and last four characters.
    hint: String,
    /// Until then old and new secrets work beside each other.
    overlap_until: Timestamp,
}

/// A permission that a token was used for.
#[derive(Serialize, JsonSchema)]
struct UsedPermission {
    permission: Permission,
    /// When last, to the minute or, if it is used with others, to the day.
    last_used_at: Timestamp,
}

impl Token {
    /// The stored token as its owner may see it.
    pub(crate) fn of(stored: StoredToken, now: Timestamp) -> Self {
        let status = stored.status(now);
        let used: Vec<_> = stored.used.iter().collect();
        let used_names: Permissions = used.iter().map(|(permission, _)| *permission).collect();
        let StoredToken { id, name, description, permissions, active, hint, expires_at, .. } = stored;
        let StoredToken { team_ids, allowed_cidrs, rate_limit, on_reuse, blocked_team_ids, .. } = stored;
        let StoredToken { pending, replaced, last_used, created_at, updated_at, revoked_at, version, .. } =
            stored;
        Self {
            id,
            name,
            description,
            permissions,
            active,
            status,
            hint,
            expires_at,
            team_ids,
            allowed_cidrs,
            rate_limit,
            on_reuse,
            blocked_team_ids,
            pending: pending.map(|new| in_overlap(new.hint, new.overlap_until)),
            replaced: replaced
                .into_iter()
                .filter(|old| old.overlap_until > now)
                .map(|old| in_overlap(old.hint, old.overlap_until))
                .collect(),
            last_used,
            used_permissions: used
                .into_iter()
                .map(|(permission, last_used_at)| UsedPermission { permission, last_used_at })
                .collect(),
            unused_permissions: permissions.without(used_names),
            created_at,
            updated_at,
            revoked_at,
            version,
        }
    }
}

fn in_overlap(hint: String, overlap_until: Timestamp) -> SecretInOverlap {
    SecretInOverlap { hint, overlap_until }
}

/// A new token with its secret, this once.
#[derive(Serialize, JsonSchema)]
pub(crate) struct TokenWithSecret {
    #[serde(flatten)]
    about: Token,
    /// The token itself. Keep it now: it is never shown again.
    token: String,
}

impl TokenWithSecret {
    pub(crate) fn new(about: Token, secret: &Secret) -> Self {
        Self { about, token: secret.reveal().to_owned() }
    }

    pub(crate) fn token_id(&self) -> &TokenId {
        &self.about.id
    }

    pub(crate) fn version(&self) -> u64 {
        self.about.version
    }
}

/// Whether a request of the token would be allowed, and why not.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Verdict")]
pub(crate) struct CheckResult {
    /// Whether it would pass.
    allowed: bool,
    /// Why not, as the `code` of the refusal; null if it would pass.
    reason: Option<&'static str>,
    /// The same in words, with what to do.
    detail: Option<String>,
    /// What the route needs.
    required_permissions: Permissions,
    /// What the token, or else the role, lacks.
    missing_permissions: Permissions,
    /// The role of the token's user in the path's team; null if the path has no team or the token does not reach it.
    role: Option<Role>,
    token_status: TokenStatus,
}

impl CheckResult {
    pub(crate) fn new(result: DryRunResult, token_status: TokenStatus) -> Self {
        let DryRunResult { outcome, required, role } = result;
        let error = outcome.err();
        Self {
            allowed: error.is_none(),
            reason: error.as_ref().map(|error| error.code.name()),
            detail: error.as_ref().map(|error| error.detail().to_owned()),
            required_permissions: required,
            missing_permissions: error.and_then(|error| error.required_permissions()).unwrap_or_default(),
            role,
            token_status,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
