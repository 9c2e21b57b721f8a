//! The OpenAPI document, table by table.

mod forms;
mod nulls;
mod operations;
mod refusals;
mod row;

use self::{operations::document, row::Described};
use super::Routes;

/// The OpenAPI document while tables are added.
#[derive(Default)]
pub struct Document {
    operations: Vec<Described>,
}

impl Document {
    /// With the operations of this table too.
    #[must_use]
    pub fn with<S: Clone + Send + Sync + 'static>(mut self, routes: &Routes<S>) -> Self {
        self.operations.extend(routes.rows.iter().map(|row| Described {
            tag: routes.tag,
            about: routes.about,
            method: row.method.to_string(),
            path: row.path.clone(),
            access: row.access.clone(),
            summary: row.summary,
            id: row.id.clone(),
            writes: row.writes,
            refusals: row.refusals,
            describe: row.describe,
        }));
        self
    }

    /// The document.
    pub fn finish(self) -> serde_json::Value {
        document(&self.operations)
    }
}
