//! What changed of an object's values.

use std::collections::BTreeSet;

use shared::{
    audit::FieldChange,
    object_type::{FieldValues, StoredObjectType, Value},
    text::Slug,
};

/// The values that are not what they were.
pub(super) struct Differences(Vec<Difference>);

/// A value that is not what it was.
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

    /// Whether everything is what it was.
    pub(super) fn is_nothing(&self) -> bool {
        self.0.is_empty()
    }

    /// Those of fields that the type has.
    pub(super) fn known(&self, stored: Option<&StoredObjectType>) -> impl Iterator<Item = &Difference> {
        let is_known = move |one: &&Difference| {
            stored.is_none_or(|stored| stored.object_type.field(one.slug.as_str()).is_some())
        };
        self.0.iter().filter(is_known)
    }

    /// All of them, as the audit log tells them; a field that is gone by now is told by its slug.
    pub(super) fn told(&self, stored: Option<&StoredObjectType>) -> Vec<FieldChange> {
        let told = |Difference { slug, old, new }: &Difference| {
            let field = stored.and_then(|stored| stored.object_type.field(slug.as_str()));
            let label = field.map_or(slug.as_str(), |field| &field.label);
            FieldChange::new(slug.as_str(), label).values(old.as_ref(), new.as_ref())
        };
        self.0.iter().map(told).collect()
    }
}
