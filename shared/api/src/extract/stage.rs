//! What API Gateway puts in front of all paths, for answers that say where something else is.

use std::convert::Infallible;

use axum::{extract::FromRequestParts, http::request::Parts};
use lambda_http::request::RequestContext;

use crate::openapi::{Input, Operation};

/// The stage as a path, such as `/live`; empty behind a domain of one's own and on one machine.
pub struct StagePath(pub String);

impl<S: Sync> FromRequestParts<S> for StagePath {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let whole = match parts.extensions.get::<RequestContext>() {
            Some(RequestContext::ApiGatewayV1(context)) => context.path.as_deref().unwrap_or_default(),
            _ => "",
        };
        Ok(Self(stage_of(whole, parts.uri.path()).to_owned()))
    }
}

impl Input for StagePath {
    fn describe(_: &mut Operation) {}
}

/// What stands in front of our path in the one that was asked for.
fn stage_of<'a>(whole: &'a str, path: &str) -> &'a str {
    let without_end = path.trim_end_matches('/');
    whole.strip_suffix(path).or_else(|| whole.strip_suffix(without_end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stage_is_what_stands_in_front_of_our_path() {
        for (whole, path, stage) in [
            ("/live/v1/openapi.json", "/v1/openapi.json", "/live"),
            ("/v1/openapi.json", "/v1/openapi.json", ""),
            ("/live/", "/", "/live"),
            ("/live", "/", "/live"),
            ("/", "/", ""),
            ("", "/v1/me", ""),
            ("/other", "/v1/me", ""),
        ] {
            assert_eq!(stage_of(whole, path), stage, "{whole} {path}");
        }
    }
}
