//! What webhooks are told of an object: the object as a reader sees it, and what has changed of it.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::Serialize;
use shared::{
    Result, Timestamp,
    actor::Source,
    id::{EventId, ObjectId, ObjectTypeId, TeamId, TokenId, UserId},
    object_type::{Value, values_of},
    table::text,
    text::Slug,
    webhook::Topic,
};

use super::{Changed, differences::Difference, turn::Turn};

/// The most bytes of a body: an item of DynamoDB has 400 KB.
const SIZE_MAX: usize = 380_000;

/// The JSON that is sent.
#[derive(Serialize)]
pub(super) struct Body<'a> {
    r#type: Topic,
    timestamp: Timestamp,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    event_id: &'a EventId,
    team: &'a TeamId,
    object_type: TypeName<'a>,
    object: Object<'a>,
    changes: BTreeMap<&'a Slug, Change<'a>>,
    version: u64,
    /// Nobody, where time did it.
    actor: Option<Doer<'a>>,
    source: Option<Source>,
    /// Of a deletion: whether there is no way back.
    #[serde(skip_serializing_if = "Option::is_none")]
    permanent: Option<bool>,
}

#[derive(Clone, Serialize)]
struct TypeName<'a> {
    id: &'a ObjectTypeId,
    slug: &'a str,
}

/// An object, as whoever may read it sees it.
#[derive(Serialize)]
struct Object<'a> {
    id: &'a ObjectId,
    object_type: TypeName<'a>,
    version: u64,
    created_at: &'a str,
    updated_at: &'a str,
    trashed_at: Option<&'a str>,
    label: String,
    fields: Fields,
    created_by: &'a str,
    updated_by: &'a str,
}

/// The values of an object, or that they are too large.
#[derive(Serialize)]
#[serde(untagged)]
enum Fields {
    Values(BTreeMap<Slug, Option<Value>>),
    Omitted { omitted: bool },
}

/// A value before and after, or that these are too large.
#[derive(Serialize)]
#[serde(untagged)]
enum Change<'a> {
    Values { old: Option<&'a Value>, new: Option<&'a Value> },
    Omitted { omitted: bool },
}

#[derive(Serialize)]
struct Doer<'a> {
    user: &'a UserId,
    token: Option<&'a TokenId>,
    /// What its owner calls it, of a token of a member.
    token_name: Option<&'a str>,
}

impl<'a> Body<'a> {
    pub(super) fn of(changed: &'a Changed<'a>, event: &'a EventId) -> Result<Self> {
        let Changed { place, turn, at, version, actor, .. } = changed;
        let change = |Difference { slug, old, new }: &'a Difference| {
            (slug, Change::Values { old: old.as_ref(), new: new.as_ref() })
        };
        // Of what is new everything is new: it is told once.
        let differences = changed.differences.known(changed.stored.as_deref());
        let changes = differences.filter(|_| *turn == Turn::Updated).map(change).collect();
        let data = Data {
            event_id: event,
            team: &place.team,
            object_type: type_name(changed),
            object: object(changed).context("a stored object is not whole")?,
            changes,
            version: *version,
            actor: actor.as_ref().map(|actor| Doer {
                user: &actor.user,
                token: actor.token.as_ref(),
                token_name: changed.token_name.as_deref(),
            }),
            source: actor.as_ref().map(|actor| actor.source),
            permanent: turn.is_permanent().then_some(true),
        };
        Ok(Self { r#type: turn.topic(), timestamp: *at, data })
    }

    /// The text. What would make it too large is left out: first the values in `changes`, then those of the object.
    pub(super) fn text(mut self) -> Result<String> {
        let text = self.written()?;
        if text.len() <= SIZE_MAX {
            return Ok(text);
        }
        self.data.changes.values_mut().for_each(|change| *change = Change::Omitted { omitted: true });
        let text = self.written()?;
        if text.len() <= SIZE_MAX {
            return Ok(text);
        }
        self.data.object.fields = Fields::Omitted { omitted: true };
        self.written()
    }

    fn written(&self) -> Result<String> {
        Ok(serde_json::to_string(self).map_err(anyhow::Error::from)?)
    }
}

fn type_name<'a>(changed: &'a Changed<'a>) -> TypeName<'a> {
    TypeName { id: &changed.place.object_type, slug: changed.type_slug() }
}

fn object<'a>(changed: &'a Changed<'a>) -> Option<Object<'a>> {
    let item = changed.item;
    Some(Object {
        id: &changed.place.id,
        object_type: type_name(changed),
        version: changed.version,
        created_at: text(item, "created_at")?,
        updated_at: text(item, "updated_at")?,
        trashed_at: text(item, "trashed_at"),
        label: label(changed),
        fields: Fields::Values(fields(changed)),
        created_by: text(item, "created_by")?,
        updated_by: text(item, "updated_by")?,
    })
}

/// The values of all fields that the type has; of a type that is gone, those that are there.
fn fields(changed: &Changed<'_>) -> BTreeMap<Slug, Option<Value>> {
    let mut values = values_of(changed.item);
    match &changed.stored {
        Some(stored) => {
            let fields = stored.object_type.fields.iter();
            fields.map(|field| (field.slug.clone(), values.remove(&field.slug))).collect()
        }
        None => values.into_iter().map(|(slug, value)| (slug, Some(value))).collect(),
    }
}

/// What people call the object: the values of the fields that name it, or else its id.
pub(super) fn label(changed: &Changed<'_>) -> String {
    let label =
        changed.stored.as_ref().and_then(|stored| stored.object_type.label_of(&values_of(changed.item)));
    label.unwrap_or_else(|| changed.place.id.to_string())
}
