//! One operation of a batch.

use api::extract::IfMatch;
use base::id::ObjectId;

use crate::object_type::SentFields;

/// An operation that has all it needs.
pub enum BatchOperation<'a> {
    /// Creates an object.
    Create {
        /// Its values.
        fields: &'a SentFields,
    },
    /// Changes an object.
    Update {
        /// The object.
        id: &'a ObjectId,
        /// The values that change.
        fields: &'a SentFields,
        /// The version that it must have.
        if_match: IfMatch,
    },
    /// Changes the object with the same unique value, or creates it.
    Upsert {
        /// The unique field.
        field: &'a str,
        /// The values, with the one that the object is found by.
        fields: &'a SentFields,
        /// The version that it must have.
        if_match: IfMatch,
    },
    /// Moves an object to the trash.
    Delete {
        /// The object.
        id: &'a ObjectId,
        /// The version that it must have.
        if_match: IfMatch,
    },
}

impl BatchOperation<'_> {
    /// The values that are sent.
    pub(super) fn fields(&self) -> Option<&SentFields> {
        match self {
            BatchOperation::Create { fields }
            | BatchOperation::Update { fields, .. }
            | BatchOperation::Upsert { fields, .. } => Some(fields),
            BatchOperation::Delete { .. } => None,
        }
    }
}
