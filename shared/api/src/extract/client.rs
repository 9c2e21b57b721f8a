//! The client of a public route, of whom only the address is known.

use axum::{extract::FromRequestParts, http::request::Parts};
use lambda_http::request::RequestContext;

use crate::openapi::{Input, Operation};
use base::error::{Error, Result};
use table::limiter::client_prefix;

/// Who sent a request, as far as the gateway knows.
#[derive(Clone)]
pub struct Client {
    /// The address the request came from.
    pub ip: String,
    /// The id of the request.
    pub request_id: String,
    /// The host that was asked; the header of that name is not handed on.
    pub host: String,
}

impl Client {
    /// What clients are counted by.
    pub fn prefix(&self) -> String {
        self.ip.parse().map_or_else(|_| self.ip.clone(), |ip| client_prefix(ip).to_string())
    }
}

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let Some(RequestContext::ApiGatewayV1(context)) = parts.extensions.get::<RequestContext>() else {
            return Err(anyhow::anyhow!("a request came without its context").into());
        };
        let (ip, request_id) = (context.identity.source_ip.clone(), context.request_id.clone());
        let host = context.domain_name.clone().unwrap_or_default();
        Ok(Self { ip: ip.unwrap_or_default(), request_id: request_id.unwrap_or_default(), host })
    }
}

impl Input for Client {
    fn describe(_: &mut Operation) {}
}
