//! The trash: how long a resource is in it, and the query by which a client asks for what is there.

use schemars::JsonSchema;
use serde::Deserialize;

/// A resource is in the trash this long, and then destroyed.
pub const TRASH_SECONDS: i64 = 30 * 24 * 60 * 60;

/// The query of a list and of a read.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrashFilter {
    /// `only` shows what is in the trash.
    pub trashed: Option<Trashed>,
}

/// What is in the trash.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Trashed {
    /// And nothing else.
    Only,
}
