//! The object store through HTTP only: with the SDK, signed URLs and bytes of one's own.

mod browser;
mod durability;
mod large;
mod multipart;
mod objects;
mod presigned;
mod support;
