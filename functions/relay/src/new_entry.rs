//! New entries of the audit log, and how they are appended once.

use audit::{
    ActorView, AuditEntry, AuditEvent, AuditSubject, FieldChange, KEEP_DAYS, Properties, expires,
    fit_to_item, properties,
};
use base::{
    Result, Timestamp,
    actor::Actor,
    id::{AuditId, TeamId},
};
use gate::identity::team_key;
use table::{Item, Key, WriteError, number};

use crate::Relay;

/// The retention that a team has set is cached for so long.
const RETENTION_CACHE_SECONDS: i64 = 60;
/// The attribute of a team with the retention of its entries, in days.
const RETENTION_DAYS: &str = "audit_log_days";

/// A new entry, before names are resolved.
pub(crate) struct NewEntry {
    pub(crate) team: TeamId,
    pub(crate) event: AuditEvent,
    pub(crate) at: Timestamp,
    /// The actor; none if the system made the change.
    pub(crate) actor: Option<Actor>,
    pub(crate) subject: AuditSubject,
    pub(crate) fields: Vec<FieldChange>,
    pub(crate) reason: Option<&'static str>,
    /// Identifies the change among all others of its millisecond: the same whenever the change is processed, so
    /// that the entry is only written once.
    pub(crate) dedup_key: Vec<String>,
}

impl NewEntry {
    fn id(&self) -> AuditId {
        AuditId::deterministic(self.at, &self.dedup_key.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

/// The deduplication key of a change of an item: the key of the item, and something that grows with each
/// change, like a version.
pub(crate) fn dedup_key(key: &Key, by: impl IntoIterator<Item = String>) -> Vec<String> {
    [key.pk.clone(), key.sk.clone()].into_iter().chain(by).collect()
}

impl Relay {
    /// Appends the entry, unless it exists: a change may be processed twice.
    pub(crate) async fn append(&self, entry: NewEntry) -> Result<()> {
        let id = entry.id();
        let NewEntry { team, event, at, actor, subject, fields, reason, dedup_key: _ } = entry;
        let entry = AuditEntry {
            id,
            event,
            at,
            actor: match &actor {
                Some(actor) => self.resolve_actor(actor, &team).await?,
                None => ActorView::default(),
            },
            subject,
            fields: fit_to_item(fields),
            reason: reason.map(str::to_owned),
            refusals: None,
            request_id: actor.map(|actor| actor.request_id).filter(|id| !id.is_empty()),
        };
        let end = expires(at, self.retention_days(&team).await?);
        match self.activity.write(self.log.put(&team, &entry, end)?).await {
            Ok(_) | Err(WriteError::ConditionFailed(_)) => Ok(()),
            Err(WriteError::Failed(error)) => Err(error),
        }
    }

    /// The retention that the team has set, in days, or the default.
    async fn retention_days(&self, team: &TeamId) -> Result<u32> {
        let min_read_time = self.clock.now().plus_seconds(-RETENTION_CACHE_SECONDS);
        let read = Box::pin(async {
            let item = self.identity.get(team_key(team)).await?;
            Ok(item.and_then(|item| u32::try_from(number(&item, RETENTION_DAYS)?).ok()).unwrap_or(KEEP_DAYS))
        });
        self.retention.get(team.clone(), min_read_time, &self.clock, read).await
    }
}

/// The attributes of an item as properties.
pub(crate) fn item_properties(item: &Item) -> Result<Properties> {
    let json: serde_json::Value = serde_dynamo::from_item(item.clone()).map_err(anyhow::Error::from)?;
    properties(&json)
}
