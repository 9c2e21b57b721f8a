//! On what a request depends: the object that is there, or that none is.

use s3s::{
    S3Result,
    dto::{ETag, ETagCondition, Timestamp},
    s3_error,
};
use time::OffsetDateTime;

use super::index::Object;

/// What a write asks of the object that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// Nothing.
    None,
    /// That there is none.
    Absent,
    /// That it is this one.
    Is(String),
}

impl Condition {
    /// From the headers of a write. S3 knows no other forms of them.
    pub(super) fn of(
        if_match: Option<ETagCondition>,
        if_none_match: Option<ETagCondition>,
    ) -> S3Result<Self> {
        match (if_match, if_none_match) {
            (None, None) => Ok(Self::None),
            (None, Some(ETagCondition::Any)) => Ok(Self::Absent),
            (Some(ETagCondition::ETag(etag)), None) => Ok(Self::Is(etag.into_value())),
            _ => Err(s3_error!(NotImplemented, "If-None-Match takes * alone, If-Match one ETag")),
        }
    }

    /// Decides, inside the transaction that writes.
    pub(super) fn check(&self, there: Option<&Object>) -> S3Result<()> {
        match (self, there) {
            (Self::None, _) | (Self::Absent, None) => Ok(()),
            (Self::Is(_), None) => Err(s3_error!(NoSuchKey)),
            (Self::Is(etag), Some(object)) if *etag == object.etag => Ok(()),
            (Self::Absent | Self::Is(_), Some(_)) => Err(s3_error!(PreconditionFailed)),
        }
    }
}

/// What a read asks (RFC 9110, section 13.2.2).
#[derive(Default)]
pub(super) struct ReadConditions {
    pub(super) if_match: Option<ETagCondition>,
    pub(super) if_none_match: Option<ETagCondition>,
    pub(super) if_modified_since: Option<Timestamp>,
    pub(super) if_unmodified_since: Option<Timestamp>,
}

impl ReadConditions {
    pub(super) fn check(self, object: &Object) -> S3Result<()> {
        let holds = match (self.if_match, self.if_unmodified_since) {
            (Some(condition), _) => names(&condition, object),
            (None, Some(time)) => !modified_after(object, time),
            (None, None) => true,
        };
        if !holds {
            return Err(s3_error!(PreconditionFailed));
        }
        let is_known = match (self.if_none_match, self.if_modified_since) {
            (Some(condition), _) => names(&condition, object),
            (None, Some(time)) => !modified_after(object, time),
            (None, None) => false,
        };
        if is_known { Err(s3_error!(NotModified)) } else { Ok(()) }
    }
}

fn names(condition: &ETagCondition, object: &Object) -> bool {
    condition.as_etag().is_none_or(|etag| ETag::value(etag) == object.etag)
}

/// Times in headers have whole seconds.
fn modified_after(object: &Object, time: Timestamp) -> bool {
    object.last_modified / 1_000 > OffsetDateTime::from(time).unix_timestamp()
}
