//! What happens to a team itself.

use anyhow::Context as _;
use shared::{
    Result, Timestamp,
    audit::{Event, Kind, Subject},
    id::TeamId,
    table::{Item, Key, number, text},
};

use crate::{
    Relay,
    happened::{Happened, attributes, changed, told_apart},
    objects::actor,
};

/// What is told of a team, with what people call it.
const NAMED: &[(&str, &str)] = &[
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
        // Owners are counted on the item too, which is no change of the team.
        if old.is_some_and(|old| number(old, "version") == Some(version)) {
            return Ok(());
        }
        let old = old.map(attributes).transpose()?;
        let happened = Happened {
            event: if old.is_some() { Event::Updated } else { Event::Created },
            at: changed_at(new)?,
            actor: Some(actor(new)?),
            subject: Subject {
                kind: Kind::Team,
                id: team.to_string(),
                label: text(new, "name").unwrap_or_default().to_owned(),
                of_type: None,
            },
            fields: changed(old.as_ref(), &attributes(new)?, NAMED),
            reason: None,
            from: told_apart(key, [version.to_string()]),
            team,
        };
        self.tell(happened).await
    }
}

/// When an item was last changed.
pub(super) fn changed_at(item: &Item) -> Result<Timestamp> {
    let at = text(item, "updated_at").and_then(|at| at.parse().ok());
    Ok(at.context("a changed item has no time")?)
}
