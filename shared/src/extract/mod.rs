//! What handlers take from a request, each refusing with our own error.

mod client;
mod if_match;
mod json;
mod page;
mod path;
mod query;
mod strict;
mod trash;

pub use axum::extract::State;
pub use client::Client;
pub use if_match::IfMatch;
pub use json::{Json, OptionalJson, present};
pub use page::{List, NoFilter, Page, Pages};
pub use path::Path;
pub use query::Query;
pub use trash::{TrashFilter, Trashed};

use crate::error::Fault;

/// The fault that serde tells of a body or a query, at the place where it found it. Of a member that is missing it
/// knows the parent's place only.
fn fault(pointer: &str, message: &str) -> Fault {
    if message.starts_with("missing field") {
        let name = message.split('`').nth(1).unwrap_or_default();
        return Fault::new(format!("{pointer}/{name}"), "missing_member", sentence(message));
    }
    let kinds = [("unknown field", "unknown_member"), ("invalid type", "wrong_type")];
    let kind = kinds.iter().find(|(start, _)| message.starts_with(start));
    Fault::new(pointer, kind.map_or("invalid", |(_, code)| code), sentence(message))
}

/// The message as a sentence, without the place in the text that the pointer already tells.
fn sentence(message: &str) -> String {
    let message = message.split(" at line ").next().unwrap_or(message);
    let mut letters = message.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
