//! The one error type: what a client is told, and apart from it what only the log may know.

use std::fmt;

use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{permission::Permissions, role::Role};

/// What handlers, rules and stores answer with.
pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $status:literal $name:literal;)+) => {
        /// What went wrong, as far as a client would act differently. Names are stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code { $($(#[doc = $doc])+ $variant,)+ }

        impl Code {
            /// All codes, by status.
            pub const ALL: &[Code] = &[$(Code::$variant,)+];

            /// The HTTP status it comes with.
            pub const fn status(self) -> u16 {
                match self { $(Code::$variant => $status,)+ }
            }

            /// Its stable name.
            pub const fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)+ }
            }

            /// What it means and what to do, for people.
            pub const fn meaning(self) -> &'static str {
                match self { $(Code::$variant => concat!($($doc,)+),)+ }
            }
        }
    };
}

codes! {
    /// The request is not well formed; `errors` names each place.
    InvalidRequest = 400 "invalid_request";
    /// The cursor was changed, belongs to another query or is too old: ask for the first page again.
    InvalidCursor = 400 "invalid_cursor";
    /// No valid credential: send `Authorization: Bearer` with a token or a session that is active.
    InvalidToken = 401 "invalid_token";
    /// The token lacks a permission, named in `required_permissions`: make a token that has it.
    InsufficientScope = 403 "insufficient_scope";
    /// The role of the user in this team does not allow it: ask an owner of the team.
    InsufficientRole = 403 "insufficient_role";
    /// No access to this team, or there is no such team.
    NoAccess = 403 "no_access";
    /// A token may not do this; sign in and use a session.
    SessionRequired = 403 "session_required";
    /// Only a token may ask this, about itself.
    TokenRequired = 403 "token_required";
    /// There is no such thing here.
    NotFound = 404 "not_found";
    /// The path exists, the method does not; `Allow` lists those that do.
    MethodNotAllowed = 405 "method_not_allowed";
    /// The name is in use already: choose another one.
    NameTaken = 409 "name_taken";
    /// The slug is in use already: choose another one.
    SlugTaken = 409 "slug_taken";
    /// Another object has this value in a unique field; `errors` names the field.
    NotUnique = 409 "not_unique";
    /// A team needs an owner: make somebody else an owner first.
    LastOwner = 409 "last_owner";
    /// The person is a member of the team already.
    AlreadyMember = 409 "already_member";
    /// There are as many as there may be: remove one first.
    LimitReached = 409 "limit_reached";
    /// The thing is not in the state that this needs.
    WrongState = 409 "wrong_state";
    /// A request with this `Idempotency-Key` is still running: wait, then send it again.
    IdempotencyInProgress = 409 "idempotency_in_progress";
    /// The thing has changed since the version in `If-Match`; `current_version` has the new one.
    Stale = 412 "stale";
    /// The body is larger than 1 MiB.
    TooLarge = 413 "too_large";
    /// The body must be JSON, sent with `Content-Type: application/json`.
    UnsupportedMediaType = 415 "unsupported_media_type";
    /// The request is well formed, but the data breaks a rule; `errors` names each place.
    InvalidData = 422 "invalid_data";
    /// The permissions of a token are fixed: delete it and create a new one.
    PermissionsFixed = 422 "permissions_fixed";
    /// This `Idempotency-Key` came with another request before: use a new key.
    IdempotencyKeyReused = 422 "idempotency_key_reused";
    /// Too many requests: wait as long as `Retry-After` says.
    RateLimited = 429 "rate_limited";
    /// A fault on this side; it is logged under the `request_id`.
    Internal = 500 "internal";
    /// Out of service for a moment: wait as long as `Retry-After` says.
    Unavailable = 503 "unavailable";
}

/// One fault in a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Fault {
    /// Where: a JSON pointer (RFC 6901) into the body, or `?name` for a query parameter.
    pub pointer: String,
    /// What: a stable name.
    pub code: &'static str,
    /// What to do about it.
    pub detail: String,
}

impl Fault {
    /// A fault at a place.
    pub fn new(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code, detail: detail.into() }
    }
}

/// A refusal or a failure.
#[derive(Debug)]
pub struct Error {
    /// What a client acts on.
    pub code: Code,
    detail: String,
    faults: Vec<Fault>,
    facts: Option<Facts>,
    cause: Option<anyhow::Error>,
}

/// What some codes carry besides.
#[derive(Debug)]
enum Facts {
    Required(Permissions),
    CurrentVersion(u64),
}

impl Error {
    /// An error with what to tell the client.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), faults: Vec::new(), facts: None, cause: None }
    }

    /// 400: the request is not well formed at these places.
    pub fn invalid(faults: Vec<Fault>) -> Self {
        Self::new(Code::InvalidRequest, summary(&faults)).with_faults(faults)
    }

    /// 422: the data breaks rules at these places.
    pub fn unprocessable(faults: Vec<Fault>) -> Self {
        Self::new(Code::InvalidData, summary(&faults)).with_faults(faults)
    }

    /// 401 with no further word.
    pub fn unauthenticated() -> Self {
        Self::new(Code::InvalidToken, "No valid credential was sent.")
    }

    /// 403: the team is foreign, out of the token's reach or was never there; all three look alike.
    pub fn no_access() -> Self {
        Self::new(Code::NoAccess, "You have no access to this team.")
    }

    /// 403: the token lacks these permissions.
    pub fn insufficient_scope(missing: Permissions) -> Self {
        let detail = format!("The token needs the permission {}.", list(missing));
        Self { facts: Some(Facts::Required(missing)), ..Self::new(Code::InsufficientScope, detail) }
    }

    /// 403: the role does not allow it.
    pub fn insufficient_role(role: Role, missing: Permissions) -> Self {
        let detail = format!("The role {} does not allow {} in this team.", role.name(), list(missing));
        Self { facts: Some(Facts::Required(missing)), ..Self::new(Code::InsufficientRole, detail) }
    }

    /// 404: inside what the caller may reach there is none.
    pub fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("There is no such {what}."))
    }

    /// 412: the thing has moved on.
    pub fn stale(current: u64) -> Self {
        let detail = format!("The version is {current} now: read it, then try again.");
        Self { facts: Some(Facts::CurrentVersion(current)), ..Self::new(Code::Stale, detail) }
    }

    /// 503 with a moment to wait.
    pub fn unavailable(cause: impl Into<anyhow::Error>) -> Self {
        let error = Self::new(Code::Unavailable, "The service is busy. Try again in a moment.");
        Self { cause: Some(cause.into()), ..error }
    }

    /// The same error with the places it concerns.
    #[must_use]
    pub fn with_faults(self, faults: Vec<Fault>) -> Self {
        Self { faults, ..self }
    }

    /// What the client is told.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The places it concerns.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The permissions a refusal names.
    pub fn required_permissions(&self) -> Option<Permissions> {
        match self.facts {
            Some(Facts::Required(permissions)) => Some(permissions),
            Some(Facts::CurrentVersion(_)) | None => None,
        }
    }

    /// The body, complete but for the request's id, which only the edge knows.
    pub fn problem(&self, request_id: &str) -> Problem {
        let (required_permissions, current_version) = match self.facts {
            Some(Facts::Required(permissions)) => (Some(permissions), None),
            Some(Facts::CurrentVersion(version)) => (None, Some(version)),
            None => (None, None),
        };
        Problem {
            r#type: "about:blank",
            title: status(self.code).canonical_reason().unwrap_or_default(),
            status: self.code.status(),
            code: self.code.name(),
            detail: self.detail.clone(),
            request_id: request_id.to_owned(),
            errors: self.faults.clone(),
            required_permissions,
            current_version,
        }
    }

    /// The answer to a request; a failure is logged here, once, with its causes.
    pub fn respond(&self, request_id: &str) -> Response {
        if let Some(cause) = &self.cause {
            tracing::error!(
                request_id,
                code = self.code.name(),
                cause = format!("{cause:#}"),
                "request failed"
            );
        }
        let mut response = (status(self.code), Json(self.problem(request_id))).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some((name, value)) = self.header() {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }

    /// The header that the status asks for (RFC 6750, RFC 9110).
    fn header(&self) -> Option<(HeaderName, &'static str)> {
        match self.code {
            Code::InvalidToken => {
                Some((header::WWW_AUTHENTICATE, r#"Bearer realm="api", error="invalid_token""#))
            }
            Code::IdempotencyInProgress | Code::RateLimited | Code::Unavailable => {
                Some((header::RETRY_AFTER, "1"))
            }
            _ => None,
        }
    }
}

/// `application/problem+json` (RFC 9457).
#[derive(Debug, Serialize, JsonSchema)]
pub struct Problem {
    /// Always `about:blank`: `code` tells the problems apart.
    pub r#type: &'static str,
    /// The status in words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The stable name of what went wrong; see docs/errors.md.
    pub code: &'static str,
    /// What happened and what to do.
    pub detail: String,
    /// The id to quote when you ask for help.
    pub request_id: String,
    /// Every fault found in the request.
    pub errors: Vec<Fault>,
    /// With 403: the permissions that were missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required_permissions: Option<Permissions>,
    /// With 412: the version there is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_version: Option<u64>,
}

impl IntoResponse for Error {
    /// Hands the error to the edge, which knows the request's id and makes the body.
    fn into_response(self) -> Response {
        let mut response = status(self.code).into_response();
        response.extensions_mut().insert(std::sync::Arc::new(self));
        response
    }
}

impl From<anyhow::Error> for Error {
    fn from(cause: anyhow::Error) -> Self {
        let error =
            Self::new(Code::Internal, "Something failed on our side. It is logged under the request_id.");
        Self { cause: Some(cause), ..error }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.name(), self.detail)
    }
}

impl std::error::Error for Error {}

fn status(code: Code) -> StatusCode {
    StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn summary(faults: &[Fault]) -> String {
    match faults {
        [one] => format!("{}: {}", place(one), one.detail),
        [first, rest @ ..] => format!("{}: {} And {} more.", place(first), first.detail, rest.len()),
        [] => "The request is not valid.".to_owned(),
    }
}

fn place(fault: &Fault) -> &str {
    if fault.pointer.is_empty() { "The body" } else { &fault.pointer }
}

fn list(permissions: Permissions) -> String {
    permissions.names().replace(' ', " and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_ordered_by_status() {
        let names: std::collections::HashSet<_> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        assert!(Code::ALL.iter().map(|code| code.status()).is_sorted());
    }

    #[test]
    fn a_failure_tells_nothing_of_its_cause() {
        let error = Error::from(anyhow::anyhow!("table objects-prod is gone"));
        assert!(!serde_json::to_string(&error.problem("r")).unwrap().contains("objects-prod"));
    }
}
