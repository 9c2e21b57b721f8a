//! What tests here and in other crates need: two rings, and how much work was done.

use std::cell::Cell;

/// A ring with one key.
pub const OLD: &str = r#"{"current":"k1","k1":"11111111111111111111111111111111"}"#;
/// The ring after another key was added.
pub const BOTH: &str =
    r#"{"current":"k2","k1":"11111111111111111111111111111111","k2":"22222222222222222222222222222222"}"#;

thread_local! {
    /// Hashes made by this thread.
    pub static HASHED: Cell<usize> = const { Cell::new(0) };
    /// Comparisons made by this thread.
    pub static COMPARED: Cell<usize> = const { Cell::new(0) };
}
