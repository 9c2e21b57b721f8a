//! CORS (Fetch, section 3.2): which origins may send and read objects from a browser.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, response::Response},
};

const METHODS: &str = "GET, PUT, HEAD";
/// A part of a large upload is named by its `ETag` when the upload is completed, so the page must see it.
const EXPOSED: &str = "ETag";
/// A browser need not ask again for two hours. Some keep no answer longer.
const MAX_AGE: &str = "7200";

/// The allowed origins; a star is every one.
pub(super) struct Origins(Vec<String>);

impl Origins {
    pub(super) fn new(origins: Vec<String>) -> Self {
        Self(origins)
    }

    /// Answers a browser that asks first. It signs nothing, so no signature is asked for.
    pub(super) fn preflight(&self, asking: &HeaderMap) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        let method = asking.get(header::ACCESS_CONTROL_REQUEST_METHOD).map(HeaderValue::as_bytes);
        let known = [Method::GET, Method::PUT, Method::HEAD];
        let method_allowed = known.iter().any(|known| method == Some(known.as_str().as_bytes()));
        if self.allowed(asking).is_none() || !method_allowed {
            *response.status_mut() = StatusCode::FORBIDDEN;
            return response;
        }
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE));
        // Whatever they are: the signature decides which of them a request may have.
        if let Some(wanted) = asking.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
        }
        response
    }

    /// Writes into an answer who may read it, and what.
    pub(super) fn write(allowed: Option<&HeaderValue>, headers: &mut HeaderMap) {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = allowed {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
        }
    }

    /// The origin that asks, if it is allowed.
    pub(super) fn allowed(&self, asking: &HeaderMap) -> Option<HeaderValue> {
        let origin = asking.get(header::ORIGIN)?;
        self.0
            .iter()
            .any(|allowed| allowed == "*" || allowed.as_bytes() == origin.as_bytes())
            .then(|| origin.clone())
    }
}
