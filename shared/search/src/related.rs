//! The reverse side of relationships: the objects that point at one.

use base::{Error, Result, id::ObjectId};
use records::object_type::{FieldType, ObjectType, StoredObjectType};
use resources::Trashed;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::expand::Expand;

use crate::{
    operator::Operator,
    parameters::Conditions,
    raw_query::{Name, Node, RawCondition, RawOperand, RawQuery},
    search::Search,
};

/// The pointer of a fault in the field, which the path names.
const FIELD: &str = "{field}";

/// The query of the objects that point at one.
#[derive(Deserialize, JsonSchema)]
pub struct RelatedQuery {
    /// The object type whose field it is, by its id or slug; that of the object itself if it is left out.
    pub object_type: Option<String>,
    /// `only` lists what is in the trash.
    trashed: Option<Trashed>,
    /// The order: a searchable field, `created_at` or `updated_at`, with `-` in front from the last to the first.
    sort: Option<String>,
    /// The fields to answer with, joined by commas; all if it is left out.
    fields: Option<String>,
    /// `uploads` tells of uploads in the place of their ids.
    expand: Option<Expand>,
    // Of what is flattened as a whole, a fault would have no place.
    #[serde(flatten)]
    conditions: Conditions,
}

impl RelatedQuery {
    /// The query besides.
    ///
    /// # Errors
    /// 400 for what is no condition.
    pub fn raw(&self) -> Result<RawQuery> {
        let Self { object_type: _, trashed, sort, fields, expand, conditions } = self;
        let expand = expand.map(|expand| expand.asked_at("?expand"));
        Ok(RawQuery { expand, ..conditions.raw(*trashed, sort.as_deref(), fields.as_deref())? })
    }
}

impl RawQuery {
    /// The question for objects of this type whose field points at that object.
    ///
    /// # Errors
    /// 404 when the type has no field that does.
    pub fn pointing(
        self,
        (pointing, field): (&StoredObjectType, &str),
        (object_type, id): (&ObjectType, &ObjectId),
    ) -> Result<Search> {
        let is_there = pointing.object_type.field(field).is_some_and(|field| {
            field.r#type == FieldType::Relationship
                && field.settings.object_type.as_deref() == Some(object_type.id.as_str())
        });
        if !is_there {
            return Err(Error::not_found("relationship with this object's type"));
        }
        let points = Node::Is(RawCondition {
            field: Name::new(FIELD, field),
            op: Operator::Eq,
            op_pointer: FIELD.to_owned(),
            value: RawOperand::Text(id.to_string()),
            value_pointer: FIELD.to_owned(),
        });
        let nodes = std::iter::once(points).chain(self.filter).collect();
        Self { filter: Some(Node::All(nodes)), ..self }.resolve(pointing)
    }
}
