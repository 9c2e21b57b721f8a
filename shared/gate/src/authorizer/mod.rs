//! The Lambda authorizer: who is asking, and may they? It answers REST `TOKEN` and `REQUEST` and HTTP API 2.0 events.

mod answer;
mod authorize;
mod dry_run;
mod event;
mod failed_attempts;
mod jwks;
mod refusal_log;
mod session;
mod tally;
mod token;
mod token_decision;
mod usage_log;

use lambda_runtime::LambdaEvent;
use serde_json::Value;

pub use answer::{Answer, Context, PolicyDocument};
pub use dry_run::{DryRun, DryRunResult};
pub use event::Event;
pub use session::Sessions;

use crate::identity::membership_key;
use api::manifest::{Manifest, Matched};
use base::{
    access::Credential,
    clock::Clock,
    error::Error,
    id::UserId,
    permission::Permissions,
    rate_limit::{Allowance, Budget},
    secret::SecretKind,
    timestamp::Timestamp,
};
use keys::{KeyRing, Keys, Platform};
use table::{Item, Table, Tables, deadline::Deadline, decode, limiter::Limiter};

use self::{
    authorize::{Identity, TeamAccess},
    event::AuthorizationRequest,
    failed_attempts::FailedAttempts,
    token_decision::{PresentedToken, TokenDecision},
    usage_log::UsageLog,
};

/// What decides.
pub struct Authorizer {
    identity: Table,
    keys: Keys,
    clock: Clock,
    limiter: Limiter,
    sessions: Sessions,
    manifest: Manifest,
    usage_log: UsageLog,
    failed_attempts: FailedAttempts,
}

/// What the gateway is told.
enum Decision {
    /// The caller may, and this is left of the token's budget if it has one.
    Allow(Box<Identity>, Permissions, Option<Budget>),
    /// A good credential that may not do this.
    Refuse(Box<Identity>, Error),
    /// Too many requests: of the token, or of bad credentials from the address.
    Limited(Budget),
    /// No good credential.
    Unauthenticated,
}

impl Authorizer {
    /// An authorizer for the routes of the manifest.
    pub fn new(platform: &Platform, sessions: Sessions, manifest: Manifest) -> Self {
        let Platform { tables, keys } = platform.clone();
        let Tables { identity, clock, .. } = tables;
        let (limiter, usage_log, failed_attempts) =
            (Limiter::new(platform), UsageLog::new(platform), FailedAttempts::default());
        Self { identity, keys, clock, limiter, sessions, manifest, usage_log, failed_attempts }
    }

    /// The same, with another number of bad credentials that an address may send a minute.
    #[must_use]
    pub fn with_failures_per_minute(self, limit: Option<u32>) -> Self {
        Self { failed_attempts: limit.map_or(self.failed_attempts, FailedAttempts::new), ..self }
    }

    /// Answers one event of API Gateway, as JSON.
    ///
    /// # Errors
    /// As [`Authorizer::answer`].
    pub async fn handle(&self, event: Event) -> Result<Value, lambda_runtime::Error> {
        Ok(serde_json::to_value(self.answer(event).await?)?)
    }

    /// Answers one event of API Gateway.
    ///
    /// # Errors
    /// `Unauthorized`, which API Gateway turns into 401, or what kept the authorizer from deciding, which the API's
    /// gateway responses turn into 503. It never lets anybody pass by an error.
    pub async fn answer(&self, event: Event) -> Result<Answer, lambda_runtime::Error> {
        self.answer_by(event, Deadline::of(None)).await
    }

    /// Answers one event of API Gateway within the time of its invocation.
    ///
    /// # Errors
    /// As [`Authorizer::answer`]; that the time is over keeps it from deciding.
    pub async fn answer_in_time(&self, event: LambdaEvent<Event>) -> Result<Answer, lambda_runtime::Error> {
        self.answer_by(event.payload, Deadline::of(Some(&event.context))).await
    }

    async fn answer_by(&self, event: Event, deadline: Deadline) -> Result<Answer, lambda_runtime::Error> {
        let request = AuthorizationRequest::try_from(event).inspect_err(|cause| {
            tracing::error!(cause = cause.to_string(), "the event is none that can be answered");
        })?;
        let decision = deadline.limit(Box::pin(self.decide(&request))).await.flatten().map_err(|error| {
            // The answer of a failed authorizer reaches no client, so this is the edge where the cause is logged.
            drop(error.respond(&request.request_id));
            lambda_runtime::Error::from("the authorizer could not decide")
        })?;
        request.answer(decision, self.manifest.is_own())
    }

    async fn decide(&self, request: &AuthorizationRequest) -> Result<Decision, Error> {
        let route = self.manifest.route(&request.method, &request.path);
        let Some(credential) = &request.credential else { return Ok(Decision::Unauthenticated) };
        let identity = if credential.starts_with(SecretKind::Token.prefix()) {
            self.identify_token(credential, route.as_ref(), request).await?
        } else {
            self.identify_session(credential, route.as_ref()).await?
        };
        match identity {
            Some(identity) => self.authorize(identity, route.as_ref(), request).await,
            None => Ok(self.failed(route.is_some(), request)),
        }
    }

    async fn authorize(
        &self,
        identity: Identity,
        route: Option<&Matched<'_>>,
        request: &AuthorizationRequest,
    ) -> Result<Decision, Error> {
        let budget = match self.spend(&identity, route).await? {
            Some(Allowance::Exceeded(budget)) => return Ok(Decision::Limited(budget)),
            Some(Allowance::Allowed(budget)) => Some(budget),
            None => None,
        };
        let outcome = identity.authorize(&self.manifest, route);
        if let Some(token) = &identity.token {
            // Those who block a token want to know that it goes on, however much else it tries.
            let is_stranger = matches!(identity.team, TeamAccess::Denied);
            let used = request.usage(self.clock.now());
            self.usage_log.record((token, is_stranger), route, &outcome, used).await;
        }
        Ok(match outcome {
            Ok(effective) => Decision::Allow(Box::new(identity), effective, budget),
            Err(error) => Decision::Refuse(Box::new(identity), error),
        })
    }

    /// Counts the request, if its token has a limit; for all others this costs nothing. Of this API's own paths only those
    /// that are routes count: what stands behind them says 429, and behind the others there is nothing but 404.
    async fn spend(
        &self,
        identity: &Identity,
        route: Option<&Matched<'_>>,
    ) -> Result<Option<Allowance>, Error> {
        let rate = identity.token.as_ref().and_then(|token| Some((token, token.rate_limit?)));
        let Some((token, rate)) = rate.filter(|_| route.is_some() || !self.manifest.is_own()) else {
            return Ok(None);
        };
        self.limiter.spend("token", token.id.as_str(), rate, 1).await.map(Some)
    }

    /// A bad credential; of very many from one address the client is told so, where something behind can say it.
    fn failed(&self, is_route: bool, request: &AuthorizationRequest) -> Decision {
        let over = request.address().and_then(|ip| self.failed_attempts.fail(ip, self.clock.now()));
        match over {
            Some(budget) if is_route && self.manifest.is_own() => Decision::Limited(budget),
            _ => Decision::Unauthenticated,
        }
    }

    async fn identify_session(
        &self,
        jwt: &str,
        route: Option<&Matched<'_>>,
    ) -> Result<Option<Identity>, Error> {
        let Some(claims) = self.sessions.verify(jwt).await? else { return Ok(None) };
        let user = UserId::of_subject(self.sessions.issuer(), &claims.sub);
        let team = match route.filter(|route| route.has_team()).map(Matched::team) {
            None => TeamAccess::NotAsked,
            Some(None) => TeamAccess::Denied,
            Some(Some(team)) => {
                let item = self.identity.get(membership_key(&user, &team)).await?;
                TeamAccess::of(item.map(decode).transpose()?)
            }
        };
        Ok(Some(Identity {
            user,
            credential: Credential::Session,
            token: None,
            replaced_secret_issued_at: None,
            granted: Permissions::all(),
            email: claims.verified_email(),
            name: claims.shown_name(),
            team,
        }))
    }
}

/// The decision about a token alone, given what the database holds: what [`Authorizer::answer`] does between its calls.
///
/// # Errors
/// As [`Authorizer::answer`].
pub fn decide(
    manifest: &Manifest,
    ring: &KeyRing,
    now: Timestamp,
    event: Event,
    items: impl FnOnce(Vec<table::Key>) -> Vec<Item>,
) -> Result<Answer, lambda_runtime::Error> {
    let request = AuthorizationRequest::try_from(event)?;
    let route = manifest.route(&request.method, &request.path);
    let presented = request
        .credential
        .as_deref()
        .and_then(|credential| PresentedToken::parse(credential, route.as_ref()));
    let decision = match &presented {
        Some(presented) => {
            let candidates = ring.candidate_hashes(presented.secret.reveal());
            presented.credentials(items(presented.keys()))?.decide(
                presented,
                &candidates,
                now,
                request.address(),
            )
        }
        None => TokenDecision::Unknown(None),
    };
    let decision = match decision {
        TokenDecision::Valid(valid) => {
            let identity = Identity::from(*valid);
            match identity.authorize(manifest, route.as_ref()) {
                Ok(effective) => Decision::Allow(Box::new(identity), effective, None),
                Err(error) => Decision::Refuse(Box::new(identity), error),
            }
        }
        TokenDecision::Unknown(_) | TokenDecision::Refused(..) => Decision::Unauthenticated,
    };
    request.answer(decision, manifest.is_own())
}

#[cfg(test)]
mod tests;
