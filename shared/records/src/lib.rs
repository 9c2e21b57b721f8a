//! Object types, and what creates and changes objects.

/// Object types: what objects are made of.
pub mod object_type;
/// Objects: what creates and changes them.
pub mod objects;
