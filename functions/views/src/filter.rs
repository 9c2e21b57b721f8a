//! How the list of views is narrowed.

use resources::Trashed;
use schemars::JsonSchema;
use serde::Deserialize;
use view::ViewKind;

/// How the list is narrowed.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ViewFilter {
    /// `only` shows what is in the trash.
    pub(crate) trashed: Option<Trashed>,
    /// The views of this type, by its id or slug.
    pub(crate) object_type: Option<String>,
    /// The views of this kind.
    pub(crate) kind: Option<ViewKind>,
}
