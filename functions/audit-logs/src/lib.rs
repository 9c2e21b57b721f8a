//! The audit log: what happened in a team, and who did it.

mod csv;
mod handlers;
mod query;
mod store;

use api::Routes;
use base::Permission::AuditLogRead;

pub use store::Store;

/// The table of routes.
pub fn routes() -> Routes<Store> {
    Routes::new("Audit log", "/v1/teams/{team}/audit-logs")
        .about("What happened in a team, and who did it.")
        .get("", AuditLogRead, "List the entries, latest first", handlers::list)
        .get("/export", AuditLogRead, "Export the entries as CSV", handlers::export)
}
