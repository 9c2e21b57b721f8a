//! Objects as they are sent, and what a write answers.

use records::{
    object_type::{SentFields, SentValues},
    objects::Outcome,
};
use resources::Trashed;
use schemars::JsonSchema;
use search::{Expand, Object};
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

/// The query of a read.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadQuery {
    /// `only` shows what is in the trash.
    pub(crate) trashed: Option<Trashed>,
    /// `uploads` tells of uploads in the place of their ids.
    pub(crate) expand: Option<Expand>,
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
