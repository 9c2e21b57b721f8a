//! Whether the person behind a good credential may use a route: the one decision that the gate makes and that
//! `POST /v1/token/check` explains.

use super::gate::Good;
use crate::{
    access::{Claim, Credential},
    error::{Error, Result},
    id::{TeamId, UserId},
    identity::Membership,
    manifest::{Manifest, Matched},
    permission::Permissions,
    role::Role,
    token::{Presented, StoredToken},
};

/// The person behind a good credential.
pub(super) struct Identity {
    pub(super) user: UserId,
    pub(super) credential: Credential,
    pub(super) token: Option<StoredToken>,
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
        presented: Presented,
        membership: Option<Membership>,
    ) -> Self {
        let born = token.born(presented);
        Self::of(membership.filter(|found| token.reaches(&found.team, found.token_lifetime_days_max, born)))
    }

    pub(super) fn role(&self) -> Option<Role> {
        match self {
            TeamAccess::Member(_, role) => Some(*role),
            TeamAccess::NotAsked | TeamAccess::Denied => None,
        }
    }
}

impl From<Good> for Identity {
    fn from(good: Good) -> Self {
        Self {
            user: good.token.user.clone(),
            credential: Credential::Token,
            granted: good.token.permissions,
            token: Some(good.token),
            email: None,
            name: None,
            team: good.team,
        }
    }
}

impl Identity {
    /// What the caller may do here.
    ///
    /// # Errors
    /// 403 that says what is missing.
    pub(super) fn judge(&self, manifest: &Manifest, route: Option<&Matched<'_>>) -> Result<Permissions> {
        if matches!(self.team, TeamAccess::Denied) {
            return Err(Error::no_access());
        }
        let is_self = route.is_some_and(|route| route.is_self(&self.user));
        let claim =
            Claim { credential: self.credential, granted: self.granted, role: self.team.role(), is_self };
        match route {
            Some(route) => route.access.check(&claim)?,
            // The function behind answers 404 or 405, and knows no way to do anything else.
            None if manifest.passes_unknown() => {}
            None => return Err(Error::no_access()),
        }
        Ok(claim.effective())
    }
}

/// What a token would be told, had it sent a request.
pub struct Inquiry<'a> {
    manifest: &'a Manifest,
    route: Option<Matched<'a>>,
}

/// The answer to an inquiry.
pub struct Finding {
    /// What it may do there, or why it may not.
    pub outcome: Result<Permissions>,
    /// What the route needs.
    pub required: Permissions,
    /// The role in the path's team; none if the path has no team or the token does not reach it.
    pub role: Option<Role>,
}

impl Manifest {
    /// Asks about a request; the path is that of a URL, without its query.
    pub fn inquire(&self, method: &str, path: &str) -> Inquiry<'_> {
        Inquiry { manifest: self, route: self.route(method, path) }
    }
}

impl Inquiry<'_> {
    /// The team of the path, if it has one that could be.
    pub fn team(&self) -> Option<TeamId> {
        self.route.as_ref()?.team()
    }

    /// What the gate would find, given the membership of the token's user in the path's team.
    pub fn find(&self, token: StoredToken, membership: Option<Membership>) -> Finding {
        let Some(route) = &self.route else {
            return Finding {
                outcome: Err(Error::not_found("route")),
                required: Permissions::NONE,
                role: None,
            };
        };
        let has_team = route.has_team();
        let presented = Presented::Current;
        let team =
            if has_team { TeamAccess::of_token(&token, presented, membership) } else { TeamAccess::NotAsked };
        let (role, required) = (team.role(), route.access.permissions());
        let outcome = Identity::from(Good { token, team }).judge(self.manifest, Some(route));
        Finding { outcome, required, role }
    }
}
