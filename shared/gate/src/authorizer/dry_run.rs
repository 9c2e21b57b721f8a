//! `POST /v1/token/check`: the decision of the authorizer about a request, without making it.

use super::{
    authorize::{Identity, TeamAccess},
    token_decision::ValidToken,
};
use crate::{
    identity::Membership,
    token::{PresentedSecret, StoredToken},
};
use api::manifest::{Manifest, Matched};
use base::{
    error::{Error, Result},
    id::TeamId,
    permission::Permissions,
    role::Role,
    timestamp::Timestamp,
};

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

    /// The decision of the authorizer about a secret that was issued then, given the membership of the token's user in the
    /// path's team.
    pub fn run(
        &self,
        token: StoredToken,
        issued_at: Timestamp,
        membership: Option<Membership>,
    ) -> DryRunResult {
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
            if has_team { TeamAccess::of_token(&token, issued_at, membership) } else { TeamAccess::NotAsked };
        let (role, required) = (team.role(), route.access.permissions());
        let outcome =
            Identity::from(ValidToken { token, presented, team }).authorize(self.manifest, Some(route));
        DryRunResult { outcome, required, role }
    }
}
