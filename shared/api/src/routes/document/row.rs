//! A row of a route table, as far as the document tells of it.

use crate::openapi::Operation;
use base::access::Access;

/// A row of a route table, as far as the document tells of it.
pub(super) struct Described {
    pub(super) tag: &'static str,
    pub(super) about: &'static str,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) access: Access,
    pub(super) summary: &'static str,
    pub(super) id: String,
    pub(super) writes: bool,
    pub(super) refusals: &'static [u16],
    pub(super) describe: fn(&mut Operation),
}

impl Described {
    /// Whether the same request may be sent again with a key of the client's.
    pub(super) fn takes_idempotency_key(&self) -> bool {
        self.writes
            && matches!(self.method.as_str(), "POST" | "PUT" | "PATCH")
            && self.access != Access::Public
    }
}
