//! Extractors of handlers, each refusing with our own error.

mod client;
pub(crate) mod if_match;
mod json;
mod page;
mod path;
mod preconditions;
mod query;
mod stage;

pub use axum::extract::State;
pub use client::Client;
pub use if_match::IfMatch;
pub(crate) use json::without_body;
pub use json::{Json, OptionalJson};
pub use page::{LIMIT_MAX, List, NoFilter, Page, PageBuilder};
pub use path::Path;
pub use preconditions::Preconditions;
pub use query::Query;
pub use stage::StagePath;
