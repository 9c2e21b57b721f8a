//! Whether a write would change anything: what would not is not written, and nobody is told of it.

use serde::Serialize;

/// Whether the two are stored alike.
pub fn is_same<T: Serialize>(old: &T, new: &T) -> bool {
    let stored = |thing: &T| serde_json::to_string(thing).ok();
    stored(old).is_some_and(|old| stored(new).is_some_and(|new| old == new))
}

/// What was sent, unless it is there already: what was read may be sent back, and is not judged again.
pub fn news<T: PartialEq>(sent: Option<T>, there: &T) -> Option<T> {
    sent.filter(|sent| sent != there)
}
