//! What a query can look at, by its name.

use base::{Fault, Violation};
use records::object_type::StoredObjectType;

use crate::filter::Column;

/// The column of that name. A field of the type comes first.
pub(crate) fn resolve_column(
    object_type: &StoredObjectType,
    pointer: &str,
    name: &str,
) -> Result<Column, Fault> {
    let Some(field) = object_type.object_type.field(name) else {
        return match name {
            "created_at" => Ok(Column::CreatedAt),
            "updated_at" => Ok(Column::UpdatedAt),
            _ => Err(unknown_field(object_type, pointer)),
        };
    };
    let slot = object_type.slots.get(&field.slug).ok_or_else(|| {
        let detail = format!("The field {name} is not searchable.");
        Fault::new(pointer, Violation::FieldNotSearchable, detail)
    })?;
    if object_type.is_search_index_built(name) {
        return Ok(Column::Field(field.slug.clone(), *slot));
    }
    let detail = format!("The index of {name} is being built; the field says how far it is.");
    Err(Fault::new(pointer, Violation::IndexBuilding, detail))
}

/// The fault of a field that is not there.
pub(crate) fn unknown_field(object_type: &StoredObjectType, pointer: &str) -> Fault {
    let detail = format!("The object type {} has no such field.", object_type.object_type.slug);
    Fault::new(pointer, Violation::UnknownField, detail)
}
