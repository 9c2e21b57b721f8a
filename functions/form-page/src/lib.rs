//! The pages of forms: what people fill in who follow a link, with or without scripts. It stands on the public forms, and may do
//! nothing that a visitor of those may not.

mod answers;
mod control;
mod filling;
mod handlers;
mod html;
mod inputs;
mod markdown;
mod page;
mod prefill;
mod request;
mod told;

use api::Routes;
use base::access::Access;

/// What the pages stand on.
pub type Store = form::PublicForms;

/// The table of routes.
pub fn routes() -> Routes<Store> {
    Routes::new("Pages of forms", "/f/{key}")
        .answering_for_origins()
        .get("", Access::Public, "Open a form", handlers::open)
        .post("", Access::Public, "Fill in a form", handlers::fill_in)
        .get("/embed.js", Access::Public, "Read what sets a form into a page", handlers::embed)
}
