//! Conditions on the version of an object, which only callers who may read objects can send. For others the
//! answer would reveal whether a write of a guessed value was a change.

use api::{
    Member,
    extract::IfMatch,
    openapi::{Input, Operation},
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
};
use base::{Error, Result};
use records::objects::TO_EXPECT;

/// Extracts the condition on the version, of a caller who may read objects.
pub(crate) struct Expected<C = IfMatch>(pub(crate) C);

impl<S: Sync, C: FromRequestParts<S, Rejection = Error>> FromRequestParts<S> for Expected<C> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        if asks_for_version(&parts.headers) {
            Member::from_request_parts(parts, state).await?.needs(&[TO_EXPECT])?;
        }
        C::from_request_parts(parts, state).await.map(Self)
    }
}

/// `If-None-Match: *` asks only whether there is one, which the outcome tells as well.
fn asks_for_version(headers: &HeaderMap) -> bool {
    let is_tag = |value: &HeaderValue| value.as_bytes().trim_ascii() != b"*";
    headers.contains_key(header::IF_MATCH) || headers.get_all(header::IF_NONE_MATCH).iter().any(is_tag)
}

impl<C: Input> Input for Expected<C> {
    fn describe(operation: &mut Operation) {
        C::describe(operation);
    }
}
