//! The key of a public channel as it is stored: hashed, to find what it stands for, and sealed, as the team is shown it again.

use anyhow::Context as _;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};

use base::{
    Error, Result,
    public_key::{PublicKey, PublicKeyKind},
};

use crate::{KeyRing, KeyedHash, Keys};

/// A public key, hashed and sealed under one key of the ring. It has no `Debug`, so that no log line can hold it by accident.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedPublicKey {
    /// Its hash, under which it is found.
    pub hash: KeyedHash,
    sealed: String,
}

impl SealedPublicKey {
    /// The key, of what this context names: it opens with the same one only.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn seal(ring: &KeyRing, context: &str, key: &PublicKey) -> anyhow::Result<Self> {
        let sealed = ring.seal(context, key.reveal().as_bytes())?;
        Ok(Self { hash: ring.hash(key.reveal()), sealed: BASE64_STANDARD.encode(sealed) })
    }

    /// The key itself.
    ///
    /// # Errors
    /// 503 when the key ring cannot be read; 500 when it does not open, which only happens if the ring lacks its key.
    pub async fn open(&self, keys: &Keys, (kind, context): (PublicKeyKind, &str)) -> Result<PublicKey> {
        let ring = keys.ring_with(self.hash.key_id()).await.map_err(Error::unavailable)?;
        let ring = ring.with_context(|| format!("the key ring lacks {:?}", self.hash.key_id()))?;
        let sealed = BASE64_STANDARD.decode(&self.sealed).context("a sealed key is no base64")?;
        let text = ring.open(context, &sealed).and_then(|text| String::from_utf8(text).ok());
        Ok(text.and_then(|text| PublicKey::parse(kind, &text)).context("a sealed key does not open")?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_opens_in_its_own_place_only_and_is_found_by_its_hash() {
        let ring = KeyRing::parse(
            r#"{"current": "k1", "k1": "0123456789abcdef0123456789abcdef", "k0": "fedcba9876543210fedcba9876543210"}"#,
        )
        .unwrap();
        let key = PublicKey::new(PublicKeyKind::Form).unwrap();
        let stored = SealedPublicKey::seal(&ring, "form team_1 form_1", &key).unwrap();
        let opened = |context: &str| ring.open(context, &BASE64_STANDARD.decode(&stored.sealed).unwrap());
        assert_eq!(opened("form team_1 form_1").as_deref(), Some(key.reveal().as_bytes()));
        assert_eq!(opened("form team_1 form_2"), None);
        assert!(ring.candidate_hashes(key.reveal()).iter().any(|hash| *hash == stored.hash));
        assert!(!serde_json::to_string(&stored).unwrap().contains(key.reveal()));
    }
}
