//! What a query may look at, by its name.

use std::{borrow::Cow, collections::BTreeSet};

use base::{Fault, Violation, id::ObjectId, text::Slug};
use records::object_type::{Field, StoredObjectType};
use table::{Item, text};

/// What objects are compared and sorted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// A searchable field, and its slot.
    Field(Slug, usize),
    /// When an object was created.
    CreatedAt,
    /// When it last changed.
    UpdatedAt,
}

/// What a query may name: the fields of a type, all of them or only those that its asker is shown. One that is not shown is
/// like one that never was.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The type.
    pub object_type: &'a StoredObjectType,
    /// The fields that are shown; all if there are none.
    pub shown: Option<&'a BTreeSet<Slug>>,
}

impl<'a> From<&'a StoredObjectType> for Scope<'a> {
    fn from(object_type: &'a StoredObjectType) -> Self {
        Self { object_type, shown: None }
    }
}

impl<'a> Scope<'a> {
    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&'a Field> {
        let field = self.object_type.object_type.field(name)?;
        self.shown.is_none_or(|shown| shown.contains(&field.slug)).then_some(field)
    }

    /// The column of that name. A field of the type comes first.
    ///
    /// # Errors
    /// The fault of what is not there, or cannot be searched by.
    pub fn column(&self, pointer: &str, name: &str) -> Result<Column, Fault> {
        let Some(field) = self.field(name) else {
            return match name {
                "created_at" => Ok(Column::CreatedAt),
                "updated_at" => Ok(Column::UpdatedAt),
                _ => Err(self.unknown_field(pointer)),
            };
        };
        let slot = self.object_type.slots.get(&field.slug).ok_or_else(|| {
            let detail = format!("The field {name} is not searchable.");
            Fault::new(pointer, Violation::FieldNotSearchable, detail)
        })?;
        if self.object_type.is_search_index_built(name) {
            return Ok(Column::Field(field.slug.clone(), *slot));
        }
        let detail = format!("The index of {name} is being built; the field says how far it is.");
        Err(Fault::new(pointer, Violation::IndexBuilding, detail))
    }

    /// The fault of a field that is not there.
    pub fn unknown_field(&self, pointer: &str) -> Fault {
        let detail = format!("The object type {} has no such field.", self.object_type.object_type.slug);
        Fault::new(pointer, Violation::UnknownField, detail)
    }
}

impl Column {
    /// The key of an item or an entry in this column; the outer `None` where the entry does not tell.
    pub(crate) fn key_of<'a>(&self, item: &'a Item) -> Option<Option<Cow<'a, str>>> {
        Some(match self {
            Column::Field(slug, _) => text(item.get("q")?.as_m().ok()?, slug.as_str()).map(Cow::Borrowed),
            Column::CreatedAt => Some(ObjectId::parse(text(item, "sk")?)?.made_at()?.to_string().into()),
            Column::UpdatedAt => Some(text(item, "updated_at")?.into()),
        })
    }
}
