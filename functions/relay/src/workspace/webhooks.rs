//! Audit entries for changes of webhooks. They never have the keys, and only the host of the URL: the rest may
//! be a secret of the receiver.

use anyhow::Context as _;
use audit::{AuditEvent, AuditSubject, FieldChange, Kind};
use base::{Result, id::TeamId};
use table::{Item, Key};
use webhook::StoredWebhook;

use crate::{
    Relay,
    event::Change,
    new_entry::{NewEntry, dedup_key, properties, property_changes},
};

/// The audited properties of a webhook, with their labels.
const AUDITED: &[(&str, &str)] = &[
    ("name", "Name"),
    ("description", "Description"),
    ("topics", "Topics"),
    ("object_types", "Object types"),
    ("content", "Content"),
    ("active", "Active"),
];

impl Relay {
    pub(super) async fn webhook_changed(
        &self,
        key: &Key,
        team: TeamId,
        change: &Change,
        new: &Item,
    ) -> Result<()> {
        let old = change.before().map(StoredWebhook::from_item).transpose()?;
        let new = StoredWebhook::from_item(new)?;
        // What somebody did grows the version. The end of its time in the trash does not.
        let is_over = old.as_ref().is_some_and(|old| old.version == new.version);
        if is_over && old.as_ref().is_some_and(|old| old.destroyed == new.destroyed) {
            return Ok(());
        }
        let version = new.version.to_string();
        let by = if is_over { vec![version, "trash_ended".to_owned()] } else { vec![version] };
        let at = if is_over { change.approximate_creation_time() } else { Some(new.updated_at) };
        let entry = NewEntry {
            team,
            event: event(old.as_ref(), &new),
            at: at.context("a change has no time")?,
            subject: AuditSubject {
                kind: Kind::Webhook,
                id: new.id.to_string(),
                label: new.name.clone(),
                of_type: None,
            },
            fields: fields(old.as_ref(), &new)?,
            reason: is_over.then_some("trash_ended"),
            dedup_key: dedup_key(key, by),
            actor: (!is_over).then_some(new.actor),
        };
        self.append(entry).await
    }
}

/// The event of a change. If it is several at once, the most important one.
fn event(old: Option<&StoredWebhook>, new: &StoredWebhook) -> AuditEvent {
    let Some(old) = old else { return AuditEvent::Created };
    match (old.trashed_at, new.trashed_at) {
        _ if new.destroyed => AuditEvent::Destroyed,
        (None, Some(_)) => AuditEvent::Deleted,
        (Some(_), None) => AuditEvent::Restored,
        _ if old.keys != new.keys => AuditEvent::Rotated,
        _ if old.active && !new.active => AuditEvent::Deactivated,
        _ if !old.active && new.active => AuditEvent::Activated,
        _ => AuditEvent::Updated,
    }
}

fn fields(old: Option<&StoredWebhook>, new: &StoredWebhook) -> Result<Vec<FieldChange>> {
    let mut fields = property_changes(old.map(properties).transpose()?.as_ref(), &properties(new)?, AUDITED);
    if old.is_none_or(|old| old.url != new.url) {
        let (was, is) = (old.map(|old| origin(&old.url)), Some(origin(&new.url)));
        fields.push(FieldChange::new("url", "URL").values(was.as_ref(), is.as_ref()));
    }
    Ok(fields)
}

/// Scheme and host: what stands before the third `/` of a URL.
fn origin(url: &str) -> String {
    url.split('/').take(3).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_url_only_the_host_is_told() {
        for (url, told) in [
            ("https://hooks.example.com/hooks/catch/123/secret/?key=1", "https://hooks.example.com"),
            ("https://example.com:8443/", "https://example.com:8443"),
            ("https://example.com", "https://example.com"),
        ] {
            assert_eq!(origin(url), told);
        }
    }
}
