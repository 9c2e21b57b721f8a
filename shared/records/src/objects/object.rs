//! Objects as they are stored.

use std::collections::BTreeMap;

use base::{
    Timestamp,
    id::{ObjectId, UserId},
    text::Slug,
};
use resources::TRASH_SECONDS;

use super::{Collection, Writer, keys::unique_keys};
use crate::object_type::{Changes, FieldValues, StoredObjectType};

/// An object as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredObject {
    /// Its id.
    pub id: ObjectId,
    /// Its values.
    pub fields: FieldValues,
    /// The keys of its values in unique fields, whose entries in the unique index are its own unless it is in
    /// the trash.
    pub(crate) unique: BTreeMap<Slug, String>,
    /// Grows by one with each change.
    pub version: u64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Who created it; nobody is known where it came through a public channel.
    pub created_by: Option<UserId>,
    /// Who changed it last; nobody likewise.
    pub updated_by: Option<UserId>,
    /// When it was moved to the trash.
    pub trashed_at: Option<Timestamp>,
    /// Marked to be destroyed.
    pub(crate) destroyed: bool,
}

impl StoredObject {
    /// Whether it is not in the trash and not about to be destroyed.
    pub fn is_live(&self) -> bool {
        self.trashed_at.is_none() && !self.destroyed
    }

    /// Whether nobody can reach it any more: it is being destroyed, or its time in the trash is over.
    pub(crate) fn is_purged(&self, now: Timestamp) -> bool {
        self.destroyed || self.trashed_at.is_some_and(|at| at < trash_cutoff(now))
    }

    /// The object with the keys that its values have now, where it holds one of a version before.
    pub(crate) fn with_keys_renewed(mut self, object_type: &StoredObjectType) -> Self {
        for (slug, held) in &mut self.unique {
            let field = object_type.object_type.field(slug.as_str()).zip(self.fields.get(slug));
            if let Some((field, value)) = field
                && field.former_unique_key(value).as_ref() == Some(held)
            {
                *held = field.unique_key(value);
            }
        }
        self
    }

    /// The object as these changes leave it.
    pub(crate) fn changed(
        self,
        changes: &Changes,
        collection: &Collection,
        (by, now): (&dyn Writer, Timestamp),
    ) -> Self {
        let (mut fields, mut unique) = (self.fields, self.unique);
        fields.extend(changes.set.clone());
        unique.extend(unique_keys(&changes.set, &collection.stored));
        for slug in &changes.clear {
            fields.remove(slug);
            unique.remove(slug);
        }
        Self {
            fields,
            unique,
            version: self.version + 1,
            updated_at: now,
            updated_by: by.author().cloned(),
            ..self
        }
    }
}

/// The retention limit of the trash: what was moved there before that moment is gone. DynamoDB removes it some
/// time later.
pub fn trash_cutoff(now: Timestamp) -> Timestamp {
    now.plus_seconds(-TRASH_SECONDS)
}
