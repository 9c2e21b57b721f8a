//! The key ring, what is hashed and sealed by it, and the platform of functions that have it.

mod hash;
mod platform;
mod public_key;
mod ring;
/// What tests need.
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use hash::{CandidateHashes, KeyedHash};
pub use platform::Platform;
pub use public_key::SealedPublicKey;
pub use ring::{KeyRing, KeySource, Keys};
