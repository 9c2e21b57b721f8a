//! Where the key ring of one machine comes from: its file, which is read again when an unknown key turns up.

use std::{fs, future::Future, path::PathBuf, pin::Pin};

use anyhow::Context as _;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use keys::KeySource;
use rand::TryRng as _;
use serde_json::json;

/// The file with the key ring.
pub(crate) const KEY_RING: &str = "key-ring.json";

/// The key ring of one machine.
pub(crate) enum LocalKeyRing {
    /// In memory, as it was made.
    Memory(String),
    /// In this file.
    File(PathBuf),
}

impl KeySource for LocalKeyRing {
    fn fetch(&self) -> Pin<Box<dyn Future<Output = anyhow::Result<String>> + Send + '_>> {
        Box::pin(async {
            match self {
                Self::Memory(text) => Ok(text.clone()),
                Self::File(path) => {
                    fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
                }
            }
        })
    }
}

/// The text of a new key ring, with one key.
///
/// # Errors
/// When the system has no randomness to give.
pub(crate) fn new_key_ring() -> anyhow::Result<String> {
    let mut key = [0_u8; 32];
    rand::rngs::SysRng.try_fill_bytes(&mut key)?;
    Ok(json!({"current": "k1", "k1": URL_SAFE_NO_PAD.encode(key)}).to_string())
}
