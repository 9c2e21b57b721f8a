//! A page of HTML with its headers: nothing of another origin is loaded, nothing runs but what came with it, and only the pages that
//! the form allows show it in a frame.

use std::sync::LazyLock;

use api::openapi::{Operation, Output};
use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base::{Error, Result};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use form::Form;
use sha2::{Digest as _, Sha256};
use url::Url;

/// The style of all pages.
pub(crate) const STYLE: &str = include_str!("page.css");
/// What runs in all pages.
pub(crate) const SCRIPT: &str = include_str!("page.js");

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    // It holds a token, and what somebody has filled in.
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // What is sent is judged by the origin; the path holds the key of the form.
    (header::REFERRER_POLICY, "strict-origin"),
    (PERMISSIONS_POLICY, "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (ROBOTS, "noindex"),
];

/// What a page may load and run (Content Security Policy Level 3): the style and the script that are in it, by their hashes.
static OWN: LazyLock<String> = LazyLock::new(|| {
    let hash = |text: &str| BASE64_STANDARD.encode(Sha256::digest(text));
    let (style, script) = (hash(STYLE), hash(SCRIPT));
    format!(
        "default-src 'none'; base-uri 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; form-action 'self'"
    )
});

/// A page of HTML.
pub(crate) struct Html {
    status: StatusCode,
    html: String,
    policy: String,
    retry_after: Option<HeaderValue>,
}

impl Html {
    /// A page about a form, or about none that there is.
    pub(crate) fn new(status: StatusCode, html: String, form: Option<&Form>) -> Self {
        let mut policy = OWN.clone();
        // Browsers hold where a form leads in the end against the same rule.
        let redirect = form.and_then(|form| Url::parse(form.confirmation.redirect.as_deref()?).ok());
        if let Some(to) = redirect {
            policy.push(' ');
            policy.push_str(&to.origin().ascii_serialization());
        }
        let origins = form.map(|form| form.allowed_origins.join(" ")).filter(|origins| !origins.is_empty());
        policy.push_str("; frame-ancestors ");
        policy.push_str(origins.as_deref().unwrap_or("'none'"));
        Self { status, html, policy, retry_after: None }
    }

    /// The same, in the place of a refusal that says when to come back.
    pub(crate) fn with_retry_after(self, retry_after: Option<HeaderValue>) -> Self {
        Self { retry_after, ..self }
    }
}

impl IntoResponse for Html {
    fn into_response(self) -> Response {
        let Self { status, html, policy, retry_after } = self;
        let policy: Result<HeaderValue> =
            HeaderValue::from_str(&policy).map_err(|error| Error::from(anyhow::Error::from(error)));
        let policy = match policy {
            Ok(policy) => policy,
            Err(error) => return error.into_response(),
        };
        let mut response = (status, html).into_response();
        let headers = response.headers_mut();
        for (name, value) in HEADERS {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        if let Some(retry_after) = retry_after {
            headers.insert(header::RETRY_AFTER, retry_after);
        }
        response
    }
}

impl Output for Html {
    fn describe(operation: &mut Operation) {
        operation.empty_answer(200, "The page, as text/html.");
    }
}
