//! The guard: the access check in front of every handler. The gateway's authorizer has made it already; a
//! function trusts no one.

use std::sync::Arc;

use axum::{
    RequestExt as _,
    extract::{RawPathParams, Request, State},
    http::Method,
    middleware::Next,
    response::Response,
};
use lambda_http::request::RequestContext;

use crate::{
    caller::Caller,
    extract::{Preconditions, without_body},
    idempotency,
};
use base::{
    access::Access,
    error::{Error, Fault, Result, Violation},
};
use keys::Platform;

/// What a row asks of its callers besides the access, whatever they send.
pub type CallerRule = fn(&Caller) -> Result<()>;

/// What the guard checks in front of one row.
pub(super) struct RoutePolicy {
    pub(super) access: Access,
    pub(super) rule: CallerRule,
    pub(super) reads_query: bool,
    pub(super) reads_body: bool,
    pub(super) writes: bool,
    pub(super) platform: Option<Platform>,
}

/// Lets a request through to its handler, or refuses it.
pub(super) async fn guard(
    State(policy): State<Arc<RoutePolicy>>,
    mut request: Request,
    next: Next,
) -> Result<Response> {
    if policy.access != Access::Public {
        let caller = authorize(&policy, &mut request).await?;
        (policy.rule)(&caller)?;
        request.extensions_mut().insert(caller);
    }
    if !policy.reads_query
        && let Some(name) = request.uri().query().filter(|query| !query.is_empty())
    {
        let name = name.split(['=', '&']).next().unwrap_or_default();
        let fault =
            Fault::new(format!("?{name}"), Violation::UnknownMember, "This path takes no query parameters.");
        return Err(Error::invalid(vec![fault]));
    }
    if policy.writes && !policy.reads_body {
        request = without_body(request).await?;
    }
    if let Some(platform) = &policy.platform {
        request.extensions_mut().insert(platform.clone());
        if policy.writes && matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH) {
            return idempotency::run(platform, request, next).await;
        }
    }
    if *request.method() == Method::GET {
        let preconditions = Preconditions::of(request.headers())?;
        return preconditions.answer(next.run(request).await);
    }
    Ok(next.run(request).await)
}

async fn authorize(policy: &RoutePolicy, request: &mut Request) -> Result<Caller> {
    let caller = request.extensions().get::<RequestContext>().and_then(Caller::from_context);
    let Some(caller) = caller else {
        // An authorizer cannot answer 429, so it leaves that to us: with a budget and no identity.
        if let Some(spent) = request.extensions().get::<RequestContext>().and_then(Caller::budget) {
            return Err(Error::rate_limited(spent));
        }
        tracing::error!(
            "a request came without the authorizer's context: this function must stand behind its gateway"
        );
        return Err(Error::unauthenticated());
    };
    let params = request.extract_parts::<RawPathParams>().await.map_err(|_| Error::not_found("path"))?;
    let param = |name: &str| params.iter().find_map(|(key, value)| (key == name).then_some(value));
    if let Some(team) = param("team")
        && caller.team().map(base::id::TeamId::as_str) != Some(team)
    {
        return Err(Error::no_access());
    }
    policy.access.check(&caller.grant(param("user") == Some(caller.user.as_str())))?;
    Ok(caller)
}

#[cfg(test)]
mod tests;
