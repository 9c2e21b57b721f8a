//! Whether a write would change anything: one that would not is not made, and leaves no trace.

use serde::Serialize;

/// Whether the two are stored alike.
pub fn is_same<T: Serialize>(old: &T, new: &T) -> bool {
    let stored = |thing: &T| serde_json::to_string(thing).ok();
    stored(old).is_some_and(|old| stored(new).is_some_and(|new| old == new))
}

/// What was sent, unless it is there already: what was read may be sent back, and is not validated again.
pub fn news<T: PartialEq>(sent: Option<T>, there: &T) -> Option<T> {
    sent.filter(|sent| sent != there)
}
