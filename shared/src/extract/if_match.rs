//! `If-Match` (RFC 9110): a write that counts only if the thing is still as the client knows it.

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};

use crate::{
    error::{Error, Fault, Result},
    openapi::{Input, Operation},
};

/// More versions than this cannot be meant, and DynamoDB could not compare them.
const VERSIONS_MAX: usize = 50;

/// Which versions the client would accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// It does not care.
    Unset,
    /// Any, as long as there is one.
    Any,
    /// One of these.
    Versions(Vec<u64>),
}

impl IfMatch {
    /// Cares for this version only.
    pub fn version(version: u64) -> Self {
        Self::Versions(vec![version])
    }

    /// Cares for this version only, if there is one.
    pub fn of(version: Option<u64>) -> Self {
        version.map_or(Self::Unset, Self::version)
    }

    /// Whether the client cares.
    pub fn is_set(&self) -> bool {
        *self != Self::Unset
    }

    /// Refuses a version that the client does not expect.
    ///
    /// # Errors
    /// 412 with the current version.
    pub fn check(&self, current: u64) -> Result<()> {
        match self {
            Self::Versions(versions) if !versions.contains(&current) => Err(Error::stale(current)),
            _ => Ok(()),
        }
    }

    /// The versions, one of which the thing must have, if not any will do.
    pub fn versions(&self) -> Option<&[u64]> {
        match self {
            Self::Unset | Self::Any => None,
            Self::Versions(versions) => Some(versions),
        }
    }

    fn parse(header: &str) -> Option<Self> {
        if header.trim() == "*" {
            return Some(Self::Any);
        }
        // An ETag that is not ours matches nothing, which is well formed; text that is no ETag at all is not.
        let tags = header.split(',').map(|tag| tag.trim().strip_prefix('"')?.strip_suffix('"'));
        // Only the text that a read gave counts: no sign, no leading zero.
        let version = |tag: &str| tag.parse().ok().filter(|version: &u64| version.to_string() == tag);
        let versions = tags.map(|tag| tag.map(version)).collect::<Option<Vec<Option<u64>>>>()?;
        (versions.len() <= VERSIONS_MAX).then(|| Self::Versions(versions.into_iter().flatten().collect()))
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let Some(header) = parts.headers.get(header::IF_MATCH) else { return Ok(Self::Unset) };
        let parsed = header.to_str().ok().and_then(Self::parse);
        let detail =
            "Send If-Match with the ETag of a read, in its quotes, such as \"3\"; or with a few of them.";
        parsed.ok_or_else(|| Error::invalid(vec![Fault::new("If-Match", "invalid", detail)]))
    }
}

impl Input for IfMatch {
    fn describe(operation: &mut Operation) {
        operation.header(
            "If-Match",
            "The ETag of the version that the change is meant for; another version is 412.",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_as_http_has_them() {
        let read = |header: &str| IfMatch::parse(header);
        assert_eq!(read("*"), Some(IfMatch::Any));
        assert_eq!(read(r#""3""#), Some(IfMatch::Versions(vec![3])));
        assert_eq!(read(r#""3", "4""#), Some(IfMatch::Versions(vec![3, 4])));
        for tag in [r#""abc""#, r#""+3""#, r#""03""#] {
            assert_eq!(read(tag), Some(IfMatch::Versions(vec![])), "{tag}");
        }
        assert!(read(&vec![r#""1""#; VERSIONS_MAX].join(",")).is_some());
        assert_eq!(read(&vec![r#""1""#; VERSIONS_MAX + 1].join(",")), None);
        for header in ["", "3", r#"W/"3""#, r#""3"#] {
            assert_eq!(read(header), None, "{header}");
        }
    }
}
