//! The forms of success: a thing with its version, a new thing, an upserted one, nothing, or nothing yet.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    extract::Json,
    openapi::{Operation, Output},
};

/// What the `ETag` header is, in the documents.
const ETAG: (&str, &str) = ("ETag", "The version, for If-Match.");

/// A thing, with its version as the `ETag`.
pub struct Versioned<T>(pub u64, pub T);

impl<T: Serialize> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        with_etag(self.0, Json(self.1).into_response())
    }
}

impl<T: JsonSchema> Output for Versioned<T> {
    fn describe(operation: &mut Operation) {
        operation.answer::<T>(200, "As asked.", &[ETAG]);
    }
}

/// A new thing, and where it is.
pub struct Created<T> {
    /// The path of the thing.
    pub location: String,
    /// Its version.
    pub version: u64,
    /// The thing.
    pub body: T,
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        let mut response = (StatusCode::CREATED, Json(self.body).into_response()).into_response();
        if let Ok(location) = HeaderValue::from_str(&self.location) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        with_etag(self.version, response)
    }
}

impl<T: JsonSchema> Output for Created<T> {
    fn describe(operation: &mut Operation) {
        operation.answer::<T>(201, "Created.", &[ETAG, ("Location", "The path of the new thing.")]);
    }
}

/// A thing that was created or, if it was there already, changed.
pub enum Upserted<T> {
    /// It is new.
    Created(Created<T>),
    /// It was there.
    Updated(Versioned<T>),
}

impl<T: Serialize> IntoResponse for Upserted<T> {
    fn into_response(self) -> Response {
        match self {
            Upserted::Created(created) => created.into_response(),
            Upserted::Updated(updated) => updated.into_response(),
        }
    }
}

impl<T: JsonSchema> Output for Upserted<T> {
    fn describe(operation: &mut Operation) {
        Created::<T>::describe(operation);
        operation.answer::<T>(200, "It was there and is changed.", &[ETAG]);
    }
}

/// Done, and nothing to tell.
pub struct NoContent;

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

impl Output for NoContent {
    fn describe(operation: &mut Operation) {
        operation.empty_answer(204, "Done.");
    }
}

/// Taken in, and nothing to tell of what comes of it.
pub struct Accepted;

impl IntoResponse for Accepted {
    fn into_response(self) -> Response {
        StatusCode::ACCEPTED.into_response()
    }
}

impl Output for Accepted {
    fn describe(operation: &mut Operation) {
        operation.empty_answer(202, "Taken in.");
    }
}

/// Taken in: the thing as it is now, while the work on it goes on.
pub struct Started<T>(pub T);

impl<T: Serialize> IntoResponse for Started<T> {
    fn into_response(self) -> Response {
        (StatusCode::ACCEPTED, Json(self.0)).into_response()
    }
}

impl<T: JsonSchema> Output for Started<T> {
    fn describe(operation: &mut Operation) {
        operation.answer::<T>(202, "Taken in; the work goes on.", &[]);
    }
}

fn with_etag(version: u64, mut response: Response) -> Response {
    if let Ok(etag) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}
