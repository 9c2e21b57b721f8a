//! A form is a resource of its team. Its keys are found as long as it is there.

use audit::{AuditEvent, FieldChange, Kind, properties, property_changes};
use base::{
    Result, Timestamp,
    actor::Actor,
    id::{FormId, TeamId},
};
use resources::{
    jobs::StoredJob,
    resource::{Count, Full, Resource, Transition},
};
use table::{Condition, Table, Tables, Write};

use crate::{Counts, FormStatus, StoredForm};

/// The most forms of a team, with those in the trash.
const FORMS_MAX: u64 = 200;

impl Resource for StoredForm {
    type Id = FormId;
    const KIND: Kind = Kind::Form;
    const NOUN: &'static str = "form";
    const PREFIX: &'static str = "FORM#";
    const COUNT: Option<Count> = Some(Count { key: "FORMCOUNT", max: FORMS_MAX, full: Full::Refuse });
    const AUDITED: &'static [(&'static str, &'static str)] = &[
        ("name", "Name"),
        ("title", "Title"),
        ("description", "Description"),
        ("locale", "Language"),
        ("status", "Status"),
        ("opens_at", "Opens at"),
        ("closes_at", "Closes at"),
        ("limit", "Limit"),
        ("closed_message", "Message while closed"),
        ("audience", "Audience"),
        ("pages", "Pages"),
        ("values", "Fixed values"),
        ("action", "Action"),
        ("confirmation", "Confirmation"),
        ("protection", "Protection"),
        ("allowed_origins", "Allowed origins"),
        ("keep_address", "Addresses are kept"),
    ];

    fn team(&self) -> &TeamId {
        &self.team
    }

    fn id(&self) -> &FormId {
        &self.id
    }

    fn label(&self) -> &str {
        &self.form.name
    }

    resources::kept_in_fields!();

    fn touch(&mut self, by: Actor, now: Timestamp) {
        self.version += 1;
        self.updated_at = now;
        self.actor = by;
    }

    fn insertion(&self, workspace: &Table) -> Result<Vec<Write>> {
        let own = workspace.put_item(self.key(), self.to_item()?).when(Condition::ItemMissing);
        Ok(std::iter::once(own).chain(self.entry_writes(workspace)?).collect())
    }

    fn replacement(&self, after: &mut Self, workspace: &Table, _: Timestamp) -> Result<Vec<Write>> {
        let own = workspace.put_item(after.key(), after.to_item()?).when(self.is_unchanged());
        Ok(std::iter::once(own).chain(after.entry_changes(self, workspace)?).collect())
    }

    fn removal(&self, workspace: &Table) -> Vec<Write> {
        let own = workspace.delete(self.key()).when(Condition::AttributeExists("destroyed".into()));
        let job = self.state().job().map(|job| StoredJob::removal(workspace, job));
        std::iter::once(own).chain(job).chain(self.entry_removals(workspace)).collect()
    }

    async fn effects(&self, transition: Transition, tables: &Tables) -> Result<Vec<Write>> {
        let is_end = transition == Transition::Purged;
        Ok(if is_end { Counts::removals(&tables.activity, &self.id) } else { Vec::new() })
    }

    fn change_event(&self, after: &Self) -> AuditEvent {
        let is_open = |form: &Self| form.form.status == FormStatus::Open;
        match (is_open(self), is_open(after)) {
            _ if self.key.hash.text() != after.key.hash.text() => AuditEvent::Rotated,
            (false, true) => AuditEvent::Activated,
            (true, false) => AuditEvent::Deactivated,
            _ => AuditEvent::Updated,
        }
    }

    /// What clients see of it, and never the keys.
    fn field_changes(before: Option<&Self>, after: &Self) -> Result<Vec<FieldChange>> {
        let known = before.map(|before| properties(&before.form)).transpose()?;
        Ok(property_changes(known.as_ref(), &properties(&after.form)?, Self::AUDITED))
    }
}
