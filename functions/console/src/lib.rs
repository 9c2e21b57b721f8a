//! Console: the settings of a team as a web page, over the API.

mod asset;
mod handlers;
mod origin;
mod store;
#[cfg(test)]
mod tests;

use api::Routes;
use base::access::Access::Public;

pub use store::Store;

/// The table.
pub fn routes() -> Routes<Store> {
    Routes::new("Console", "")
        .get("/", Public, "Go to the console", handlers::root)
        .get("/console", Public, "Open the console", handlers::page)
        .get("/console/{section}", Public, "Open a section of the console", handlers::page)
        .get("/console/{section}/{id}", Public, "Open a thing in the console", handlers::page)
        .get(
            "/console/assets/{version}/{folder}/{file}",
            Public,
            "Read an asset of the console",
            handlers::asset,
        )
}
