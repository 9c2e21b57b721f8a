//! Objects as they are seen through a view.

use std::collections::BTreeMap;

use api::extract::{LIMIT_MAX, List};
use base::text::Slug;
use records::{
    object_type::TypeProblem,
    objects::{Collection, StoredObject},
};
use schemars::JsonSchema;
use search::{Filter, Object};
use serde::Serialize;

/// An object as it is seen through a view.
#[derive(Serialize, JsonSchema)]
pub struct ShownObject {
    /// The object, with the fields that are shown.
    #[serde(flatten)]
    pub object: Object,
    /// Its color, of a view that has rules for colors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<Option<String>>,
    /// The colors of its fields, of a view that has rules for colors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colors: Option<BTreeMap<Slug, String>>,
}

/// A page of objects, seen through a view or as they are.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ListOfShownObject")]
pub struct ObjectList {
    /// The objects.
    #[schemars(length(max = LIMIT_MAX))]
    pub data: Vec<ShownObject>,
    /// What to send as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
    /// What is wrong with the view, if something is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problems: Option<Vec<TypeProblem>>,
}

impl From<List<Object>> for ObjectList {
    /// Objects as they are.
    fn from(List { data, next_cursor }: List<Object>) -> Self {
        let plain = |object| ShownObject { object, color: None, colors: None };
        Self { data: data.into_iter().map(plain).collect(), next_cursor, problems: None }
    }
}

/// The rules for colors: what must hold, the color, and the field if it is not for the whole object.
#[derive(Default)]
pub(crate) struct Colors {
    pub(crate) rules: Option<Vec<(Filter, String, Option<Slug>)>>,
}

/// The color of an object, and those of its fields.
type Colored = (Option<Option<String>>, Option<BTreeMap<Slug, String>>);

impl Colors {
    /// The colors of an object: for the whole and for each field that of the first rule that holds.
    pub(crate) fn of(&self, object: &StoredObject, collection: &Collection) -> Colored {
        let Some(rules) = &self.rules else { return (None, None) };
        let (mut whole, mut fields) = (None, BTreeMap::new());
        for (filter, color, field) in rules {
            if !filter.matches(object, &collection.stored) {
                continue;
            }
            match field {
                None => whole = whole.or_else(|| Some(color.clone())),
                Some(field) => {
                    fields.entry(field.clone()).or_insert_with(|| color.clone());
                }
            }
        }
        (Some(whole), Some(fields))
    }
}
