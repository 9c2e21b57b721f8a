//! What happens to objects: an entry for each change, and an event for the webhooks.

mod body;
mod differences;
mod turn;

use std::sync::Arc;

use anyhow::Context as _;
use shared::{
    Code, Result, Timestamp,
    actor::Actor,
    audit::{Kind, Subject, TypeOfSubject},
    id::{EventId, ObjectId, ObjectTypeId, TeamId},
    object_type::{StoredObjectType, revalidate, values_of},
    table::{AttributeValue, Item, Key, decode, number, text},
};

use self::{
    body::{Body, label},
    differences::Differences,
    turn::Turn,
};
use crate::{
    Relay,
    deliver::Occurrence,
    event::Change,
    happened::{Happened, told_apart},
};

/// Where an object lies, told from its key: `team_…#type_…` and `obj_…`. Guards and counters have longer partitions.
struct Place {
    team: TeamId,
    object_type: ObjectTypeId,
    id: ObjectId,
}

/// A change of an object.
struct Changed<'a> {
    place: Place,
    turn: Turn,
    at: Timestamp,
    version: u64,
    /// Who made it; nobody, where time did.
    actor: Option<Actor>,
    /// The item after it, or the last that there was.
    item: &'a Item,
    differences: Differences,
    /// The type, unless it is gone.
    stored: Option<Arc<StoredObjectType>>,
    /// What its owner calls the token that made it.
    token_name: Option<String>,
    from: Vec<String>,
}

impl Place {
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
        let Some(changed) = self.changed_object(key, change).await? else { return Ok(()) };
        let event = changed.event();
        self.tell(changed.happened()).await?;
        let occurrence = changed.occurrence(&event, change.since(changed.at));
        self.publish(occurrence, || Body::of(&changed, &event)?.text()).await
    }

    /// What the change was; none if nobody made it, as with the work of jobs.
    async fn changed_object<'a>(&self, key: &Key, change: &'a Change) -> Result<Option<Changed<'a>>> {
        let Some(place) = Place::of(key) else { return Ok(None) };
        let Some((turn, item)) = turn(change) else { return Ok(None) };
        let at = moment(turn, item).or_else(|| change.noted_at()).context("a change has no time")?;
        let stored = self.object_type(&place, change.since(at)).await?;
        // The objects of a type that ends go with it, without a word each.
        let is_type_final = |stored: &Arc<StoredObjectType>| {
            stored.deletion.as_ref().is_some_and(|deletion| deletion.is_irreversible)
        };
        if turn == Turn::TrashEnded && stored.as_ref().is_none_or(is_type_final) {
            return Ok(None);
        }
        let old = change.before().filter(|_| turn != Turn::Created).map(values_of).unwrap_or_default();
        let new = if turn.has_differences() { values_of(item) } else { old.clone() };
        let differences = Differences::between(old, new);
        // A write that changes nothing is no change, whoever has written it.
        if turn == Turn::Updated && differences.is_nothing() {
            return Ok(None);
        }
        // A job that takes away a field moves guards, and so counts the version up: what is left of the field is nothing
        // that a reader has seen.
        if turn.may_be_a_job(change.before(), item) && differences.known(stored.as_deref()).next().is_none() {
            return Ok(None);
        }
        let is_ended = turn == Turn::TrashEnded;
        // The end comes behind the last version.
        let version = number(item, "version").context("an object has no version")? + u64::from(is_ended);
        let sends = number(item, "sends").unwrap_or_default();
        let actor = if is_ended { None } else { Some(actor(item)?) };
        Ok(Some(Changed {
            token_name: self.token_name(actor.as_ref(), &place.team).await?,
            place,
            turn,
            at,
            version,
            actor,
            item,
            differences,
            stored,
            from: told_apart(key, [version.to_string(), sends.to_string()]),
        }))
    }

    /// The type as it was at that moment, or later; none if it is gone.
    async fn object_type(&self, place: &Place, since: Timestamp) -> Result<Option<Arc<StoredObjectType>>> {
        let key = (place.team.clone(), place.object_type.clone());
        let read = |known: Option<Option<Arc<_>>>| {
            Box::pin(async {
                let named = (&place.team, place.object_type.as_str());
                match revalidate(&self.workspace, named, known.flatten(), self.clock.now()).await {
                    Ok(found) => Ok(Some(found)),
                    Err(error) if error.code == Code::NotFound => Ok(None),
                    Err(error) => Err(error),
                }
            })
        };
        self.types.renewed(key, since, &self.clock, read).await
    }
}

impl Changed<'_> {
    /// The id of the event, which is told apart as the entry is.
    fn event(&self) -> EventId {
        EventId::deterministic(self.at, &self.from.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn happened(&self) -> Happened {
        let Place { team, object_type, id } = &self.place;
        let of_type = TypeOfSubject { id: object_type.clone(), slug: self.type_slug().to_owned() };
        let subject =
            Subject { kind: Kind::Object, id: id.to_string(), label: label(self), of_type: Some(of_type) };
        Happened {
            team: team.clone(),
            event: self.turn.event(),
            at: self.at,
            actor: self.actor.clone(),
            subject,
            fields: self.differences.told(self.stored.as_deref()),
            reason: (self.turn == Turn::TrashEnded).then_some("trash_ended"),
            from: self.from.clone(),
        }
    }

    fn occurrence(&self, event: &EventId, since: Timestamp) -> Occurrence {
        let Place { team, object_type, id } = &self.place;
        Occurrence {
            id: event.clone(),
            team: team.clone(),
            topic: self.turn.topic(),
            object_type: object_type.clone(),
            object: id.clone(),
            at: self.at,
            since,
        }
    }

    /// The slug of the type; of one that is gone its id.
    fn type_slug(&self) -> &str {
        self.stored
            .as_ref()
            .map_or(self.place.object_type.as_str(), |stored| stored.object_type.slug.as_str())
    }
}

/// What a change was, and the item that tells of it.
fn turn(change: &Change) -> Option<(Turn, &Item)> {
    match (change.before(), change.after()) {
        (old, Some(new)) => Some((Turn::of(old, new)?, new)),
        (Some(old), None) => Some((Turn::of_removal(old, change.noted_at()?)?, old)),
        (None, None) => None,
    }
}

/// When it was, as far as the item tells.
fn moment(turn: Turn, item: &Item) -> Option<Timestamp> {
    let name = match turn {
        Turn::TrashEnded => return None,
        Turn::Sent => "sent_at",
        _ => "updated_at",
    };
    text(item, name)?.parse().ok()
}

/// Who made the last change of an item.
pub(crate) fn actor(item: &Item) -> Result<Actor> {
    match item.get("actor") {
        Some(AttributeValue::M(actor)) => decode(actor.clone()),
        _ => Err(anyhow::anyhow!("a changed item has no actor").into()),
    }
}

#[cfg(test)]
mod tests;
