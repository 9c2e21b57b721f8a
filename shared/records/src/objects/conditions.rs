//! Under which conditions an object is written, and what a refusal says.

use api::extract::IfMatch;
use base::Error;
use table::{Condition, ConditionFailed, Item, text};

use super::{StoredObject, Writer, codec::decode_object};

/// The object is there and not in the trash.
pub(crate) fn is_live() -> Condition {
    Condition::All(vec![
        Condition::ItemExists,
        Condition::AttributeMissing("trashed_at".into()),
        Condition::AttributeMissing("destroyed".into()),
    ])
}

/// The object is there, not in the trash, and of a version that the client expects.
pub(crate) fn is_expected(if_match: &IfMatch) -> Condition {
    let is = |version: &u64| Condition::is_number("version", *version);
    match if_match.versions() {
        None => is_live(),
        // The condition names no version of ours: no object has version 0.
        Some([]) => is_live().and(is(&0)),
        Some(versions) => is_live().and(Condition::Any(versions.iter().map(is).collect())),
    }
}

/// Whether nothing but the size of the object can have refused the write.
pub(super) fn is_refused_for_size_alone(item: &Item, if_match: &IfMatch) -> bool {
    decode_object(item).is_ok_and(|object| object.is_live() && if_match.check(object.version).is_ok())
}

/// Whether the item is as this very request left it: the SDK repeats a write of which only the answer was lost.
pub(crate) fn is_replay_of_own_write(item: &Item, by: &dyn Writer) -> bool {
    let actor = item.get("actor").and_then(|actor| actor.as_m().ok());
    !by.request_id().is_empty() && actor.and_then(|actor| text(actor, "request_id")) == Some(by.request_id())
}

pub(crate) fn refusal(refused: &ConditionFailed, if_match: &IfMatch) -> Error {
    let found = refused.item(0).and_then(|item| decode_object(item).ok());
    match found.filter(StoredObject::is_live) {
        Some(object) if if_match.is_set() => Error::stale(object.version),
        _ => Error::not_found("object"),
    }
}
