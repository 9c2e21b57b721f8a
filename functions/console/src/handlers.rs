//! The handler of the page, with the headers that isolate it from other pages.

use api::{
    extract::{StagePath, State},
    openapi::{Input, Operation, Output},
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use base::{Error, Result};
use serde_json::json;

use crate::store::Store;

const CROSS_ORIGIN_OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// What does not depend on the page's content.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (CROSS_ORIGIN_OPENER_POLICY, "same-origin"),
    (CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
    (PERMISSIONS_POLICY, "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

pub(crate) async fn page(State(store): State<Store>, _: SignInAnswer) -> Result<Page> {
    Ok(Page(store))
}

/// Whoever opens the address of the API in a browser is led to the console.
pub(crate) async fn root(StagePath(stage): StagePath, _: AnyQuery) -> Result<ToConsole> {
    let path = HeaderValue::from_str(&format!("{stage}/console"));
    Ok(ToConsole(path.map_err(anyhow::Error::from)?))
}

/// Whatever a link to the address has behind it, such as a mark of where the link was found.
pub(crate) struct AnyQuery;

impl<S: Sync> FromRequestParts<S> for AnyQuery {
    type Rejection = Error;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self> {
        Ok(Self)
    }
}

impl Input for AnyQuery {
    const READS_QUERY: bool = true;

    fn describe(_: &mut Operation) {}
}

/// Where the console is.
pub(crate) struct ToConsole(HeaderValue);

impl IntoResponse for ToConsole {
    fn into_response(self) -> Response {
        (StatusCode::FOUND, [(header::LOCATION, self.0)]).into_response()
    }
}

impl Output for ToConsole {
    fn describe(operation: &mut Operation) {
        operation.empty_answer(302, "The console.");
    }
}

/// The page.
pub(crate) struct Page(Store);

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let mut response = self.0.html.into_response();
        let headers = response.headers_mut();
        for (name, value) in HEADERS {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers.insert(header::CONTENT_SECURITY_POLICY, self.0.policy);
        response
    }
}

impl Output for Page {
    fn describe(operation: &mut Operation) {
        operation.empty_answer(200, "The page, as text/html.");
    }
}

/// Whatever the issuer adds to the address when it sends the browser back. Only the page in the browser reads it: an
/// authorization code is of no use here.
pub(crate) struct SignInAnswer;

impl<S: Sync> FromRequestParts<S> for SignInAnswer {
    type Rejection = Error;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self> {
        Ok(Self)
    }
}

impl Input for SignInAnswer {
    const READS_QUERY: bool = true;

    fn describe(operation: &mut Operation) {
        for (name, description) in [
            ("code", "The authorization code, when the issuer sends the browser back."),
            ("state", "What tells the sign-in that it ends from any other one."),
            ("error", "Why the issuer signed nobody in."),
        ] {
            operation.query_parameter(name, description, json!({"type": "string"}));
        }
    }
}
