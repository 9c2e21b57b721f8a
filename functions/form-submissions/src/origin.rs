//! Which pages may read a form and send it: those of the origins that the form names. An origin is no proof of who sends, and keeps
//! foreign pages from sending a form in the name of who looks at them.

use api::openapi::{Operation, Output};
use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use base::{Code, Error, Result};
use form::Form;

/// The origin of the page that asks, as far as an answer has to name it.
#[derive(Clone, Debug, Default)]
pub(crate) struct AllowedOrigin(Option<HeaderValue>);

/// An answer, or a refusal, that a page of the origin may read.
pub(crate) struct ReadableBy<T>(pub(crate) AllowedOrigin, pub(crate) Result<T>);

impl AllowedOrigin {
    /// The origin that asks, if the form allows it, or nobody's: what is no page of a browser sends none.
    ///
    /// # Errors
    /// 403 when it does not.
    pub(crate) fn of(headers: &HeaderMap, form: &Form) -> Result<Self> {
        let Some(origin) = headers.get(header::ORIGIN) else { return Ok(Self(None)) };
        if form.allowed_origins.iter().any(|allowed| allowed == "*") {
            return Ok(Self(Some(HeaderValue::from_static("*"))));
        }
        if form.allowed_origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes()) {
            return Ok(Self(Some(origin.clone())));
        }
        Err(Error::new(Code::OriginNotAllowed, "Pages of this origin may not send this form."))
    }
}

impl<T: IntoResponse> IntoResponse for ReadableBy<T> {
    fn into_response(self) -> Response {
        let Self(AllowedOrigin(origin), outcome) = self;
        let mut response = outcome.map_or_else(Error::into_response, T::into_response);
        if let Some(origin) = origin {
            response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        }
        response
    }
}

impl<T: Output> Output for ReadableBy<T> {
    fn describe(operation: &mut Operation) {
        T::describe(operation);
    }
}
