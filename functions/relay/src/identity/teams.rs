//! Audit entries for changes of a team itself.

use anyhow::Context as _;
use audit::{AuditEvent, AuditSubject, Kind, property_changes};
use base::{Result, Timestamp, id::TeamId};
use table::{Item, Key, number, text};

use crate::{
    Relay,
    new_entry::{NewEntry, dedup_key, item_properties},
    objects::actor,
};

/// The audited properties of a team, with their labels.
const AUDITED: &[(&str, &str)] = &[
    ("name", "Name"),
    ("slug", "Slug"),
    ("token_lifetime_days_max", "Longest life of tokens, in days"),
    ("audit_log_days", "Days that the audit log is kept"),
];

impl Relay {
    pub(super) async fn team(
        &self,
        key: &Key,
        team: TeamId,
        (old, new): (Option<&Item>, &Item),
    ) -> Result<()> {
        let version = number(new, "version").context("a team has no version")?;
        // The count of owners is on the item too, and does not grow the version.
        if old.is_some_and(|old| number(old, "version") == Some(version)) {
            return Ok(());
        }
        let old = old.map(item_properties).transpose()?;
        let entry = NewEntry {
            event: if old.is_some() { AuditEvent::Updated } else { AuditEvent::Created },
            at: changed_at(new)?,
            actor: Some(actor(new)?),
            subject: AuditSubject {
                kind: Kind::Team,
                id: team.to_string(),
                label: text(new, "name").unwrap_or_default().to_owned(),
                of_type: None,
            },
            fields: property_changes(old.as_ref(), &item_properties(new)?, AUDITED),
            reason: None,
            dedup_key: dedup_key(key, [version.to_string()]),
            team,
        };
        self.append(entry).await
    }
}

/// When an item was last changed.
pub(super) fn changed_at(item: &Item) -> Result<Timestamp> {
    let at = text(item, "updated_at").and_then(|at| at.parse().ok());
    Ok(at.context("a changed item has no time")?)
}
