//! Objects as they are sent, and as the caller may see them.

use std::collections::{BTreeMap, BTreeSet};

use api::Member;
use base::{
    Permission, Timestamp,
    id::{ObjectId, ObjectTypeId, UserId},
    text::Slug,
};
use records::{
    object_type::{ObjectType, SentFields, SentValues, Value},
    objects::{Outcome, StoredObject},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The body of a write.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = serde_json::json!({"fields": {"email": "ada@example.com", "name": "Ada", "amount": 12.5}}))]
pub(crate) struct Fields {
    /// The values by the slug of their field, 350,000 bytes together; null or an empty text is no value.
    #[schemars(with = "SentValues")]
    pub(crate) fields: SentFields,
}

/// The query of an upsert.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpsertQuery {
    /// The unique field by whose value the object is found.
    #[schemars(length(min = 1), example = &"email")]
    pub(crate) r#match: String,
}

/// An object as the caller may see it; values, version and times only if the caller may read objects.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Object {
    pub(crate) id: ObjectId,
    pub(crate) object_type: TypeName,
    #[serde(flatten)]
    state: Option<State>,
    #[serde(flatten)]
    content: Option<Content>,
}

/// The version and times of an object, which only readers see: others could test a guess at a value by whether
/// it is a change.
#[derive(Serialize, JsonSchema)]
struct State {
    version: u64,
    created_at: Timestamp,
    updated_at: Timestamp,
    trashed_at: Option<Timestamp>,
}

/// The type of an object.
#[derive(Serialize, JsonSchema)]
pub(crate) struct TypeName {
    id: ObjectTypeId,
    pub(crate) slug: Slug,
}

/// What only readers see.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Content {
    /// Its name, of the values of `item_label_fields`.
    label: String,
    fields: BTreeMap<Slug, Option<Value>>,
    created_by: UserId,
    updated_by: UserId,
}

/// An object that was created or changed.
#[derive(Serialize, JsonSchema)]
pub(crate) struct UpsertedObject {
    #[serde(flatten)]
    pub(crate) object: Object,
    outcome: Outcome,
}

impl UpsertedObject {
    pub(crate) fn new(object: Object, outcome: Outcome) -> Self {
        Self { object, outcome }
    }
}

impl Object {
    /// The stored object, as the caller may see it.
    pub(crate) fn of(object: StoredObject, object_type: &ObjectType, caller: &Member) -> Self {
        let label = label(&object, object_type);
        let StoredObject {
            id,
            mut fields,
            version,
            created_at,
            updated_at,
            created_by,
            updated_by,
            trashed_at,
            ..
        } = object;
        let may_read = caller.may(Permission::ObjectRead);
        let state = may_read.then_some(State { version, created_at, updated_at, trashed_at });
        let content = may_read.then(|| Content {
            label,
            fields: object_type
                .fields
                .iter()
                .map(|field| (field.slug.clone(), fields.remove(&field.slug)))
                .collect(),
            created_by,
            updated_by,
        });
        let object_type = TypeName { id: object_type.id.clone(), slug: object_type.slug.clone() };
        Self { id, object_type, state, content }
    }

    /// Its version, for those who may read objects.
    pub(crate) fn version(&self) -> Option<u64> {
        self.state.as_ref().map(|state| state.version)
    }

    /// Without its values.
    pub(crate) fn without_content(self) -> Self {
        Self { content: None, ..self }
    }

    /// Projects the object to these fields, if some were asked for.
    pub(crate) fn select_fields(mut self, slugs: Option<&BTreeSet<Slug>>) -> Self {
        if let (Some(content), Some(slugs)) = (&mut self.content, slugs) {
            content.fields.retain(|slug, _| slugs.contains(slug));
        }
        self
    }
}

fn label(object: &StoredObject, object_type: &ObjectType) -> String {
    object_type.label_of(&object.fields).unwrap_or_else(|| object.id.to_string())
}
