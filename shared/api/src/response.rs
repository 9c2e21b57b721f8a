//! Successful responses: a thing with its version, a new thing, an upserted one, nothing, or nothing yet.

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

/// A thing, with its version as the `ETag`; with an optional one where not everybody may know it.
pub struct Versioned<T, V = u64>(pub V, pub T);

impl<T: Serialize, V: Into<Option<u64>>> IntoResponse for Versioned<T, V> {
    fn into_response(self) -> Response {
        with_etag(self.0.into(), Json(self.1).into_response())
    }
}

impl<T: JsonSchema, V> Output for Versioned<T, V> {
    fn describe(operation: &mut Operation) {
        operation.answer::<T>(200, "As asked.", &[ETAG]);
    }
}

/// A new thing, and where it is.
pub struct Created<T, V = u64> {
    /// The path of the thing.
    pub location: String,
    /// Its version; an optional one where not everybody may know it.
    pub version: V,
    /// The thing.
    pub body: T,
}

impl<T: Serialize, V: Into<Option<u64>>> IntoResponse for Created<T, V> {
    fn into_response(self) -> Response {
        let mut response = (StatusCode::CREATED, Json(self.body).into_response()).into_response();
        if let Ok(location) = HeaderValue::from_str(&self.location) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        with_etag(self.version.into(), response)
    }
}

impl<T: JsonSchema, V> Output for Created<T, V> {
    fn describe(operation: &mut Operation) {
        operation.answer::<T>(201, "Created.", &[ETAG, ("Location", "The path of the new thing.")]);
    }
}

/// A thing that was created or, if it was there already, changed.
pub enum Upserted<T, V = u64> {
    /// It is new.
    Created(Created<T, V>),
    /// It was there.
    Updated(Versioned<T, V>),
}

impl<T: Serialize, V: Into<Option<u64>>> IntoResponse for Upserted<T, V> {
    fn into_response(self) -> Response {
        match self {
            Upserted::Created(created) => created.into_response(),
            Upserted::Updated(updated) => updated.into_response(),
        }
    }
}

impl<T: JsonSchema, V> Output for Upserted<T, V> {
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

/// Accepted, with nothing to tell of what comes of it.
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

/// Accepted, with the thing as it is now, while the work on it goes on.
pub struct AcceptedWith<T>(pub T);

impl<T: Serialize> IntoResponse for AcceptedWith<T> {
    fn into_response(self) -> Response {
        (StatusCode::ACCEPTED, Json(self.0)).into_response()
    }
}

impl<T: JsonSchema> Output for AcceptedWith<T> {
    fn describe(operation: &mut Operation) {
        operation.answer::<T>(202, "Taken in; the work goes on.", &[]);
    }
}

fn with_etag(version: Option<u64>, mut response: Response) -> Response {
    let etag = version.map(|version| HeaderValue::from_str(&format!("\"{version}\"")));
    if let Some(Ok(etag)) = etag {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}
