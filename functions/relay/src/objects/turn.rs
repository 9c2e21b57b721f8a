//! What a change did to an object, told from the item before and after.

use shared::{
    audit::Event,
    table::{Item, number},
    webhook::Topic,
};

/// What became of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Created,
    Updated,
    Deleted,
    Restored,
    Destroyed,
    Sent,
}

impl Turn {
    /// What became of it; none where nobody has changed it, as with indexes that were built. A removal is none either: what
    /// is removed was marked before, or goes with its type.
    pub(super) fn of(old: Option<&Item>, new: &Item) -> Option<Self> {
        let Some(old) = old else { return Some(Turn::Created) };
        let turned = |name: &str| (old.contains_key(name), new.contains_key(name));
        let grown = |name: &str| number(new, name) > number(old, name);
        match (turned("destroyed"), turned("trashed_at")) {
            ((false, true), _) => Some(Turn::Destroyed),
            ((true, true), _) => None,
            (_, (false, true)) => Some(Turn::Deleted),
            (_, (true, false)) => Some(Turn::Restored),
            _ if grown("sends") => Some(Turn::Sent),
            _ if grown("version") => Some(Turn::Updated),
            _ => None,
        }
    }

    /// Whether it could be the work of a job, which leaves the time of the last change alone. Two changes in one
    /// millisecond look the same.
    pub(super) fn may_be_a_job(self, old: Option<&Item>, new: &Item) -> bool {
        let is_same = |name: &str| old.and_then(|old| old.get(name)) == new.get(name);
        self == Turn::Updated && is_same("updated_at")
    }

    /// Whether values can have changed.
    pub(super) const fn has_differences(self) -> bool {
        matches!(self, Turn::Created | Turn::Updated)
    }

    pub(super) const fn event(self) -> Event {
        match self {
            Turn::Created => Event::Created,
            Turn::Updated => Event::Updated,
            Turn::Deleted => Event::Deleted,
            Turn::Restored => Event::Restored,
            Turn::Destroyed => Event::Destroyed,
            Turn::Sent => Event::Sent,
        }
    }

    pub(super) const fn topic(self) -> Topic {
        match self {
            Turn::Created => Topic::ObjectCreated,
            Turn::Updated | Turn::Restored => Topic::ObjectUpdated,
            Turn::Deleted | Turn::Destroyed => Topic::ObjectDeleted,
            Turn::Sent => Topic::ObjectSend,
        }
    }
}
