//! Objects: a team's records, each of one object type.

mod batch;
mod expected;
mod handlers;
mod history;
mod store;
mod view;

use api::Routes;
use base::{
    Permission::{ObjectCreate, ObjectDelete, ObjectForceDelete, ObjectRead, ObjectUpdate},
    access::Access,
};

pub use store::Store;

/// The table.
pub fn routes() -> Routes<Store> {
    Routes::new("Objects", "/v1/teams/{team}/objects/{type}")
        .about("A team's records, each of one object type.")
        .post("", ObjectCreate, "Create an object", handlers::create)
        .get("", ObjectRead, "List objects", handlers::list)
        .ask("/query", ObjectRead, "Find objects", handlers::query)
        .get("/stats", ObjectRead, "Count objects and add up their numbers", handlers::stats)
        .put(
            "",
            [ObjectCreate, ObjectUpdate],
            "Create an object or change the one that matches",
            handlers::upsert,
        )
        .post(
            "/batch",
            Access::NeedsAny(vec![ObjectCreate, ObjectUpdate, ObjectDelete]),
            "Create, change and delete several objects",
            handlers::batch,
        )
        .refusing(&[412])
        .get("/{id}", ObjectRead, "Read an object", handlers::read)
        .patch("/{id}", ObjectUpdate, "Change an object", handlers::update)
        .delete("/{id}", ObjectDelete, "Move an object to the trash", handlers::trash)
        .delete("/{id}/force", ObjectForceDelete, "Destroy an object", handlers::destroy)
        .post("/{id}/restore", ObjectUpdate, "Restore an object from the trash", handlers::restore)
        .post("/{id}/send", ObjectUpdate, "Send an object to webhooks", handlers::send)
        .get("/{id}/history", ObjectRead, "List what happened to an object", handlers::history)
        .get(
            "/{id}/related/{field}",
            ObjectRead,
            "List the objects that point at an object",
            handlers::related,
        )
}
