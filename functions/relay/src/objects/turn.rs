//! What a change did to an object, told from the item before and after.

use shared::{
    Timestamp,
    audit::Event,
    table::{Item, is_expired, number},
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
    /// Its time in the trash was over, and the table removed it.
    TrashEnded,
    Sent,
}

impl Turn {
    /// What became of it; none where nobody has changed it, as with indexes that were built.
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

    /// What became of an object that was removed at that moment; none where that was told before, as it was marked, or where
    /// it goes with its type.
    pub(super) fn of_removal(old: &Item, at: Timestamp) -> Option<Self> {
        let is_in_trash = old.contains_key("trashed_at") && !old.contains_key("destroyed");
        (is_in_trash && is_expired(old, at)).then_some(Turn::TrashEnded)
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
            Turn::Destroyed | Turn::TrashEnded => Event::Destroyed,
            Turn::Sent => Event::Sent,
        }
    }

    pub(super) const fn topic(self) -> Topic {
        match self {
            Turn::Created => Topic::ObjectCreated,
            Turn::Updated | Turn::Restored => Topic::ObjectUpdated,
            Turn::Deleted | Turn::Destroyed | Turn::TrashEnded => Topic::ObjectDeleted,
            Turn::Sent => Topic::ObjectSend,
        }
    }

    /// Whether there is no way back.
    pub(super) const fn is_permanent(self) -> bool {
        matches!(self, Turn::Destroyed | Turn::TrashEnded)
    }
}
