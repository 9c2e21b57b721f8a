//! JSON as clients send it: without ambiguity, at every depth of the type that was asked for, whatever its numbers.

mod access;
mod check;
mod cursor;
mod next_value;
mod nullable;
mod number;
mod parameters;
mod reader;
mod refusal;
mod schema;

use serde::de::DeserializeOwned;

pub use nullable::MARK;
pub use nullable::{Nullable, nullable, present};
pub use parameters::read_query;
pub use refusal::JsonRefusal;
pub use schema::AnyJson;

use cursor::Cursor;
use next_value::Reader;

/// Reads the body of a request. Objects are objects, choices are texts, and null is only taken where [`Nullable`] says so.
///
/// # Errors
/// The first fault, with its place.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, JsonRefusal> {
    let text = check::checked(without_mark(body))?;
    T::deserialize(Reader::new(&mut Cursor::new(text)))
}

/// The body without the mark that some editors and systems put in front of texts (RFC 8259, section 8.1).
pub fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body)
}

#[cfg(test)]
mod tests;
