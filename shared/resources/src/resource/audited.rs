//! What the audit log tells of a change of a resource, from the items before and after it.

use audit::{AuditEvent, AuditSubject, FieldChange};
use base::{Result, Timestamp, actor::Actor};
use table::Item;

use super::{Resource, State};

/// A change that the audit log tells of.
pub struct AuditedChange {
    /// What happened.
    pub event: AuditEvent,
    /// When it did, if somebody did it; else the stream knows.
    pub at: Option<Timestamp>,
    /// Who did it; nobody where a time was over.
    pub actor: Option<Actor>,
    /// What it happened to.
    pub subject: AuditSubject,
    /// What changed.
    pub fields: Vec<FieldChange>,
    /// Why, where nobody did it.
    pub reason: Option<&'static str>,
    /// What tells it from all other changes of the resource.
    pub dedup_key: Vec<String>,
}

impl AuditedChange {
    /// The change between these items; none if it is nothing that anybody has to know.
    ///
    /// # Errors
    /// 500: what is stored always has its form.
    pub fn of<R: Resource>(before: Option<&Item>, after: &Item) -> Result<Option<Self>> {
        let (before, after) = (before.map(R::from_item).transpose()?, R::from_item(after)?);
        let Some(event) = event(before.as_ref(), &after) else { return Ok(None) };
        // What somebody did makes the version grow. The end of the time in the trash does not.
        let is_by_time = before.as_ref().is_some_and(|before| before.version() == after.version());
        let tells_fields =
            !matches!(event, AuditEvent::Deleted | AuditEvent::Restored | AuditEvent::Destroyed);
        Ok(Some(Self {
            event,
            at: (!is_by_time).then(|| after.updated_at()),
            actor: (!is_by_time).then(|| after.actor().clone()),
            subject: AuditSubject {
                kind: R::KIND,
                id: after.id().to_string(),
                label: after.label().to_owned(),
                of_type: after.of_type(),
            },
            fields: if tells_fields { R::field_changes(before.as_ref(), &after)? } else { Vec::new() },
            reason: is_by_time.then_some(R::END_REASON),
            dedup_key: after.dedup_key(is_by_time),
        }))
    }
}

fn event<R: Resource>(before: Option<&R>, after: &R) -> Option<AuditEvent> {
    let Some(before) = before else { return Some(AuditEvent::Created) };
    match (before.state(), after.state()) {
        (State::Live | State::Trashed { .. }, State::Purging { .. }) => Some(AuditEvent::Destroyed),
        (State::Live, State::Trashed { .. }) => Some(AuditEvent::Deleted),
        (State::Trashed { .. } | State::Purging { .. }, State::Live) => Some(AuditEvent::Restored),
        _ => (before.version() != after.version()).then(|| before.change_event(after)),
    }
}
