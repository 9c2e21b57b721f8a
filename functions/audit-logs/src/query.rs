//! The query parameters of the log: its filters.

use audit::{AuditEvent, AuditFilter, Kind};
use base::{
    Error, Fault, Result, Timestamp, Violation,
    id::{ObjectTypeId, TokenId, UserId},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// The most characters of a text to search for.
const TEXT_LENGTH_MAX: usize = 100;
/// The most characters of an id.
const ID_LENGTH_MAX: usize = 64;

/// The query parameters of the list.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    /// Only entries with this user as the actor, directly or through a token.
    user: Option<UserId>,
    /// Only entries of requests with this token.
    token: Option<TokenId>,
    /// Only entries with this event.
    event: Option<AuditEvent>,
    /// Only entries about this kind of resource.
    kind: Option<Kind>,
    /// Only entries about objects of this type, and about the type itself. By id or slug; by id if the type was
    /// destroyed.
    pub(crate) object_type: Option<String>,
    /// Only entries about the resource with this id.
    #[schemars(length(min = 1, max = ID_LENGTH_MAX), regex(pattern = "^[0-9A-Za-z_]+$"))]
    subject: Option<String>,
    /// Only entries at or after this time.
    from: Option<Timestamp>,
    /// Only entries before this time.
    to: Option<Timestamp>,
    /// Only entries with this text in the name of the resource, the person, the token or the type. Case does
    /// not matter.
    #[schemars(length(min = 1, max = TEXT_LENGTH_MAX))]
    q: Option<String>,
}

/// The query parameters of the export.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportQuery {
    /// Only entries with this user as the actor, directly or through a token.
    user: Option<UserId>,
    /// Only entries of requests with this token.
    token: Option<TokenId>,
    /// Only entries with this event.
    event: Option<AuditEvent>,
    /// Only entries about this kind of resource.
    kind: Option<Kind>,
    /// Only entries about objects of this type, and about the type itself. By id or slug; by id if the type was
    /// destroyed.
    object_type: Option<String>,
    /// Only entries about the resource with this id.
    #[schemars(length(min = 1, max = ID_LENGTH_MAX), regex(pattern = "^[0-9A-Za-z_]+$"))]
    subject: Option<String>,
    /// Only entries at or after this time.
    from: Option<Timestamp>,
    /// Only entries before this time.
    to: Option<Timestamp>,
    /// Only entries with this text in the name of the resource, the person, the token or the type. Case does
    /// not matter.
    #[schemars(length(min = 1, max = TEXT_LENGTH_MAX))]
    q: Option<String>,
    /// The `Next-Cursor` header of the previous part.
    cursor: Option<String>,
}

impl ExportQuery {
    /// The filters, and the cursor.
    pub(crate) fn parts(self) -> (ListQuery, Option<String>) {
        let Self { user, token, event, kind, object_type, subject, from, to, q, cursor } = self;
        (ListQuery { user, token, event, kind, object_type, subject, from, to, q }, cursor)
    }
}

impl ListQuery {
    /// The filter, with the type that was looked up; all faults at once if the query is invalid.
    pub(crate) fn filter(&self, object_type: Result<Option<ObjectTypeId>, Fault>) -> Result<AuditFilter> {
        let Self { user, token, event, kind, object_type: _, subject, from, to, q } = self.clone();
        let mut faults = Vec::new();
        let mut check = |is_sound: bool, pointer: &str, code, detail: &str| {
            if !is_sound {
                faults.push(Fault::new(pointer, code, detail));
            }
        };
        let is_id = |id: &String| {
            (1..=ID_LENGTH_MAX).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        check(subject.as_ref().is_none_or(is_id), "?subject", Violation::Invalid, "Send the id of a thing.");
        let is_word = |q: &String| (1..=TEXT_LENGTH_MAX).contains(&q.chars().count());
        let detail = format!("Send 1 to {TEXT_LENGTH_MAX} characters.");
        check(q.as_ref().is_none_or(is_word), "?q", Violation::OutOfRange, &detail);
        let is_time = from.zip(to).is_none_or(|(from, to)| from < to);
        check(is_time, "?to", Violation::OutOfRange, "The end must come after the start.");
        let object_type = object_type.map_err(|fault| faults.push(fault)).unwrap_or_default();
        if !faults.is_empty() {
            return Err(Error::unprocessable(faults));
        }
        Ok(AuditFilter { user, token, event, kind, object_type, subject, from, to, text: q })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(members: &[(&str, &str)]) -> ListQuery {
        let json: serde_json::Map<_, _> =
            members.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
        serde_json::from_value(json.into()).unwrap()
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let asked = query(&[
            ("subject", "obj 1"),
            ("q", ""),
            ("from", "2026-11-24T10:00:00Z"),
            ("to", "2026-11-24T10:00:00Z"),
        ]);
        let error = asked.filter(Err(Fault::new("?object_type", Violation::NotFound, ""))).err().unwrap();
        let pointers: Vec<_> = error.faults().iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["?subject", "?q", "?to", "?object_type"]);
    }

    #[test]
    fn what_is_sound_is_meant_as_it_was_sent() {
        let asked =
            query(&[("event", "destroyed"), ("kind", "object-type"), ("q", "Ada"), ("subject", "obj_1")]);
        let filter = asked.filter(Ok(None)).unwrap();
        assert_eq!((filter.event, filter.kind), (Some(AuditEvent::Destroyed), Some(Kind::ObjectType)));
        assert_eq!((filter.text.as_deref(), filter.subject.as_deref()), (Some("Ada"), Some("obj_1")));
        assert!(query(&[]).filter(Ok(None)).is_ok());
    }
}
