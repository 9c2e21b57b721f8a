//! Who is asking, and may they? The deciding is in `shared::authorizer`; what it decides by is here.

/// The routes of the API with their rules, generated from the route tables of all families.
pub const MANIFEST: &str = include_str!("routes.json");
