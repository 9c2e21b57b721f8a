//! Objects as the caller may see them.

use std::collections::{BTreeMap, BTreeSet};

use api::Member;
use base::{
    Permission, Timestamp,
    id::{ObjectId, ObjectTypeId, UploadId, UserId},
    text::Slug,
};
use records::{
    object_type::{ObjectType, Value},
    objects::{StoredObject, Uploads},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::expand::NamedUpload;

/// An object as the caller may see it; values, version and times only if the caller may read objects.
#[derive(Serialize, JsonSchema)]
pub struct Object {
    /// Its id.
    pub id: ObjectId,
    /// Its type.
    pub object_type: TypeName,
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
pub struct TypeName {
    id: ObjectTypeId,
    /// Its slug.
    pub slug: Slug,
}

/// What only readers see.
#[derive(Serialize, JsonSchema)]
struct Content {
    /// Its name, of the values of `item_label_fields`.
    label: String,
    fields: BTreeMap<Slug, Option<Shown>>,
    /// Null if it came through a form.
    created_by: Option<UserId>,
    /// Null if the last change came through a form.
    updated_by: Option<UserId>,
}

/// A value as it is shown.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Shown {
    Value(Value),
    /// With `expand=uploads`, of a field that holds uploads.
    Uploads(Vec<NamedUpload>),
}

impl Object {
    /// The stored object, as the caller may see it.
    pub fn of(object: StoredObject, object_type: &ObjectType, caller: &Member) -> Self {
        let whole = Self::whole(object, object_type);
        if caller.may(Permission::ObjectRead) { whole } else { Self { state: None, content: None, ..whole } }
    }

    /// The stored object with these fields alone, of which its label is made too.
    pub fn within(mut object: StoredObject, object_type: &ObjectType, fields: &BTreeSet<Slug>) -> Self {
        object.fields.retain(|slug, _| fields.contains(slug));
        Self::whole(object, object_type).select_fields(Some(fields))
    }

    fn whole(object: StoredObject, object_type: &ObjectType) -> Self {
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
        let state = Some(State { version, created_at, updated_at, trashed_at });
        let content = Some(Content {
            label,
            fields: object_type
                .fields
                .iter()
                .map(|field| (field.slug.clone(), fields.remove(&field.slug).map(Shown::Value)))
                .collect(),
            created_by,
            updated_by,
        });
        let object_type = TypeName { id: object_type.id.clone(), slug: object_type.slug.clone() };
        Self { id, object_type, state, content }
    }

    /// Its version, for those who may read objects.
    pub fn version(&self) -> Option<u64> {
        self.state.as_ref().map(|state| state.version)
    }

    /// Without its values.
    #[must_use]
    pub fn without_content(self) -> Self {
        Self { content: None, ..self }
    }

    /// The ids of the uploads that are shown of it.
    pub(crate) fn named_uploads(&self, object_type: &ObjectType) -> Vec<UploadId> {
        let values = self.content.iter().flat_map(|content| &content.fields);
        let lists = values.filter_map(|(slug, value)| match value {
            Some(Shown::Value(Value::List(ids))) if holds_uploads(object_type, slug) => Some(ids),
            _ => None,
        });
        lists.flatten().filter_map(|id| UploadId::parse(id)).collect()
    }

    /// The same, with what is told of its uploads in the place of their ids.
    pub(crate) fn expanded(mut self, object_type: &ObjectType, uploads: &Uploads) -> Self {
        for (slug, value) in self.content.iter_mut().flat_map(|content| &mut content.fields) {
            if let Some(Shown::Value(Value::List(ids))) = value
                && holds_uploads(object_type, slug)
            {
                let named = ids.iter().filter_map(|id| NamedUpload::of(id, uploads)).collect();
                *value = Some(Shown::Uploads(named));
            }
        }
        self
    }

    /// Projects the object to these fields, if some were asked for.
    #[must_use]
    pub fn select_fields(mut self, slugs: Option<&BTreeSet<Slug>>) -> Self {
        if let (Some(content), Some(slugs)) = (&mut self.content, slugs) {
            content.fields.retain(|slug, _| slugs.contains(slug));
        }
        self
    }
}

fn holds_uploads(object_type: &ObjectType, slug: &Slug) -> bool {
    object_type.field(slug.as_str()).is_some_and(|field| field.r#type.holds_uploads())
}

fn label(object: &StoredObject, object_type: &ObjectType) -> String {
    object_type.label_of(&object.fields).unwrap_or_else(|| object.id.to_string())
}
