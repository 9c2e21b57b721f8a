//! Console: the web page SETTINGS > API ACCESS.

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
    Routes::new("Console", "").get("/", Public, "Go to the console", handlers::root).get(
        "/console",
        Public,
        "Open the console",
        handlers::page,
    )
}
