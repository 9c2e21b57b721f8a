//! Authorization: whether the person behind a valid credential may use a route. The authorizer makes this
//! decision, and
//! `POST /v1/token/check` makes it as a dry run.

use super::token_decision::ValidToken;
use crate::{
    identity::Membership,
    token::{PresentedSecret, StoredToken},
};
use api::manifest::{Manifest, Matched};
use base::{
    access::{Credential, Grant},
    error::{Error, Result},
    id::{TeamId, UserId},
    permission::Permissions,
    role::Role,
};

/// The person behind a valid credential.
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
        presented: PresentedSecret,
        membership: Option<Membership>,
    ) -> Self {
        let issued_at = token.issued_at(presented);
        Self::of(
            membership
                .filter(|found| token.can_access(&found.team, found.token_lifetime_days_max, issued_at)),
        )
    }

    pub(super) fn role(&self) -> Option<Role> {
        match self {
            TeamAccess::Member(_, role) => Some(*role),
            TeamAccess::NotAsked | TeamAccess::Denied => None,
        }
    }
}

impl From<ValidToken> for Identity {
    fn from(valid: ValidToken) -> Self {
        Self {
            user: valid.token.user.clone(),
            credential: Credential::Token,
            granted: valid.token.permissions,
            token: Some(valid.token),
            email: None,
            name: None,
            team: valid.team,
        }
    }
}

impl Identity {
    /// What the caller may do here.
    ///
    /// # Errors
    /// 403 that says what is missing.
    pub(super) fn authorize(&self, manifest: &Manifest, route: Option<&Matched<'_>>) -> Result<Permissions> {
        if matches!(self.team, TeamAccess::Denied) {
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

/// A dry run of a request: the decision about it without making it.
pub struct DryRun<'a> {
    manifest: &'a Manifest,
    route: Option<Matched<'a>>,
}

/// The result of a dry run.
pub struct DryRunResult {
    /// What it may do there, or why it may not.
    pub outcome: Result<Permissions>,
    /// What the route needs.
    pub required: Permissions,
    /// The role in the path's team; none if the path has no team or the token does not reach it.
    pub role: Option<Role>,
}

impl<'a> DryRun<'a> {
    /// A dry run of a request; the path is that of a URL, without its query.
    pub fn of(manifest: &'a Manifest, method: &str, path: &str) -> Self {
        Self { manifest, route: manifest.route(method, path) }
    }

    /// The team of the path, if it has one that could be.
    pub fn team(&self) -> Option<TeamId> {
        self.route.as_ref()?.team()
    }

    /// The decision of the authorizer, given the membership of the token's user in the path's team.
    pub fn run(&self, token: StoredToken, membership: Option<Membership>) -> DryRunResult {
        let Some(route) = &self.route else {
            return DryRunResult {
                outcome: Err(Error::not_found("route")),
                required: Permissions::NONE,
                role: None,
            };
        };
        let has_team = route.has_team();
        let presented = PresentedSecret::Current;
        let team =
            if has_team { TeamAccess::of_token(&token, presented, membership) } else { TeamAccess::NotAsked };
        let (role, required) = (team.role(), route.access.permissions());
        let outcome = Identity::from(ValidToken { token, team }).authorize(self.manifest, Some(route));
        DryRunResult { outcome, required, role }
    }
}
