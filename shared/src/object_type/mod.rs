//! Object types: what the objects of a team are made of. The object types family writes them; all that makes objects reads them.

mod decimal;
mod fields;
mod value;

use std::collections::BTreeMap;

use anyhow::Context as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

pub use fields::{Changes, FieldValues, checked, required_faults};
pub use value::{Value, check_value};

use crate::{
    actor::Actor,
    error::{Error, Result},
    id::{ObjectTypeId, TeamId},
    table::{AttributeValue, Item, Key, Table, text},
    text::Slug,
    timestamp::Timestamp,
};

/// The most searchable fields of a type: each has an index of its own.
pub const SEARCHABLE_MAX: usize = 16;

/// What an object of a kind is made of.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ObjectType {
    /// Its id.
    pub id: ObjectTypeId,
    /// Its name in URLs, unique in the team.
    pub slug: Slug,
    /// What one is called.
    pub singular_label: String,
    /// What several are called.
    pub plural_label: String,
    /// The fields whose values, joined by spaces, name an object.
    pub item_label_fields: Vec<Slug>,
    /// Its fields, in order.
    pub fields: Vec<Field>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Grows by one with each change.
    pub version: u64,
}

/// One field of an object type.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its name in `fields`, unique in the type.
    pub slug: Slug,
    /// What people call it.
    pub label: String,
    /// What it holds.
    pub r#type: FieldType,
    /// Whether it can be filtered and sorted by.
    #[serde(default)]
    pub searchable: bool,
    /// Whether no two objects may have the same value.
    #[serde(default)]
    pub unique: bool,
    /// Whether an object must have a value.
    #[serde(default)]
    pub required: Required,
    /// What an object is created with if nothing is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// What belongs to the type.
    #[serde(default)]
    pub settings: Settings,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FieldType {
    /// One line.
    Text,
    /// Several lines.
    Textarea,
    /// A name.
    Name,
    /// An e-mail address, kept as written, compared without case.
    Email,
    /// A decimal of up to 38 digits, exact.
    Number,
    /// One of `settings.options`, with its case.
    Dropdown,
    /// True or false.
    Checkbox,
    /// A date or a date with time, as `settings.precision` says.
    Date,
}

/// Whether an object must have a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Required {
    /// It need not.
    #[default]
    Never,
    /// It must.
    Always,
}

/// What belongs to the type of a field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The most characters of a text, textarea or name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<usize>,
    /// The options of a dropdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<Vec<String>>,
    /// Whether a date has a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<Precision>,
}

/// Whether a date has a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// `2026-11-23`.
    #[default]
    Date,
    /// `2026-11-23T10:30:00.000Z`.
    DateTime,
}

/// The values of an object as they are sent: each is read by the type of its field.
pub type SentFields = BTreeMap<String, Box<RawValue>>;

/// A type as it is stored: as one JSON text, since DynamoDB's numbers would round the defaults of decimals.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredObjectType {
    /// The team it belongs to.
    pub team: TeamId,
    /// What clients see.
    pub object_type: ObjectType,
    /// The index, from 1, of each searchable field.
    pub slots: BTreeMap<Slug, usize>,
    /// Who made the last change.
    pub actor: Actor,
}

impl ObjectType {
    /// The field of that name.
    pub fn field(&self, slug: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.slug.as_str() == slug)
    }

    /// The fields that no two objects may share a value of.
    pub fn unique_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.unique)
    }
}

impl StoredObjectType {
    /// The attributes that hold it.
    ///
    /// # Errors
    /// 500: a type can always be written.
    pub fn to_item(&self) -> Result<Item> {
        let definition = serde_json::to_string(self).map_err(anyhow::Error::from)?;
        Ok([("definition".to_owned(), AttributeValue::S(definition))].into())
    }

    /// The type in those attributes.
    ///
    /// # Errors
    /// 500: what is stored always has its form.
    pub fn from_item(item: &Item) -> Result<Self> {
        let definition = text(item, "definition").context("a stored object type has no definition")?;
        Ok(serde_json::from_str(definition).context("reading a stored object type")?)
    }
}

/// The partition of all that a team has set up.
pub fn workspace_partition(team: &TeamId) -> String {
    format!("TEAM#{team}")
}

/// Where a type lies.
pub fn object_type_key(team: &TeamId, id: &ObjectTypeId) -> Key {
    Key::new(workspace_partition(team), format!("TYPE#{id}"))
}

/// Where it is written which type has the slug.
pub fn object_type_slug_key(team: &TeamId, slug: &Slug) -> Key {
    Key::new(workspace_partition(team), format!("TYPESLUG#{slug}"))
}

/// The type of that id or slug.
///
/// # Errors
/// 404 when the team has none such.
pub async fn find(workspace: &Table, team: &TeamId, id_or_slug: &str) -> Result<StoredObjectType> {
    let id = match ObjectTypeId::parse(id_or_slug) {
        Some(id) => Some(id),
        None => match Slug::parse(id_or_slug) {
            Some(slug) => {
                workspace.get(object_type_slug_key(team, &slug)).await?.as_ref().and_then(named_type)
            }
            None => None,
        },
    };
    let item = match id {
        Some(id) => workspace.get(object_type_key(team, &id)).await?,
        None => None,
    };
    StoredObjectType::from_item(&item.ok_or_else(|| Error::not_found("object type"))?)
}

fn named_type(item: &Item) -> Option<ObjectTypeId> {
    text(item, "id").and_then(ObjectTypeId::parse)
}
