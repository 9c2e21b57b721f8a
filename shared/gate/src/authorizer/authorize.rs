//! Authorization: whether the person behind a valid credential may use a route.

use crate::{identity::Membership, token::StoredToken};
use api::manifest::{Manifest, Matched};
use base::{
    access::{Credential, Grant},
    error::{Error, Result},
    id::{TeamId, UserId},
    permission::Permissions,
    role::Role,
    timestamp::Timestamp,
};

/// The person behind a valid credential.
pub(super) struct Identity {
    pub(super) user: UserId,
    pub(super) credential: Credential,
    pub(super) token: Option<StoredToken>,
    /// When the secret was issued, if it was replaced and only works for what is left of its overlap.
    pub(super) replaced_secret_issued_at: Option<Timestamp>,
    pub(super) granted: Permissions,
    pub(super) email: Option<String>,
    pub(super) name: Option<String>,
    pub(super) team: TeamAccess,
}

/// What a look-up told of the caller and the path's team.
pub(super) enum TeamAccess {
    /// The path has no team.
    NotAsked,
    /// The caller may not reach it, or there is no such team.
    Denied,
    /// The token is a member's, and an owner of the team has blocked it there.
    Blocked,
    /// The caller is a member.
    Member(TeamId, Role),
}

impl TeamAccess {
    /// The access that a membership gives.
    pub(super) fn of(membership: Option<Membership>) -> Self {
        membership.map_or(TeamAccess::Denied, |found| TeamAccess::Member(found.team, found.role))
    }

    /// The access of a token, which may reach fewer teams than its user.
    pub(super) fn of_token(
        token: &StoredToken,
        issued_at: Timestamp,
        membership: Option<Membership>,
    ) -> Self {
        match membership {
            Some(found) if token.is_blocked_in(&found.team) => TeamAccess::Blocked,
            found => Self::of(
                found.filter(|found| token.can_access(&found.team, found.token_lifetime_days_max, issued_at)),
            ),
        }
    }

    pub(super) fn role(&self) -> Option<Role> {
        match self {
            TeamAccess::Member(_, role) => Some(*role),
            TeamAccess::NotAsked | TeamAccess::Denied | TeamAccess::Blocked => None,
        }
    }
}

impl Identity {
    /// What the caller may do here.
    ///
    /// # Errors
    /// 403 that says what is missing.
    pub(super) fn authorize(&self, manifest: &Manifest, route: Option<&Matched<'_>>) -> Result<Permissions> {
        if matches!(self.team, TeamAccess::Denied | TeamAccess::Blocked) {
            return Err(Error::no_access());
        }
        let is_self = route.is_some_and(|route| route.is_self(&self.user));
        let grant =
            Grant { credential: self.credential, granted: self.granted, role: self.team.role(), is_self };
        match route {
            Some(route) => route.access.check(&grant)?,
            // The function behind answers 404 or 405, and knows no way to do anything else.
            None if manifest.passes_unknown() => {}
            None => return Err(Error::no_access()),
        }
        Ok(grant.effective())
    }
}
