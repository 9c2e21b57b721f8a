//! Something that happened in a team, and how it gets into the audit log.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;
use shared::{
    Result, Timestamp,
    actor::Actor,
    audit::{Entry, Event, FieldChange, KEEP_DAYS, Subject, Who, bounded, expires},
    id::{AuditId, TeamId},
    identity::team_key,
    table::{Item, Key, WriteError, number},
};

use crate::Relay;

/// A setting of a team is gone by for so long.
const SETTING_SECONDS: i64 = 60;
/// The attribute of a team that says how many days its entries are kept.
const KEPT_DAYS: &str = "audit_log_days";

/// Something that happened.
pub(crate) struct Happened {
    pub(crate) team: TeamId,
    pub(crate) event: Event,
    pub(crate) at: Timestamp,
    /// Who did it; nobody, where time did.
    pub(crate) actor: Option<Actor>,
    pub(crate) subject: Subject,
    pub(crate) fields: Vec<FieldChange>,
    pub(crate) reason: Option<&'static str>,
    /// What tells it from all else of its moment: the same whenever the change is looked at.
    pub(crate) from: Vec<String>,
}

impl Happened {
    fn id(&self) -> AuditId {
        AuditId::deterministic(self.at, &self.from.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

/// What tells the change of an item from all others: its key, and what grows with each of them.
pub(crate) fn told_apart(key: &Key, by: impl IntoIterator<Item = String>) -> Vec<String> {
    [key.pk.clone(), key.sk.clone()].into_iter().chain(by).collect()
}

impl Relay {
    /// Writes the entry, unless it is there: a change may be looked at twice.
    pub(crate) async fn tell(&self, happened: Happened) -> Result<()> {
        let id = happened.id();
        let Happened { team, event, at, actor, subject, fields, reason, from: _ } = happened;
        let entry = Entry {
            id,
            event,
            at,
            actor: match &actor {
                Some(actor) => self.who(actor, &team).await?,
                None => Who::default(),
            },
            subject,
            fields: bounded(fields),
            reason: reason.map(str::to_owned),
            refusals: None,
            request_id: actor.map(|actor| actor.request_id).filter(|id| !id.is_empty()),
        };
        let end = expires(at, self.kept_days(&team).await?);
        match self.activity.write(self.log.put(&team, &entry, end)?).await {
            Ok(_) | Err(WriteError::ConditionFailed(_)) => Ok(()),
            Err(WriteError::Failed(error)) => Err(error),
        }
    }

    /// How many days the team keeps its entries.
    async fn kept_days(&self, team: &TeamId) -> Result<u32> {
        let since = self.clock.now().plus_seconds(-SETTING_SECONDS);
        let read = Box::pin(async {
            let item = self.identity.get(team_key(team)).await?;
            Ok(item.and_then(|item| u32::try_from(number(&item, KEPT_DAYS)?).ok()).unwrap_or(KEEP_DAYS))
        });
        self.days.get(team.clone(), since, &self.clock, read).await
    }
}

/// The parts of a thing by name, each to the last digit.
pub(crate) type Parts = BTreeMap<String, Box<RawValue>>;

/// The parts of a thing.
pub(crate) fn parts(thing: &impl Serialize) -> Result<Parts> {
    let text = serde_json::to_string(thing).map_err(anyhow::Error::from)?;
    Ok(serde_json::from_str(&text).map_err(anyhow::Error::from)?)
}

/// What of these parts has changed, or is there at all of a thing that is new; each with what people call it.
pub(crate) fn changed(old: Option<&Parts>, new: &Parts, named: &[(&str, &str)]) -> Vec<FieldChange> {
    let part = |parts: Option<&Parts>, slug: &str| {
        parts.and_then(|parts| parts.get(slug)).filter(|part| part.get() != "null").cloned()
    };
    let change = |(slug, label): &(&str, &str)| {
        let (old, new) = (part(old, slug), part(Some(new), slug));
        let is_same = old.as_ref().map(|part| part.get()) == new.as_ref().map(|part| part.get());
        (!is_same).then(|| FieldChange { old, new, ..FieldChange::new(*slug, *label) })
    };
    named.iter().filter_map(change).collect()
}

/// The plain attributes of an item, as parts.
pub(crate) fn attributes(item: &Item) -> Result<Parts> {
    let json: serde_json::Value = serde_dynamo::from_item(item.clone()).map_err(anyhow::Error::from)?;
    parts(&json)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_has_changed_is_told_with_both_values() {
        let named = [("name", "Name"), ("days", "Days"), ("same", "Same")];
        let old = parts(&json!({"name": "A", "days": 3, "same": [1], "other": 1})).unwrap();
        let new = parts(&json!({"name": "B", "days": null, "same": [1], "other": 2})).unwrap();
        let told = serde_json::to_string(&changed(Some(&old), &new, &named)).unwrap();
        assert_eq!(
            told,
            r#"[{"slug":"name","label":"Name","old":"A","new":"B"},{"slug":"days","label":"Days","old":3,"new":null}]"#
        );
        let told = serde_json::to_string(&changed(None, &new, &named)).unwrap();
        assert_eq!(
            told,
            r#"[{"slug":"name","label":"Name","old":null,"new":"B"},{"slug":"same","label":"Same","old":null,"new":[1]}]"#
        );
    }
}
