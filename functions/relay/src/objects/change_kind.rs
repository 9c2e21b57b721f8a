//! The kind of a change of an object, derived from the item before and after.

use audit::AuditEvent;
use base::Timestamp;
use delivery::Topic;
use table::{Item, is_expired, number};

/// The kind of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChangeKind {
    Created,
    Updated,
    Deleted,
    Restored,
    Destroyed,
    /// Its time in the trash was over, and DynamoDB removed it.
    TrashEnded,
    Sent,
}

impl ChangeKind {
    /// The kind of a change; none if the object itself did not change, such as when index slots are filled.
    pub(super) fn of(old: Option<&Item>, new: &Item) -> Option<Self> {
        let Some(old) = old else { return Some(ChangeKind::Created) };
        let presence = |name: &str| (old.contains_key(name), new.contains_key(name));
        let grown = |name: &str| number(new, name) > number(old, name);
        match (presence("destroyed"), presence("trashed_at")) {
            ((false, true), _) => Some(ChangeKind::Destroyed),
            ((true, true), _) => None,
            (_, (false, true)) => Some(ChangeKind::Deleted),
            (_, (true, false)) => Some(ChangeKind::Restored),
            _ if grown("sends") => Some(ChangeKind::Sent),
            _ if grown("version") => Some(ChangeKind::Updated),
            _ => None,
        }
    }

    /// The kind of a removal at that time; none if it was audited when the object was marked as destroyed, or
    /// if the object is removed with its type.
    pub(super) fn of_removal(old: &Item, at: Timestamp) -> Option<Self> {
        let is_in_trash = old.contains_key("trashed_at") && !old.contains_key("destroyed");
        (is_in_trash && is_expired(old, at)).then_some(ChangeKind::TrashEnded)
    }

    /// Whether it could be a write of a job, which does not update the time of the last change. Two changes
    /// within one millisecond look the same.
    pub(super) fn may_be_system_write(self, old: Option<&Item>, new: &Item) -> bool {
        let is_same = |name: &str| old.and_then(|old| old.get(name)) == new.get(name);
        self == ChangeKind::Updated && is_same("updated_at")
    }

    /// Whether values may have changed.
    pub(super) const fn has_differences(self) -> bool {
        matches!(self, ChangeKind::Created | ChangeKind::Updated)
    }

    pub(super) const fn event(self) -> AuditEvent {
        match self {
            ChangeKind::Created => AuditEvent::Created,
            ChangeKind::Updated => AuditEvent::Updated,
            ChangeKind::Deleted => AuditEvent::Deleted,
            ChangeKind::Restored => AuditEvent::Restored,
            ChangeKind::Destroyed | ChangeKind::TrashEnded => AuditEvent::Destroyed,
            ChangeKind::Sent => AuditEvent::Sent,
        }
    }

    pub(super) const fn topic(self) -> Topic {
        match self {
            ChangeKind::Created => Topic::ObjectCreated,
            ChangeKind::Updated | ChangeKind::Restored => Topic::ObjectUpdated,
            ChangeKind::Deleted | ChangeKind::Destroyed | ChangeKind::TrashEnded => Topic::ObjectDeleted,
            ChangeKind::Sent => Topic::ObjectSend,
        }
    }

    /// Whether the object cannot be restored.
    pub(super) const fn is_permanent(self) -> bool {
        matches!(self, ChangeKind::Destroyed | ChangeKind::TrashEnded)
    }
}
