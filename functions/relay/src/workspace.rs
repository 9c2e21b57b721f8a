//! Audit entries for changes of the resources of a team.

use anyhow::Context as _;
use audit::{AuditEvent, AuditSubject, Kind};
use base::{Result, id::TeamId};
use resources::resource::{AuditedChange, Resource};
use table::{Item, Key};
use upload::Download;

use crate::{
    Relay,
    event::Change,
    new_entry::{NewEntry, dedup_key},
};

impl Relay {
    pub(crate) async fn workspace_change(&self, key: &Key, change: &Change) -> Result<()> {
        let team = key.pk.strip_prefix("TEAM#").and_then(TeamId::parse);
        let (Some(team), Some(after)) = (team, change.after()) else { return Ok(()) };
        if key.sk.starts_with(Download::PREFIX) {
            return self.append(downloaded(team, key, after)?).await;
        }
        let Some(audited) = audited_change(key, change.before(), after)? else { return Ok(()) };
        let AuditedChange { event, at, actor, subject, fields, reason, dedup_key: by } = audited;
        let at = at.or_else(|| change.approximate_creation_time()).context("a change has no time")?;
        let dedup_key = dedup_key(key, by);
        self.append(NewEntry { team, event, at, actor, subject, fields, reason, dedup_key }).await
    }
}

fn downloaded(team: TeamId, key: &Key, item: &Item) -> Result<NewEntry> {
    let Download { upload, filename, at, actor, .. } = Download::from_item(item)?;
    Ok(NewEntry {
        team,
        event: AuditEvent::Downloaded,
        at,
        actor: Some(actor),
        subject: AuditSubject { kind: Kind::Upload, id: upload.to_string(), label: filename, of_type: None },
        fields: Vec::new(),
        reason: None,
        dedup_key: dedup_key(key, []),
    })
}

/// What the audit log tells of a change of the item under that key; none if it is no resource.
fn audited_change(key: &Key, before: Option<&Item>, after: &Item) -> Result<Option<AuditedChange>> {
    macro_rules! of_kinds {
        ($($resource:ty,)+) => { $(if key.sk.starts_with(<$resource>::PREFIX) {
            return AuditedChange::of::<$resource>(before, after);
        })+ };
    }
    registry::for_each_resource!(of_kinds);
    Ok(None)
}
