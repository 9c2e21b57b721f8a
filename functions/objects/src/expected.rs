//! `If-Match` on objects: only who may read an object may ask for its version, or the answer would tell whether a guess at a
//! value has changed it.

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use shared::{
    Error, Member, Permission, Result,
    extract::IfMatch,
    openapi::{Input, Operation},
};

/// What asking for a version needs besides what a write needs.
pub(crate) const TO_EXPECT: Permission = Permission::ObjectRead;

/// The versions that the client expects, if it may read objects.
pub(crate) struct Expected(pub(crate) IfMatch);

impl<S: Sync> FromRequestParts<S> for Expected {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        if parts.headers.contains_key(header::IF_MATCH) {
            Member::from_request_parts(parts, state).await?.needs(&[TO_EXPECT])?;
        }
        IfMatch::from_request_parts(parts, state).await.map(Self)
    }
}

impl Input for Expected {
    fn describe(operation: &mut Operation) {
        IfMatch::describe(operation);
    }
}
