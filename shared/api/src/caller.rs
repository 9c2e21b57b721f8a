//! The caller, as the authorizer has identified it: read from the context of the event, or there is none.

use std::{collections::HashMap, ops::Deref};

use axum::{extract::FromRequestParts, http::request::Parts};
use lambda_http::request::RequestContext;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::openapi::{Input, Operation};
use base::{
    access::{Credential, Grant},
    actor::{Actor, Source},
    error::{Error, Result},
    id::{TeamId, TokenId, UserId},
    permission::{Permission, Permissions},
    rate_limit::Budget,
    role::Role,
    timestamp::Timestamp,
};

/// A person behind a credential that the authorizer found good.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The person, or the one for whom the token acts.
    pub user: UserId,
    /// What was sent.
    pub credential: Credential,
    /// The token, if it was one.
    pub token: Option<TokenId>,
    /// When the token's secret was issued, if it was replaced and only works for what is left of its overlap.
    pub replaced_secret_issued_at: Option<Timestamp>,
    /// What the caller may do here: the token's permissions that the role allows too.
    pub permissions: Permissions,
    /// The verified e-mail address of a session.
    pub email: Option<String>,
    /// The name of a session's person.
    pub name: Option<String>,
    /// The address the request came from.
    pub ip: String,
    /// The id of the request.
    pub request_id: String,
    /// What the request makes is made once, however often it is sent.
    pub once: Option<Once>,
    team: Option<(TeamId, Role)>,
}

/// What all runs of a request with one `Idempotency-Key` have in common: what one of them makes, another one finds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Once {
    /// When the first of them began.
    pub at: Timestamp,
    /// What tells them from all others.
    pub nonce: String,
}

impl Caller {
    /// The caller in the authorizer's context; `None` if there is no such context or it is not whole.
    pub fn from_context(context: &RequestContext) -> Option<Self> {
        let RequestContext::ApiGatewayV1(context) = context else { return None };
        let fields = &context.authorizer.fields;
        let team = match (text(fields, "team_id"), text(fields, "role")) {
            (Some(team), Some(role)) => Some((TeamId::parse(team)?, Role::parse(role)?)),
            (None, None) => None,
            _ => return None,
        };
        Some(Self {
            user: UserId::parse(text(fields, "user_id")?)?,
            credential: Credential::parse(text(fields, "credential")?)?,
            token: text(fields, "token_id").and_then(TokenId::parse),
            replaced_secret_issued_at: match text(fields, "replaced_secret_issued_at") {
                Some(at) => Some(at.parse().ok()?),
                None => None,
            },
            permissions: Permissions::parse_names(text(fields, "permissions").unwrap_or_default()),
            email: text(fields, "email").map(str::to_owned),
            name: text(fields, "name").map(str::to_owned),
            ip: context.identity.source_ip.clone().unwrap_or_default(),
            request_id: context.request_id.clone().unwrap_or_default(),
            once: None,
            team,
        })
    }

    /// What the authorizer tells of a budget in the context, if it tells of one.
    pub fn budget(context: &RequestContext) -> Option<Budget> {
        let RequestContext::ApiGatewayV1(context) = context else { return None };
        Budget::parse(text(&context.authorizer.fields, "rate_limit")?)
    }

    /// The caller as the actor of a write.
    pub fn actor(&self) -> Actor {
        Actor {
            user: Some(self.user.clone()),
            credential: Some(self.credential),
            token: self.token.clone(),
            form: None,
            ip: self.ip.clone(),
            source: match self.credential {
                Credential::Session => Source::App,
                Credential::Token => Source::Api,
            },
            request_id: self.request_id.clone(),
        }
    }

    /// Whether the caller may do this here.
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(permission)
    }

    /// The team that the authorizer found the caller in.
    pub fn team(&self) -> Option<&TeamId> {
        self.team.as_ref().map(|(team, _)| team)
    }

    /// What the guard decides with.
    pub fn grant(&self, is_self: bool) -> Grant {
        let role = self.team.as_ref().map(|(_, role)| *role);
        Grant { credential: self.credential, granted: self.permissions, role, is_self }
    }
}

/// A caller in a team; there is none without the guard having found the path's team to be the caller's.
#[derive(Clone, Debug)]
pub struct Member {
    /// The team.
    pub team: TeamId,
    /// The caller's role there.
    pub role: Role,
    caller: Caller,
}

impl Deref for Member {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

impl Member {
    /// Refuses who lacks one of these permissions, where a request has parts that need different ones.
    ///
    /// # Errors
    /// 403 that names what is missing: of the role, as far as the role is why; else of the token.
    pub fn needs(&self, permissions: &[Permission]) -> Result<()> {
        let needed = Permissions::of(permissions);
        let (of_role, missing) = (needed.without(self.role.permissions()), needed.without(self.permissions));
        match (of_role.is_empty(), missing.is_empty()) {
            (false, _) => Err(Error::insufficient_role(self.role, of_role)),
            (true, false) => Err(Error::insufficient_scope(missing)),
            (true, true) => Ok(()),
        }
    }

    /// The caller for one operation of a batch: each gets a request id and an idempotency nonce of its own, so
    /// that no operation is taken for another one of the same request.
    #[must_use]
    pub fn for_operation(&self, index: usize) -> Self {
        let mut member = self.clone();
        if !self.request_id.is_empty() {
            member.caller.request_id = format!("{}#{index}", self.request_id);
        }
        if let Some(once) = &mut member.caller.once {
            once.nonce = format!("{}#{index}", once.nonce);
        }
        member
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        parts.extensions.get::<Caller>().cloned().ok_or_else(Error::unauthenticated)
    }
}

impl<S: Sync> FromRequestParts<S> for Member {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let caller = Caller::from_request_parts(parts, state).await?;
        let (team, role) = caller.team.clone().ok_or_else(Error::no_access)?;
        Ok(Self { team, role, caller })
    }
}

impl Input for Caller {
    fn describe(_: &mut Operation) {}
}

impl Input for Member {
    fn describe(_: &mut Operation) {}
}

fn text<'a>(fields: &'a HashMap<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name)?.as_str().filter(|text| !text.is_empty())
}
