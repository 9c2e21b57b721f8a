//! The Lambda authorizer: who is asking, and may they? It answers REST `TOKEN` and `REQUEST` and HTTP API 2.0 events.

mod answer;
mod event;
mod jwks;
mod session;
mod token;

use std::net::IpAddr;

use serde_json::Value;

pub use session::Sessions;

use crate::{
    access::{Access, Claim, Credential},
    clock::Clock,
    error::Error,
    id::{TeamId, TokenId, UserId},
    identity::{Membership, membership_key},
    keys::Keys,
    manifest::{Manifest, Matched},
    permission::Permissions,
    platform::Platform,
    role::Role,
    table::{Item, Key, Table, decode},
};

use self::event::Question;

/// What decides.
pub struct Authorizer {
    identity: Table,
    keys: Keys,
    clock: Clock,
    sessions: Sessions,
    manifest: Manifest,
}

/// The person behind a good credential.
struct Identity {
    user: UserId,
    credential: Credential,
    token: Option<TokenId>,
    granted: Permissions,
    email: Option<String>,
    name: Option<String>,
    membership: TeamAccess,
}

/// What a look-up told of the caller and the path's team.
enum TeamAccess {
    /// The path has no team.
    NotAsked,
    /// The caller may not reach it, or there is no such team.
    Denied,
    /// The caller is a member.
    Member(TeamId, Role),
}

/// What the gateway is told.
enum Decision {
    Allow(Box<Identity>, Permissions),
    /// Nobody is known, and nobody needs to be: the route is public.
    AllowAnonymous,
    /// A good credential that may not do this.
    Refuse(Box<Identity>, Error),
    /// No good credential.
    Unauthenticated,
}

impl Authorizer {
    /// An authorizer for the routes of the manifest.
    pub fn new(platform: &Platform, sessions: Sessions, manifest: Manifest) -> Self {
        let Platform { identity, keys, clock, .. } = platform.clone();
        Self { identity, keys, clock, sessions, manifest }
    }

    /// Answers one event of API Gateway.
    ///
    /// # Errors
    /// `Unauthorized`, which API Gateway turns into 401, or what kept the authorizer from deciding, which it turns
    /// into 500. It never lets anybody pass by an error.
    pub async fn handle(&self, event: Value) -> Result<Value, lambda_runtime::Error> {
        let question = Question::parse(event)?;
        let decision = self.decide(&question).await.map_err(|error| {
            // The answer of a failed authorizer reaches no client, so this is the edge where the cause is logged.
            drop(error.respond(&question.request_id));
            lambda_runtime::Error::from("the authorizer could not decide")
        })?;
        question.answer(&decision)
    }

    async fn decide(&self, question: &Question) -> Result<Decision, Error> {
        let route = self.manifest.route(&question.method, &question.path);
        let Some(credential) = &question.credential else {
            let is_public = route.is_some_and(|route| *route.access == Access::Public);
            return Ok(if is_public { Decision::AllowAnonymous } else { Decision::Unauthenticated });
        };
        let team = route.as_ref().and_then(|route| route.team.as_deref());
        let identity = if token::is_one(credential) {
            self.identify_token(credential, team, question).await?
        } else {
            self.identify_session(credential, team).await?
        };
        Ok(match identity {
            Some(identity) => judge(identity, route.as_ref()),
            None => Decision::Unauthenticated,
        })
    }

    async fn identify_session(&self, jwt: &str, team: Option<&str>) -> Result<Option<Identity>, Error> {
        let Some(claims) = self.sessions.verify(jwt).await? else { return Ok(None) };
        let user = UserId::of_subject(self.sessions.issuer(), &claims.sub);
        let membership = match team.map(TeamId::parse) {
            None => TeamAccess::NotAsked,
            Some(None) => TeamAccess::Denied,
            Some(Some(team)) => TeamAccess::of(self.identity.get(membership_key(&user, &team)).await?)?,
        };
        Ok(Some(Identity {
            user,
            credential: Credential::Session,
            token: None,
            granted: Permissions::all(),
            email: claims.verified_email(),
            name: claims.name,
            membership,
        }))
    }
}

impl TeamAccess {
    fn of(item: Option<Item>) -> Result<Self, Error> {
        let Some(item) = item else { return Ok(TeamAccess::Denied) };
        let Membership { team, role, .. } = decode(item)?;
        Ok(TeamAccess::Member(team, role))
    }
}

/// Whether the caller may use the route. One that is unknown passes: the function behind it answers 404 or 405, and
/// knows no way to do anything else.
fn judge(identity: Identity, route: Option<&Matched<'_>>) -> Decision {
    let role = match &identity.membership {
        TeamAccess::Denied => return Decision::Refuse(Box::new(identity), Error::no_access()),
        TeamAccess::Member(_, role) => Some(*role),
        TeamAccess::NotAsked => None,
    };
    let is_self = route.is_some_and(|route| route.is_self(&identity.user));
    let claim = Claim { credential: identity.credential, granted: identity.granted, role, is_self };
    match route.map_or(Ok(()), |route| route.access.check(&claim)) {
        Ok(()) => Decision::Allow(Box::new(identity), claim.effective()),
        Err(error) => Decision::Refuse(Box::new(identity), error),
    }
}

/// The item with this key among those read together.
fn take(items: &mut Vec<Item>, key: &Key) -> Option<Item> {
    let at = items.iter().position(|item| Key::of(item).as_ref() == Some(key))?;
    Some(items.swap_remove(at))
}

/// The address of a client, IPv4 in IPv6 taken for what it is.
fn address(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>().ok().map(|ip| ip.to_canonical())
}
