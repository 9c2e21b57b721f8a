//! The handlers: the page, with the headers that isolate it from other pages, and its assets.

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

use crate::{
    asset::{AssetRequest, ETAG},
    store::Store,
};

const CROSS_ORIGIN_OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// For a year, without asking whether it has changed (RFC 8246).
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// What does not depend on the page's content.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (CROSS_ORIGIN_OPENER_POLICY, "same-origin"),
    (CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
    (PERMISSIONS_POLICY, "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// The page, which is the same at every address of it: what the address says is read in the browser, and so is what the
/// issuer adds to it when it sends the browser back.
pub(crate) async fn page(
    State(store): State<Store>,
    StagePath(stage): StagePath,
    _: AnyQuery,
) -> Result<Page> {
    Ok(Page { html: store.html(&stage), policy: store.policy })
}

/// A module or a style sheet.
pub(crate) async fn asset(request: AssetRequest) -> Result<AssetAnswer> {
    Ok(AssetAnswer(request))
}

/// Whoever opens the address of the API in a browser is led to the console.
pub(crate) async fn root(StagePath(stage): StagePath, _: AnyQuery) -> Result<ToConsole> {
    let path = HeaderValue::from_str(&format!("{stage}/console"));
    Ok(ToConsole(path.map_err(anyhow::Error::from)?))
}

/// Whatever an address has behind it, such as a mark of where the link to it was found.
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
pub(crate) struct Page {
    html: String,
    policy: HeaderValue,
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let mut response = self.html.into_response();
        let headers = response.headers_mut();
        for (name, value) in HEADERS {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers.insert(header::CONTENT_SECURITY_POLICY, self.policy);
        response
    }
}

impl Output for Page {
    fn describe(operation: &mut Operation) {
        operation.empty_answer(200, "The page, as text/html.");
    }
}

/// An asset, or that the browser has it.
pub(crate) struct AssetAnswer(AssetRequest);

impl IntoResponse for AssetAnswer {
    fn into_response(self) -> Response {
        let AssetRequest { asset, coding, is_known } = self.0;
        let mut response = if is_known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            (
                [(header::CONTENT_TYPE, asset.content_type())],
                [(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin"))],
                asset.bytes(coding),
            )
                .into_response()
        };
        let headers = response.headers_mut();
        if let Some(name) = coding.name().filter(|_| !is_known) {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(FOR_EVER));
        headers.insert(header::ETAG, HeaderValue::from_static(ETAG));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        response
    }
}

impl Output for AssetAnswer {
    fn describe(operation: &mut Operation) {
        operation.empty_answer(200, "The asset.");
    }
}
