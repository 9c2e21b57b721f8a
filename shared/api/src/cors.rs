//! CORS (Fetch, section 3.2): which origins may call the API from a browser, and which headers they may read.

use std::sync::Arc;

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};

/// What a page may read of an answer besides what every page may: each header that the API can send and that means
/// something to a client.
pub const EXPOSED: &str = "Accept-Encoding, Allow, Content-Disposition, ETag, Idempotency-Replayed, Location, Next-Cursor, \
     RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id";
/// The methods of the API.
const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";
/// The headers that a client may send and that a browser asks about first.
const HEADERS: &str = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match";
/// A browser need not ask again for two hours. Some keep no answer longer.
const MAX_AGE: &str = "7200";

/// The origins whose pages may call the API. No cookie counts here, so a page can do no more than who knows a credential:
/// to name origins is to keep the credentials that people give to pages to one's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origins {
    /// Every one.
    #[default]
    Any,
    /// These alone.
    These(Arc<[HeaderValue]>),
    /// Each answer says it itself, as it depends on what is asked for. That a page may ask tells nothing.
    OfAnswers,
}

impl Origins {
    /// The origins of a text with commas between; every one if there is none, or a star among them.
    pub fn of(text: Option<&str>) -> Self {
        let Some(text) = text else { return Self::Any };
        let origins = text.split(',').map(str::trim).filter(|origin| !origin.is_empty());
        let origins: Arc<[HeaderValue]> = origins.filter_map(|origin| origin.parse().ok()).collect();
        if origins.iter().any(|origin| origin == "*") { Self::Any } else { Self::These(origins) }
    }

    /// What every answer names as the origin that may read it, if it is the same whoever asks.
    pub fn only(&self) -> Option<HeaderValue> {
        match self {
            Self::Any => Some(HeaderValue::from_static("*")),
            Self::These(origins) => match &**origins {
                [one] => Some(one.clone()),
                _ => None,
            },
            Self::OfAnswers => None,
        }
    }

    /// Writes into an answer who may read it, and what.
    pub(crate) fn write(&self, asking: Option<&HeaderValue>, headers: &mut HeaderMap) {
        let allowed = self.only().or_else(|| {
            headers.append(header::VARY, HeaderValue::from_static("Origin"));
            let is_preflight = headers.contains_key(header::ACCESS_CONTROL_ALLOW_METHODS);
            match self {
                Self::OfAnswers if is_preflight => Some(HeaderValue::from_static("*")),
                _ => asking.filter(|origin| self.has(origin)).cloned(),
            }
        });
        if let Some(origin) = allowed {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        }
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }

    fn has(&self, origin: &HeaderValue) -> bool {
        match self {
            Self::OfAnswers => false,
            Self::Any => true,
            Self::These(origins) => origins.contains(origin),
        }
    }
}

/// Whether a browser asks if a page may send a request. It asks without the credential.
pub(crate) fn is_preflight(request: &Request) -> bool {
    *request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// What a page may send, whatever the path.
pub(crate) fn preflight() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
        (header::ACCESS_CONTROL_MAX_AGE, MAX_AGE),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP: HeaderValue = HeaderValue::from_static("https://shop.example");
    const DESK: HeaderValue = HeaderValue::from_static("https://desk.example");
    const EVIL: HeaderValue = HeaderValue::from_static("https://evil.example");

    fn told(origins: &Origins, asking: Option<&HeaderValue>) -> (Option<HeaderValue>, bool) {
        let mut headers = HeaderMap::new();
        origins.write(asking, &mut headers);
        assert!(!headers.contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS));
        (headers.remove(header::ACCESS_CONTROL_ALLOW_ORIGIN), headers.contains_key(header::VARY))
    }

    #[test]
    fn every_origin_may_call_unless_some_are_named() {
        for text in [None, Some("*"), Some("https://shop.example, *")] {
            let any = Origins::of(text);
            for asking in [None, Some(&EVIL)] {
                assert_eq!(told(&any, asking), (Some(HeaderValue::from_static("*")), false), "{text:?}");
            }
        }
    }

    #[test]
    fn one_origin_is_named_to_everybody() {
        let one = Origins::of(Some("https://shop.example"));
        for asking in [None, Some(&SHOP), Some(&EVIL)] {
            assert_eq!(told(&one, asking), (Some(SHOP), false));
        }
    }

    #[test]
    fn of_several_origins_the_one_that_asks_is_named() {
        let both = Origins::of(Some("https://shop.example, https://desk.example"));
        for (asking, allowed) in
            [(Some(&SHOP), Some(SHOP)), (Some(&DESK), Some(DESK)), (Some(&EVIL), None), (None, None)]
        {
            assert_eq!(told(&both, asking), (allowed, true));
        }
    }

    #[test]
    fn a_list_of_none_allows_none() {
        assert_eq!(told(&Origins::of(Some(" , ")), Some(&SHOP)), (None, true));
    }
}
