//! Discovery: what anybody may read about the API without a credential.

mod handlers;

use api::Routes;
use base::access::Access::Public;

/// The table.
pub fn routes() -> Routes<()> {
    Routes::new("Discovery", "/v1")
        .about("What anybody may know of the API before having a credential.")
        .get("/permissions", Public, "List all permissions", handlers::permissions)
        .get("/openapi.json", Public, "Read this document", handlers::openapi)
        .get("/health", Public, "See whether the API answers", handlers::health)
}
