//! What the family stands on: the objects, and the audit log with their history.

use audit::AuditLog;
use axum::extract::FromRef;
use records::objects::Objects;
use table::Tables;

/// The objects and their history.
#[derive(Clone)]
pub struct Store {
    pub(crate) objects: Objects,
    pub(crate) log: AuditLog,
}

impl Store {
    /// The objects of these tables.
    pub fn new(tables: &Tables) -> Self {
        Self { objects: Objects::new(tables), log: AuditLog::new(tables) }
    }
}

impl FromRef<Store> for Objects {
    fn from_ref(store: &Store) -> Self {
        store.objects.clone()
    }
}
