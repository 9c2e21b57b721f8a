//! `If-Match` (RFC 9110): a write that is made only if the thing is still of the version that the client knows.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, header, request::Parts},
};

use serde_json::{Value, json};

use crate::openapi::{Input, Operation};
use base::error::{Code, Error, Fault, Result, Violation};

/// More versions than this cannot be meant, and DynamoDB could not compare them.
pub(crate) const VERSIONS_MAX: usize = 50;

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

    /// What a change comes to for a thing of this version. That the body is wrong, or something is not there, comes before
    /// the version, and the state of the thing behind it.
    ///
    /// # Errors
    /// 412 with the current version, or as the outcome.
    pub fn settled<T>(&self, current: u64, outcome: Result<T>) -> Result<T> {
        match outcome {
            Err(error) if error.code.status() != 409 => Err(error),
            outcome => self.check(current).and(outcome),
        }
    }

    /// Refuses the write of a thing that is not there.
    ///
    /// # Errors
    /// 412 when a version is expected, whichever.
    pub fn check_absent(&self) -> Result<()> {
        if self.is_set() {
            return Err(Error::new(Code::Stale, "There is none yet, of whatever version."));
        }
        Ok(())
    }

    /// The versions, one of which the thing must have, if not any will do.
    pub fn versions(&self) -> Option<&[u64]> {
        match self {
            Self::Unset | Self::Any => None,
            Self::Versions(versions) => Some(versions),
        }
    }

    /// What a header of tags says. It may come in several lines, which are one list.
    pub(super) fn read(headers: &HeaderMap, name: &HeaderName) -> Result<Self> {
        let mut lines = headers.get_all(name).iter().map(|line| line.to_str().ok()).peekable();
        if lines.peek().is_none() {
            return Ok(Self::Unset);
        }
        let header = lines.collect::<Option<Vec<_>>>().map(|lines| lines.join(","));
        header.as_deref().and_then(Self::parse).ok_or_else(|| {
            let name = if name == header::IF_MATCH { "If-Match" } else { "If-None-Match" };
            let detail = format!(
                "Send {name} with the ETag of a read, in its quotes, such as \"3\"; or with a few of them."
            );
            Error::invalid(vec![Fault::new(name, Violation::Invalid, detail)])
        })
    }

    /// What a header of tags looks like, for the document.
    pub(crate) fn schema() -> Value {
        let pattern = format!(r#"^(\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*"){{0,{}}})$"#, VERSIONS_MAX - 1);
        json!({"type": "string", "minLength": 1, "pattern": pattern})
    }

    fn parse(header: &str) -> Option<Self> {
        if header.trim() == "*" {
            return Some(Self::Any);
        }
        let tags = tags(header)?;
        if !(1..=VERSIONS_MAX).contains(&tags.len()) {
            return None;
        }
        // An ETag that is not ours matches nothing, which is well formed; text that is no ETag at all is not.
        // Only the text that a read gave counts: no sign, no leading zero.
        let version = |tag: &&str| tag.parse().ok().filter(|version: &u64| version.to_string() == *tag);
        Some(Self::Versions(tags.iter().filter_map(version).collect()))
    }
}

/// What stands between the quotes of each tag of a list. A proxy that packs an answer weakens its tag (`W/"3"`); our tags
/// are of versions, not of bytes, so it says what it said before.
fn tags(header: &str) -> Option<Vec<&str>> {
    let (mut tags, mut rest) = (Vec::new(), header.trim());
    while !rest.is_empty() {
        // Nothing between two commas is no element of a list (RFC 9110, section 5.6.1).
        if let Some(next) = rest.strip_prefix(',') {
            rest = next.trim_start();
            continue;
        }
        let (tag, behind) = rest.strip_prefix("W/").unwrap_or(rest).strip_prefix('"')?.split_once('"')?;
        tags.push(tag);
        rest = behind.trim_start();
        if !rest.is_empty() && !rest.starts_with(',') {
            return None;
        }
    }
    Some(tags)
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Self::read(&parts.headers, &header::IF_MATCH)
    }
}

impl Input for IfMatch {
    fn describe(operation: &mut Operation) {
        operation.header(
            "If-Match",
            &format!("The ETag of the version that the change is meant for, or of at most {VERSIONS_MAX}; another version is 412."),
            Self::schema(),
        );
        operation.refuses(&[412]);
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
        for list in [r#""3", "4""#, r#""3","4""#, r#"W/"3" , W/"4""#, r#", "3",, "4","#, r#""a,b", "3", "4""#]
        {
            assert_eq!(read(list), Some(IfMatch::Versions(vec![3, 4])), "{list}");
        }
        for tag in [r#""abc""#, r#""+3""#, r#""03""#, r#""""#, r#""*""#, r#""3-gzip""#] {
            assert_eq!(read(tag), Some(IfMatch::Versions(vec![])), "{tag}");
        }
        assert!(read(&vec![r#""1""#; VERSIONS_MAX].join(",")).is_some());
        assert_eq!(read(&vec![r#""1""#; VERSIONS_MAX + 1].join(",")), None);
        for header in ["", ",", "3", r#"w/"3""#, r"W/3", r#""3"#, r#""3" "4""#, r#"*, "3""#, r#""3"4"#] {
            assert_eq!(read(header), None, "{header}");
        }
    }

    #[test]
    fn several_lines_are_one_list() {
        let lines = |lines: &[&'static str]| {
            let line = |line: &&'static str| (header::IF_MATCH, axum::http::HeaderValue::from_static(line));
            IfMatch::read(&lines.iter().map(line).collect(), &header::IF_MATCH).ok()
        };
        assert_eq!(lines(&[]), Some(IfMatch::Unset));
        assert_eq!(lines(&[r#""3""#, r#""4""#]), Some(IfMatch::Versions(vec![3, 4])));
        assert_eq!(lines(&["*", r#""4""#]), None);
    }
}
