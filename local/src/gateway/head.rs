//! The answer to `HEAD`: that to `GET`, without its body.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::header,
    response::Response,
};
use hyper::body::Frame;

/// The answer with the length that its body has, and without the body. What has no body whatever the method, such as 304, has
/// no length either (RFC 9110, section 8.6).
pub(super) fn without_body(mut response: Response) -> Response {
    match response.body().size_hint().exact().filter(|length| *length > 0) {
        Some(length) => {
            response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
            response.map(|_| Body::empty())
        }
        None => response.map(|_| Body::new(OfNoLength)),
    }
}

/// No body. It does not say how long it is, as the server would then say that it is nothing long.
struct OfNoLength;

impl HttpBody for OfNoLength {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }
}
