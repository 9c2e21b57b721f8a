//! Object types: what the objects of a team are made of.

mod handlers;
mod object_type;
mod store;

use shared::{
    Permission::{ObjectTypeCreate, ObjectTypeRead},
    Routes,
};

pub use store::Store;

/// The table.
pub fn routes() -> Routes<Store> {
    Routes::new("Object types", "/v1/teams/{team}/object-types")
        .post("", ObjectTypeCreate, "Create an object type", handlers::create)
        .get("", ObjectTypeRead, "List the object types", handlers::list)
        .get("/{type}", ObjectTypeRead, "Read an object type, by id or slug", handlers::read)
}
