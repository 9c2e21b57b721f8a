//! The headers that errors come with.

use axum::http::{HeaderName, HeaderValue, header};

use super::{Code, Error, Violation};

impl Error {
    /// The header that the status asks for (RFC 6750, RFC 9110).
    pub(super) fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        if let Some(challenge) = self.challenge() {
            return Some((header::WWW_AUTHENTICATE, challenge.parse().ok()?));
        }
        match self.code {
            Code::IdempotencyInProgress | Code::RateLimited | Code::Unavailable => {
                Some((header::RETRY_AFTER, HeaderValue::from_static("1")))
            }
            // Only where the coding was the fault (RFC 9110, section 12.5.3).
            Code::UnsupportedMediaType
                if self.faults.iter().any(|fault| fault.code == Violation::UnsupportedCoding) =>
            {
                Some((header::ACCEPT_ENCODING, HeaderValue::from_static("identity")))
            }
            _ => None,
        }
    }

    /// What `WWW-Authenticate` says, where another credential would help (RFC 6750, section 3).
    pub fn challenge(&self) -> Option<String> {
        match (self.code, self.required_permissions()) {
            (Code::InvalidToken, _) => Some(r#"Bearer realm="api", error="invalid_token""#.to_owned()),
            (Code::InsufficientScope, Some(missing)) => {
                Some(format!(r#"Bearer error="insufficient_scope", scope="{}""#, missing.names()))
            }
            _ => None,
        }
    }
}
