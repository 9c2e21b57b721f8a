//! Object types: what the objects of a team are made of.

mod change;
mod count_limit;
mod handlers;
mod migration;
mod object_type;
mod relationships;
mod scan;
mod store;
mod trash;
mod view;

use api::Routes;
use base::Permission::{
    ObjectTypeCreate, ObjectTypeDelete, ObjectTypeForceDelete, ObjectTypeRead, ObjectTypeUpdate,
};

pub use store::Store;

/// The table.
pub fn routes() -> Routes<Store> {
    Routes::new("Object types", "/v1/teams/{team}/object-types")
        .about("What the objects of a team are made of.")
        .post("", ObjectTypeCreate, "Create an object type", handlers::create)
        .get("", ObjectTypeRead, "List the object types", handlers::list)
        .get("/{type}", ObjectTypeRead, "Read an object type, by id or slug", handlers::read)
        .patch("/{type}", ObjectTypeUpdate, "Change an object type", handlers::update)
        .delete("/{type}", ObjectTypeDelete, "Move an object type to the trash", handlers::trash)
        .delete(
            "/{type}/force",
            ObjectTypeForceDelete,
            "Destroy an object type with all its objects",
            handlers::destroy,
        )
        .post("/{type}/restore", ObjectTypeUpdate, "Restore an object type from the trash", handlers::restore)
        .post(
            "/{type}/duplicate",
            ObjectTypeCreate,
            "Make an object type like another one",
            handlers::duplicate,
        )
        .post("/{type}/fields", ObjectTypeUpdate, "Add a field", handlers::add_field)
        .patch("/{type}/fields/{slug}", ObjectTypeUpdate, "Change a field", handlers::update_field)
        .delete(
            "/{type}/fields/{slug}",
            ObjectTypeUpdate,
            "Remove a field and its values",
            handlers::remove_field,
        )
        .refusing(&[422])
}
