//! The one error type: what the client is told, and apart from it the cause, which only the log may have.

mod code;
mod headers;
mod parts;
mod render;
mod summary;
mod violation;

use std::fmt;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    permission::Permissions,
    rate_limit::{Budget, RateLimit},
    role::Role,
    secret::redact_secrets,
};

pub use code::Code;
pub use render::render;
use summary::{shortened, summary};
pub use violation::Violation;

/// What handlers, rules and stores answer with.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An answer names this many faults at the most, so that it stays small whatever was sent.
const FAULTS_MAX: usize = 100;

/// One fault in a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Fault {
    /// Where: a JSON pointer (RFC 6901) into the body, or `?name` for a query parameter.
    pub pointer: String,
    /// What: a stable name.
    pub code: Violation,
    /// What to do about it.
    pub detail: String,
}

impl Fault {
    /// A fault at a place.
    pub fn new(pointer: impl Into<String>, code: Violation, detail: impl Into<String>) -> Self {
        let told = |text: String| shortened(redact_secrets(&text));
        Self { pointer: told(pointer.into()), code, detail: told(detail.into()) }
    }
}

/// A refusal or a failure.
#[derive(Debug)]
pub struct Error {
    /// What a client acts on.
    pub code: Code,
    detail: String,
    faults: Vec<Fault>,
    extra: Option<Extra>,
    cause: Option<anyhow::Error>,
}

/// The data that some codes carry besides.
#[derive(Debug)]
enum Extra {
    Required(Permissions),
    CurrentVersion(u64),
    Budget(Budget),
}

impl Error {
    /// An error with what to tell the client.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), faults: Vec::new(), extra: None, cause: None }
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
        Self::new(
            Code::InvalidToken,
            "No valid credential was sent. Of a token, its owner finds the reason in its history, under SETTINGS > API ACCESS.",
        )
    }

    /// 403: the team is foreign, out of the token's reach or was never there; all three look alike.
    pub fn no_access() -> Self {
        Self::new(Code::NoAccess, "You have no access to this team.")
    }

    /// 403: the token lacks these permissions.
    pub fn insufficient_scope(missing: Permissions) -> Self {
        let detail = format!("The token needs the permission {}.", list(missing));
        Self { extra: Some(Extra::Required(missing)), ..Self::new(Code::InsufficientScope, detail) }
    }

    /// 403: the role does not allow it.
    pub fn insufficient_role(role: Role, missing: Permissions) -> Self {
        let detail = format!("The role {} does not allow {} in this team.", role.name(), list(missing));
        Self { extra: Some(Extra::Required(missing)), ..Self::new(Code::InsufficientRole, detail) }
    }

    /// 404: inside what the caller may reach there is none.
    pub fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("There is no such {what}."))
    }

    /// 412: the thing has moved on.
    pub fn stale(current: u64) -> Self {
        let detail = format!("The version is {current} now: read it, then try again.");
        Self { extra: Some(Extra::CurrentVersion(current)), ..Self::new(Code::Stale, detail) }
    }

    /// 413.
    pub fn too_large() -> Self {
        Self::new(Code::TooLarge, "The body is larger than 1 MiB.")
    }

    /// 503 with a moment to wait.
    pub fn unavailable(cause: impl Into<anyhow::Error>) -> Self {
        let error = Self::new(Code::Unavailable, "The service is busy. Try again in a moment.");
        Self { cause: Some(cause.into()), ..error }
    }

    /// 429: the budget is spent.
    pub fn rate_limited(budget: Budget) -> Self {
        Self::too_many("requests", budget)
    }

    /// 429: the budget of something else than requests is spent.
    pub fn too_many(things: &str, budget: Budget) -> Self {
        let Budget { of, rate: RateLimit { limit, window_seconds }, .. } = &budget;
        let detail = format!(
            "This {of} may make {limit} {things} in {window_seconds} seconds: wait as long as Retry-After says."
        );
        Self { extra: Some(Extra::Budget(budget)), ..Self::new(Code::RateLimited, detail) }
    }

    /// The same error with the places it concerns, of very many the first ones.
    #[must_use]
    pub fn with_faults(self, mut faults: Vec<Fault>) -> Self {
        faults.truncate(FAULTS_MAX);
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
        match self.extra {
            Some(Extra::Required(permissions)) => Some(permissions),
            Some(Extra::CurrentVersion(_) | Extra::Budget(_)) | None => None,
        }
    }

    /// The body, complete but for the request's id, which only the edge knows.
    pub fn problem(&self, request_id: &str) -> Problem {
        let (required_permissions, current_version) = match self.extra {
            Some(Extra::Required(permissions)) => (Some(permissions), None),
            Some(Extra::CurrentVersion(version)) => (None, Some(version)),
            Some(Extra::Budget(_)) | None => (None, None),
        };
        Problem {
            r#type: "about:blank",
            title: status(self.code).canonical_reason().unwrap_or_default(),
            status: Some(self.code.status()),
            code: self.code.name(),
            detail: self.detail.clone(),
            request_id: request_id.to_owned(),
            errors: self.faults.clone(),
            required_permissions,
            current_version,
        }
    }

    /// The body for the client; a failure is logged here, once, with its causes.
    pub fn log_and_render(&self, request_id: &str) -> Problem {
        if let Some(cause) = &self.cause {
            tracing::error!(
                request_id,
                code = self.code.name(),
                cause = format!("{cause:#}"),
                "request failed"
            );
        }
        self.problem(request_id)
    }

    /// The answer.
    pub fn respond(&self, request_id: &str) -> Response {
        let mut response = (status(self.code), Json(self.log_and_render(request_id))).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some((name, value)) = self.header() {
            headers.insert(name, value);
        }
        if let Some(Extra::Budget(budget)) = &self.extra {
            budget.write_exceeded(headers);
        }
        response
    }
}

/// `application/problem+json` (RFC 9457).
#[derive(Debug, Serialize, JsonSchema)]
pub struct Problem {
    /// Always `about:blank`: `code` tells the problems apart.
    pub r#type: &'static str,
    /// The status in words.
    pub title: &'static str,
    /// The HTTP status; left out where API Gateway refuses by itself, and cannot tell which of several it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The stable name of what went wrong; see docs/reference/errors.md.
    pub code: &'static str,
    /// What happened and what to do.
    pub detail: String,
    /// The id to quote when you ask for help.
    pub request_id: String,
    /// Every fault found in the request.
    #[schemars(length(max = FAULTS_MAX))]
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
    /// 500, unless it is an error of ours that something was told about on its way.
    fn from(cause: anyhow::Error) -> Self {
        let cause = match cause.downcast::<Self>() {
            Ok(error) => return error,
            Err(cause) => cause,
        };
        let detail = "Something failed on our side. It is logged under the request_id.";
        Self { cause: Some(cause), ..Self::new(Code::Internal, detail) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.name(), self.detail)
    }
}

/// The cause is for logs alone: what a client is told is [`Problem`].
impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

fn status(code: Code) -> StatusCode {
    StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn list(permissions: Permissions) -> String {
    permissions.names().replace(' ', " and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_tells_the_cause() {
        let error = Error::unavailable(anyhow::anyhow!("no such host").context("calling DynamoDB"));
        let line = format!("{:#}", anyhow::Error::from(error));
        assert!(line.ends_with(": calling DynamoDB: no such host"), "{line}");
    }

    #[test]
    fn a_failure_tells_nothing_of_its_cause() {
        let error = Error::from(anyhow::anyhow!("table objects-prod is gone"));
        assert!(!serde_json::to_string(&error.problem("r")).unwrap().contains("objects-prod"));
    }
}
