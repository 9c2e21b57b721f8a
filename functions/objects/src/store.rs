//! What the family stands on: the objects, the audit log with their history, and views.

use audit::AuditLog;
use axum::extract::FromRef;
use records::objects::Objects;
use table::Tables;
use view::ViewCache;

/// The objects, their history, and the views that they are seen through.
#[derive(Clone)]
pub struct Store {
    pub(crate) objects: Objects,
    pub(crate) log: AuditLog,
    pub(crate) views: ViewCache,
}

impl Store {
    /// The objects of these tables.
    pub fn new(tables: &Tables) -> Self {
        Self { objects: Objects::new(tables), log: AuditLog::new(tables), views: ViewCache::new(tables) }
    }
}

impl FromRef<Store> for Objects {
    fn from_ref(store: &Store) -> Self {
        store.objects.clone()
    }
}
