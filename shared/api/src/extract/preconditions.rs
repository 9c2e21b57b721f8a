//! The preconditions of a request (RFC 9110, section 13) on the version of the thing that it is about.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Response},
};

use super::IfMatch;
use crate::openapi::{Input, Operation};
use base::error::{Code, Error, Result};

/// `If-Match` and `If-None-Match`. Of both the first counts first.
#[derive(Clone, Debug)]
pub struct Preconditions {
    if_match: IfMatch,
    /// Read like the other, and meant the other way round.
    if_none_match: IfMatch,
}

impl Preconditions {
    /// What the headers say.
    ///
    /// # Errors
    /// 400 when a header is no list of tags.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self> {
        Ok(Self {
            if_match: IfMatch::read(headers, &header::IF_MATCH)?,
            if_none_match: IfMatch::read(headers, &header::IF_NONE_MATCH)?,
        })
    }

    /// Whether the client cares.
    pub fn is_set(&self) -> bool {
        self.if_match.is_set() || self.if_none_match.is_set()
    }

    /// Refuses the write of a thing that is there in this version.
    ///
    /// # Errors
    /// 412, with the current version if versions were compared.
    pub fn check(&self, current: u64) -> Result<()> {
        self.if_match.check(current)?;
        match &self.if_none_match {
            IfMatch::Versions(versions) if versions.contains(&current) => Err(Error::stale(current)),
            IfMatch::Any => Err(Error::new(Code::Stale, "There is one already.")),
            _ => Ok(()),
        }
    }

    /// Refuses the write of a thing that is not there.
    ///
    /// # Errors
    /// 412 when a version is expected, whichever.
    pub fn check_absent(&self) -> Result<()> {
        self.if_match.check_absent()
    }

    /// The answer to a read, or in its place that it is not the version that was expected, or that the client has it.
    ///
    /// # Errors
    /// 412 with the current version.
    pub(crate) fn answer(&self, response: Response) -> Result<Response> {
        let etag = response.headers().get(header::ETAG).filter(|_| response.status().is_success());
        let current = etag.and_then(|etag| etag.to_str().ok()?.trim_matches('"').parse().ok());
        let Some(current) = current else { return Ok(response) };
        self.if_match.check(current)?;
        let is_known = match &self.if_none_match {
            IfMatch::Unset => false,
            IfMatch::Any => true,
            IfMatch::Versions(versions) => versions.contains(&current),
        };
        Ok(if is_known { not_modified(response) } else { response })
    }
}

/// The same without its body and what tells of it.
fn not_modified(response: Response) -> Response {
    let mut headers = response.into_parts().0.headers;
    headers.remove(header::CONTENT_TYPE);
    headers.remove(header::CONTENT_LENGTH);
    (StatusCode::NOT_MODIFIED, headers).into_response()
}

impl From<IfMatch> for Preconditions {
    fn from(if_match: IfMatch) -> Self {
        Self { if_match, if_none_match: IfMatch::Unset }
    }
}

impl<S: Sync> FromRequestParts<S> for Preconditions {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Self::of(&parts.headers)
    }
}

impl Input for Preconditions {
    fn describe(operation: &mut Operation) {
        IfMatch::describe(operation);
        let about = "`*`: only if there is none yet; else it is 412.";
        operation.header("If-None-Match", about, IfMatch::schema());
    }
}
