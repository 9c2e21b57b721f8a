//! The differences between the values of an object before and after a change.

use std::collections::BTreeSet;

use audit::FieldChange;
use base::text::Slug;
use records::object_type::{FieldValues, StoredObjectType, Value};

/// The values that differ.
pub(super) struct Differences(Vec<Difference>);

/// A value before and after.
pub(super) struct Difference {
    pub(super) slug: Slug,
    pub(super) old: Option<Value>,
    pub(super) new: Option<Value>,
}

impl Differences {
    pub(super) fn between(mut old: FieldValues, mut new: FieldValues) -> Self {
        let slugs: BTreeSet<Slug> = old.keys().chain(new.keys()).cloned().collect();
        let difference = |slug: Slug| {
            let (old, new) = (old.remove(&slug), new.remove(&slug));
            (old != new).then_some(Difference { slug, old, new })
        };
        Self(slugs.into_iter().filter_map(difference).collect())
    }

    /// Whether all values are the same.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The differences of fields that the type still has.
    pub(super) fn of_existing_fields(
        &self,
        stored: Option<&StoredObjectType>,
    ) -> impl Iterator<Item = &Difference> {
        let exists = move |one: &&Difference| {
            stored.is_none_or(|stored| stored.object_type.field(one.slug.as_str()).is_some())
        };
        self.0.iter().filter(exists)
    }

    /// All differences as entries of the audit log have them. The label of a field that was removed meanwhile
    /// is its slug.
    pub(super) fn field_changes(&self, stored: Option<&StoredObjectType>) -> Vec<FieldChange> {
        let change = |Difference { slug, old, new }: &Difference| {
            let field = stored.and_then(|stored| stored.object_type.field(slug.as_str()));
            let label = field.map_or(slug.as_str(), |field| &field.label);
            FieldChange::new(slug.as_str(), label).values(old.as_ref(), new.as_ref())
        };
        self.0.iter().map(change).collect()
    }
}
