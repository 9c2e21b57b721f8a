//! Changes of objects: an audit entry for each, and an event for the webhooks.

mod body;
mod change_kind;
mod differences;
mod references;

use std::sync::Arc;

use anyhow::Context as _;
use audit::{AuditSubject, Kind, SubjectType};
use base::{
    Code, Result, Timestamp,
    actor::Actor,
    id::{EventId, ObjectId, ObjectTypeId, TeamId},
};
use records::object_type::{StoredObjectType, revalidate, values_of};
use table::{AttributeValue, Item, Key, decode, number, text};

use self::{
    body::{Body, label},
    change_kind::ChangeKind,
    differences::Differences,
};
use crate::{
    Relay,
    deliver::DomainEvent,
    event::Change,
    new_entry::{NewEntry, dedup_key},
};

/// The parsed key of an object: `team_…#type_…` and `obj_…`. Unique index entries and counters have longer
/// partition keys.
struct ObjectKey {
    team: TeamId,
    object_type: ObjectTypeId,
    id: ObjectId,
}

/// A change of an object.
struct ObjectChange<'a> {
    key: ObjectKey,
    kind: ChangeKind,
    at: Timestamp,
    version: u64,
    /// The actor; none if the system made the change.
    actor: Option<Actor>,
    /// The item after the change, or the last one before it was removed.
    item: &'a Item,
    differences: Differences,
    /// The type, unless it was destroyed.
    stored: Option<Arc<StoredObjectType>>,
    /// The name of the token that was used.
    token_name: Option<String>,
    dedup_key: Vec<String>,
}

impl ObjectKey {
    fn of(key: &Key) -> Option<Self> {
        let (team, object_type) = key.pk.split_once('#')?;
        Some(Self {
            team: TeamId::parse(team)?,
            object_type: ObjectTypeId::parse(object_type)?,
            id: ObjectId::parse(&key.sk)?,
        })
    }
}

impl Relay {
    pub(crate) async fn object(&self, key: &Key, change: &Change) -> Result<()> {
        if let Some(object) = ObjectKey::of(key) {
            self.refer(&object, change).await?;
        }
        let Some(object_change) = self.object_change(key, change).await? else { return Ok(()) };
        let event = object_change.event();
        self.append(object_change.audit_entry()).await?;
        let domain_event = object_change.domain_event(&event, change.min_read_time(object_change.at));
        self.publish(domain_event, || Body::of(&object_change, &event)?.text()).await
    }

    /// The change of an object; none if it is not to be audited, such as the writes of jobs.
    async fn object_change<'a>(
        &self,
        item_key: &Key,
        change: &'a Change,
    ) -> Result<Option<ObjectChange<'a>>> {
        let Some(key) = ObjectKey::of(item_key) else { return Ok(None) };
        let Some((kind, item)) = classify(change) else { return Ok(None) };
        let at = time_of(kind, item)
            .or_else(|| change.approximate_creation_time())
            .context("a change has no time")?;
        let stored = self.object_type(&key, change.min_read_time(at)).await?;
        // The objects of a type that is being destroyed have no entries of their own.
        let is_type_final = |stored: &Arc<StoredObjectType>| {
            stored.deletion.as_ref().is_some_and(|deletion| deletion.is_irreversible)
        };
        if kind == ChangeKind::TrashEnded && stored.as_ref().is_none_or(is_type_final) {
            return Ok(None);
        }
        let old = change.before().filter(|_| kind != ChangeKind::Created).map(values_of).unwrap_or_default();
        let new = if kind.has_differences() { values_of(item) } else { old.clone() };
        let differences = Differences::between(old, new);
        // A write that changes no value is not audited, whoever made it.
        if kind == ChangeKind::Updated && differences.is_empty() {
            return Ok(None);
        }
        // A job that removes a field changes unique index entries, and so grows the version. The values that it
        // removes are of a field that readers do not see any more.
        if kind.may_be_system_write(change.before(), item)
            && differences.of_existing_fields(stored.as_deref()).next().is_none()
        {
            return Ok(None);
        }
        let is_ended = kind == ChangeKind::TrashEnded;
        // The end of the time in the trash comes after the last version.
        let version = number(item, "version").context("an object has no version")? + u64::from(is_ended);
        let sends = number(item, "sends").unwrap_or_default();
        let actor = if is_ended { None } else { Some(actor(item)?) };
        Ok(Some(ObjectChange {
            token_name: self.token_name(actor.as_ref(), &key.team).await?,
            key,
            kind,
            at,
            version,
            actor,
            item,
            differences,
            stored,
            dedup_key: dedup_key(item_key, [version.to_string(), sends.to_string()]),
        }))
    }

    /// The type, read at that time or later; none if it was destroyed.
    async fn object_type(
        &self,
        object: &ObjectKey,
        min_read_time: Timestamp,
    ) -> Result<Option<Arc<StoredObjectType>>> {
        let key = (object.team.clone(), object.object_type.clone());
        let read = |known: Option<Option<Arc<_>>>| {
            Box::pin(async {
                let named = (&object.team, object.object_type.as_str());
                match revalidate(&self.workspace, named, known.flatten(), self.clock.now()).await {
                    Ok(found) => Ok(Some(found)),
                    Err(error) if error.code == Code::NotFound => Ok(None),
                    Err(error) => Err(error),
                }
            })
        };
        self.types.get_or_refresh(key, min_read_time, &self.clock, read).await
    }
}

impl ObjectChange<'_> {
    /// The id of the event, which follows from the same deduplication key as that of the audit entry.
    fn event(&self) -> EventId {
        EventId::deterministic(self.at, &self.dedup_key.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn audit_entry(&self) -> NewEntry {
        let ObjectKey { team, object_type, id } = &self.key;
        let of_type = SubjectType { id: object_type.clone(), slug: self.type_slug().to_owned() };
        let subject = AuditSubject {
            kind: Kind::Object,
            id: id.to_string(),
            label: label(self),
            of_type: Some(of_type),
        };
        NewEntry {
            team: team.clone(),
            event: self.kind.event(),
            at: self.at,
            actor: self.actor.clone(),
            subject,
            fields: self.differences.field_changes(self.stored.as_deref()),
            reason: (self.kind == ChangeKind::TrashEnded).then_some("trash_ended"),
            dedup_key: self.dedup_key.clone(),
        }
    }

    fn domain_event(&self, event: &EventId, min_read_time: Timestamp) -> DomainEvent {
        let ObjectKey { team, object_type, id } = &self.key;
        DomainEvent {
            id: event.clone(),
            team: team.clone(),
            topic: self.kind.topic(),
            object_type: object_type.clone(),
            object: id.clone(),
            source: self.actor.as_ref().map(|actor| actor.source),
            at: self.at,
            min_read_time,
        }
    }

    /// The slug of the type, or its id if it was destroyed.
    fn type_slug(&self) -> &str {
        self.stored.as_ref().map_or(self.key.object_type.as_str(), |stored| stored.object_type.slug.as_str())
    }
}

/// The kind of a change, and the item that describes it.
fn classify(change: &Change) -> Option<(ChangeKind, &Item)> {
    match (change.before(), change.after()) {
        (old, Some(new)) => Some((ChangeKind::of(old, new)?, new)),
        (Some(old), None) => Some((ChangeKind::of_removal(old, change.approximate_creation_time()?)?, old)),
        (None, None) => None,
    }
}

/// The time of a change, if the item has it.
fn time_of(kind: ChangeKind, item: &Item) -> Option<Timestamp> {
    let name = match kind {
        ChangeKind::TrashEnded => return None,
        ChangeKind::Sent => "sent_at",
        _ => "updated_at",
    };
    text(item, name)?.parse().ok()
}

/// The actor of the last change of an item.
pub(crate) fn actor(item: &Item) -> Result<Actor> {
    match item.get("actor") {
        Some(AttributeValue::M(actor)) => decode(actor.clone()),
        _ => Err(anyhow::anyhow!("a changed item has no actor").into()),
    }
}

#[cfg(test)]
mod tests;
