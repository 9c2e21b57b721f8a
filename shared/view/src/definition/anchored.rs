//! Parts of a definition, with the generation of each field that they name.

use std::collections::BTreeMap;

use base::text::Slug;
use records::object_type::{
    FieldNeed, FieldReference, FieldUse, StoredObjectType, TypeProblem, TypeProblemCode,
};
use serde::{Deserialize, Serialize};

use super::{NamedField, Part};

/// In the place of a generation: there was no such field, and the name meant a time of the object itself.
const NO_FIELD: u64 = 0;

/// A part of a definition as it was sent, and for each field that it names the version of the type that added it; those that
/// were there from the beginning are left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Anchored<T> {
    /// The part.
    pub part: T,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    since: BTreeMap<String, u64>,
}

impl<T: Part> Anchored<T> {
    /// The part, whose fields are those that the type has now.
    pub fn of(part: T, object_type: &StoredObjectType) -> Self {
        let generation = |named: NamedField<'_>| {
            let since = object_type.reference(named.name).map_or(NO_FIELD, |reference| reference.since);
            (since != FieldReference::FIRST).then(|| (named.name.to_owned(), since))
        };
        let since = part.named("").into_iter().filter_map(generation).collect();
        Self { part, since }
    }

    /// What is wrong with it, as the type is now.
    pub fn problems(&self, pointer: &str, object_type: &StoredObjectType) -> Vec<TypeProblem> {
        let named = self.part.named(pointer);
        named.into_iter().filter_map(|named| self.problem_of(named, object_type)).collect()
    }

    /// Whether the field of that name is the one that is meant.
    pub fn is_meant(&self, name: &str, object_type: &StoredObjectType) -> bool {
        let named = NamedField { pointer: String::new(), name, is_searched: false };
        self.problem_of(named, object_type).is_none()
    }

    fn problem_of(
        &self,
        NamedField { pointer, name, is_searched }: NamedField<'_>,
        object_type: &StoredObjectType,
    ) -> Option<TypeProblem> {
        let slug = Slug::parse(name)?;
        let since = self.since.get(name).copied().unwrap_or(FieldReference::FIRST);
        if since == NO_FIELD {
            let is_field_now = object_type.object_type.field(name).is_some();
            return is_field_now.then(|| TypeProblem::new(pointer, TypeProblemCode::FieldGone, Some(&slug)));
        }
        let need = if is_searched { FieldNeed::Searchable } else { FieldNeed::Present };
        object_type.problem_of(&FieldUse { pointer, field: FieldReference { slug, since }, need })
    }
}
