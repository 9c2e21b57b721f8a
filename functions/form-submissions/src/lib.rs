//! Public forms: what visitors see of one by its key, and what they send with it. It is a function of its own, so that nothing that
//! visitors reach may do more than take submissions.

mod handlers;
mod input;
mod origin;

use api::Routes;
use base::access::Access;

/// What they stand on.
pub type Store = form::PublicForms;

/// The table of routes.
pub fn routes() -> Routes<Store> {
    Routes::new("Public forms", "/v1/forms/{key}")
        .about("Forms as visitors see and send them. Who knows the key of one needs nothing else.")
        .answering_for_origins()
        .get("", Access::Public, "Read a form as a visitor", handlers::read)
        .refusing(&[403])
        .post("/submissions", Access::Public, "Send a form", handlers::create)
        .refusing(&[403, 409, 415, 422])
}
