//! What an uploaded file is by its bytes, whatever its name and its sender say, and pictures without what they tell
//! about whoever took them. For that nothing is ever unpacked or decoded, and what a file declares is never believed further
//! than its bytes go. Only who asks for a smaller picture has one decoded, in bounded memory and time.

#[cfg(any(test, feature = "corpus"))]
mod corpus;
mod cut;
mod demand;
mod event;
mod exif;
mod fields;
mod identify;
mod inspector;
mod markup;
mod ole;
mod package;
mod pdf;
mod picture;
mod signature;
mod source;
mod streams;
mod text;
mod variants;
mod zip;

#[cfg(any(test, feature = "corpus"))]
pub use corpus::{Polyglot, corpus};
pub use cut::{Cut, Malformed, without_metadata};
pub use event::{Event, Record};
pub use identify::identify;
pub use inspector::Inspector;
pub use source::Source;

#[cfg(test)]
mod tests;
