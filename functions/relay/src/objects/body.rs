//! The body of an event: the object as the API returns it, and its changes.

use std::collections::BTreeMap;

use anyhow::Context as _;
use base::{
    Result, Timestamp,
    actor::Source,
    id::{EventId, FormId, ObjectId, ObjectTypeId, TeamId, TokenId, UserId},
    text::Slug,
};
use delivery::Topic;
use records::object_type::{Value, values_of};
use serde::Serialize;
use table::text;

use super::{ObjectChange, change_kind::ChangeKind, differences::Difference};

/// The most bytes of a body: an item of DynamoDB has at most 400 KB.
const SIZE_MAX: usize = 380_000;

/// The JSON body of an event.
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
    /// None if the system made the change.
    actor: Option<EventActor<'a>>,
    source: Option<Source>,
    /// For a deletion: true if the object cannot be restored.
    #[serde(skip_serializing_if = "Option::is_none")]
    permanent: Option<bool>,
}

#[derive(Clone, Serialize)]
struct TypeName<'a> {
    id: &'a ObjectTypeId,
    slug: &'a str,
}

/// An object as the API returns it.
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
    created_by: Option<&'a str>,
    updated_by: Option<&'a str>,
}

/// The values of an object, unless they are too large.
#[derive(Serialize)]
#[serde(untagged)]
enum Fields {
    Values(BTreeMap<Slug, Option<Value>>),
    Omitted { omitted: bool },
}

/// A value before and after, unless these are too large.
#[derive(Serialize)]
#[serde(untagged)]
enum Change<'a> {
    Values { old: Option<&'a Value>, new: Option<&'a Value> },
    Omitted { omitted: bool },
}

#[derive(Serialize)]
struct EventActor<'a> {
    user: Option<&'a UserId>,
    token: Option<&'a TokenId>,
    /// The name of the token, if its owner is a member of the team.
    token_name: Option<&'a str>,
    form: Option<&'a FormId>,
}

impl<'a> Body<'a> {
    pub(super) fn of(change: &'a ObjectChange<'a>, event: &'a EventId) -> Result<Self> {
        let ObjectChange { key, kind, at, version, actor, .. } = change;
        let value_change = |Difference { slug, old, new }: &'a Difference| {
            (slug, Change::Values { old: old.as_ref(), new: new.as_ref() })
        };
        // All values of a new object are new: they are only in `object`, not in `changes` as well.
        let differences = change.differences.of_existing_fields(change.stored.as_deref());
        let changes = differences.filter(|_| *kind == ChangeKind::Updated).map(value_change).collect();
        let data = Data {
            event_id: event,
            team: &key.team,
            object_type: type_name(change),
            object: object(change).context("a stored object is not whole")?,
            changes,
            version: *version,
            actor: actor.as_ref().map(|actor| EventActor {
                user: actor.user.as_ref(),
                token: actor.token.as_ref(),
                token_name: change.token_name.as_deref(),
                form: actor.form.as_ref(),
            }),
            source: actor.as_ref().map(|actor| actor.source),
            permanent: kind.is_permanent().then_some(true),
        };
        Ok(Self { r#type: kind.topic(), timestamp: *at, data })
    }

    /// The JSON text. If it is too large, the values in `changes` are left out, and then those of the object
    /// too.
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

fn type_name<'a>(change: &'a ObjectChange<'a>) -> TypeName<'a> {
    TypeName { id: &change.key.object_type, slug: change.type_slug() }
}

fn object<'a>(change: &'a ObjectChange<'a>) -> Option<Object<'a>> {
    let item = change.item;
    Some(Object {
        id: &change.key.id,
        object_type: type_name(change),
        version: change.version,
        created_at: text(item, "created_at")?,
        updated_at: text(item, "updated_at")?,
        trashed_at: text(item, "trashed_at"),
        label: label(change),
        fields: Fields::Values(fields(change)),
        created_by: text(item, "created_by"),
        updated_by: text(item, "updated_by"),
    })
}

/// The values of all fields that the type has; if the type was destroyed, those of the object.
fn fields(change: &ObjectChange<'_>) -> BTreeMap<Slug, Option<Value>> {
    let mut values = values_of(change.item);
    match &change.stored {
        Some(stored) => {
            let fields = stored.object_type.fields.iter();
            fields.map(|field| (field.slug.clone(), values.remove(&field.slug))).collect()
        }
        None => values.into_iter().map(|(slug, value)| (slug, Some(value))).collect(),
    }
}

/// The label of the object: the values of the fields that name it, or else its id.
pub(super) fn label(change: &ObjectChange<'_>) -> String {
    let label =
        change.stored.as_ref().and_then(|stored| stored.object_type.label_of(&values_of(change.item)));
    label.unwrap_or_else(|| change.key.id.to_string())
}
