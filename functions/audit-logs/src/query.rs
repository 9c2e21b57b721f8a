//! The filters of the audit log, as they are sent.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::{
    Error, Fault, Result, Timestamp, Violation,
    audit::{Event, Kind, Narrowing},
    id::{ObjectTypeId, UserId},
};

/// The most characters of what is looked for.
const WORDS_LENGTH_MAX: usize = 100;
/// The most characters of an id.
const ID_LENGTH_MAX: usize = 64;

/// The query of the list.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    /// Only what this person did, or a token of theirs.
    user: Option<UserId>,
    /// Only what happened so.
    event: Option<Event>,
    /// Only what happened to such things.
    kind: Option<Kind>,
    /// Only what happened to objects of this type, and to the type itself; by id or slug, of a type that is gone by id.
    pub(crate) object_type: Option<String>,
    /// Only what happened to this thing, by its id.
    #[schemars(length(min = 1, max = ID_LENGTH_MAX), regex(pattern = "^[0-9A-Za-z_]+$"))]
    subject: Option<String>,
    /// Not before this moment.
    from: Option<Timestamp>,
    /// Before this moment.
    to: Option<Timestamp>,
    /// A part, without case, of what the thing, the person, the token or the type is called.
    #[schemars(length(min = 1, max = WORDS_LENGTH_MAX))]
    q: Option<String>,
}

/// The query of the export.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportQuery {
    /// Only what this person did, or a token of theirs.
    user: Option<UserId>,
    /// Only what happened so.
    event: Option<Event>,
    /// Only what happened to such things.
    kind: Option<Kind>,
    /// Only what happened to objects of this type, and to the type itself; by id or slug, of a type that is gone by id.
    object_type: Option<String>,
    /// Only what happened to this thing, by its id.
    #[schemars(length(min = 1, max = ID_LENGTH_MAX), regex(pattern = "^[0-9A-Za-z_]+$"))]
    subject: Option<String>,
    /// Not before this moment.
    from: Option<Timestamp>,
    /// Before this moment.
    to: Option<Timestamp>,
    /// A part, without case, of what the thing, the person, the token or the type is called.
    #[schemars(length(min = 1, max = WORDS_LENGTH_MAX))]
    q: Option<String>,
    /// `Next-Cursor` of the part before.
    cursor: Option<String>,
}

impl ExportQuery {
    /// What it is narrowed by, and where it begins.
    pub(crate) fn parts(self) -> (ListQuery, Option<String>) {
        let Self { user, event, kind, object_type, subject, from, to, q, cursor } = self;
        (ListQuery { user, event, kind, object_type, subject, from, to, q }, cursor)
    }
}

impl ListQuery {
    /// What is meant, with the type that was found; all faults at once if it means nothing.
    pub(crate) fn narrowing(&self, object_type: Result<Option<ObjectTypeId>, Fault>) -> Result<Narrowing> {
        let Self { user, event, kind, object_type: _, subject, from, to, q } = self.clone();
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
        let is_word = |q: &String| (1..=WORDS_LENGTH_MAX).contains(&q.chars().count());
        let detail = format!("Send 1 to {WORDS_LENGTH_MAX} characters.");
        check(q.as_ref().is_none_or(is_word), "?q", Violation::OutOfRange, &detail);
        let is_time = from.zip(to).is_none_or(|(from, to)| from < to);
        check(is_time, "?to", Violation::OutOfRange, "The end must come after the start.");
        let object_type = object_type.map_err(|fault| faults.push(fault)).unwrap_or_default();
        if !faults.is_empty() {
            return Err(Error::unprocessable(faults));
        }
        Ok(Narrowing { user, event, kind, object_type, subject, from, to, words: q })
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
        let error = asked.narrowing(Err(Fault::new("?object_type", Violation::NotFound, ""))).err().unwrap();
        let pointers: Vec<_> = error.faults().iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["?subject", "?q", "?to", "?object_type"]);
    }

    #[test]
    fn what_is_sound_is_meant_as_it_was_sent() {
        let asked =
            query(&[("event", "destroyed"), ("kind", "object-type"), ("q", "Ada"), ("subject", "obj_1")]);
        let narrowing = asked.narrowing(Ok(None)).unwrap();
        assert_eq!((narrowing.event, narrowing.kind), (Some(Event::Destroyed), Some(Kind::ObjectType)));
        assert_eq!((narrowing.words.as_deref(), narrowing.subject.as_deref()), (Some("Ada"), Some("obj_1")));
        assert!(query(&[]).narrowing(Ok(None)).is_ok());
    }
}
