//! Forms as their team makes them, and what was sent with them.

mod handlers;
mod input;
mod patch;
mod rotation;
mod store;
mod submission_handlers;
mod submissions;
mod type_rules;
mod view;

use api::Routes;
use base::Permission::{
    FormCreate, FormDelete, FormForceDelete, FormRead, FormUpdate, ObjectCreate, ObjectRead,
};

pub use store::Store;

/// The table of routes.
pub fn routes() -> Routes<Store> {
    Routes::new("Forms", "/v1/teams/{team}/forms")
        .about(
            "Forms, with which people who are no members send what becomes objects, and what they have sent.",
        )
        .post("", FormCreate, "Create a form", handlers::create)
        .get("", FormRead, "List the forms", handlers::list)
        .get("/{form}", FormRead, "Read a form", handlers::read)
        .patch("/{form}", FormUpdate, "Change, open or close a form", handlers::update)
        .delete("/{form}", FormDelete, "Move a form to the trash", handlers::trash)
        .delete("/{form}/force", FormForceDelete, "Destroy a form", handlers::destroy)
        .post("/{form}/restore", FormUpdate, "Restore a form from the trash", handlers::restore)
        .post("/{form}/duplicate", [FormCreate, FormRead], "Duplicate a form", handlers::duplicate)
        .post("/{form}/rotate-key", FormUpdate, "Give a form a new key", handlers::rotate)
        .get("/{form}/preview", FormRead, "Read a form as visitors see it", handlers::preview)
        .post(
            "/{form}/submissions",
            [FormRead, ObjectCreate],
            "Fill in a form as a member, or try what would come of it",
            submission_handlers::submit,
        )
        .get(
            "/{form}/submissions",
            [FormRead, ObjectRead],
            "List what was sent with a form, latest first",
            submission_handlers::submissions,
        )
        .get(
            "/{form}/submissions/{submission}",
            [FormRead, ObjectRead],
            "Read what was sent with a form",
            submission_handlers::submission,
        )
        .post(
            "/{form}/submissions/{submission}/release",
            [FormUpdate, ObjectCreate],
            "Apply a submission that was held",
            submission_handlers::release,
        )
        .delete(
            "/{form}/submissions/{submission}",
            FormUpdate,
            "Delete a submission",
            submission_handlers::delete_submission,
        )
}
