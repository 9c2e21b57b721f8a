//! The query by which a client asks for what is in the trash.

use schemars::JsonSchema;
use serde::Deserialize;

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
