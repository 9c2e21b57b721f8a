//! Keyed hashes of credentials, and the one way to compare a credential with them: in constant time.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use subtle::{Choice, ConstantTimeEq as _};

use crate::KeyRing;

/// Bytes of an HMAC-SHA-256.
const HASH_LENGTH: usize = 32;

/// HMAC-SHA-256 of a credential with the id of the key it was made with; stored as `k1.` and base64url.
///
/// It has no `Debug` and no `Display`, so that no log line can hold one by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyedHash {
    key_id: String,
    hash: [u8; HASH_LENGTH],
}

impl KeyedHash {
    /// The key it was made with.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// As it is stored.
    pub fn text(&self) -> String {
        format!("{}.{}", self.key_id, BASE64_URL_SAFE_NO_PAD.encode(self.hash))
    }
}

impl Serialize for KeyedHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl<'de> Deserialize<'de> for KeyedHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parsed = text.rsplit_once('.').and_then(|(key_id, text)| {
            let mut hash = [0; HASH_LENGTH];
            let length = BASE64_URL_SAFE_NO_PAD.decode_slice(text, &mut hash).ok()?;
            (length == HASH_LENGTH).then(|| Self { key_id: key_id.to_owned(), hash })
        });
        // Not even a broken one is repeated.
        parsed.ok_or_else(|| de::Error::custom("no keyed hash"))
    }
}

/// A presented credential, hashed under every key of the ring: how much work that is depends on the ring alone.
pub struct CandidateHashes(Vec<KeyedHash>);

impl CandidateHashes {
    /// One for each key of the ring.
    pub fn iter(&self) -> impl Iterator<Item = &KeyedHash> {
        self.0.iter()
    }

    /// The index of the stored hash that is this credential's. Each one is compared once, in constant time,
    /// whether or not it is there and whatever was found before; so every credential takes the same steps.
    pub fn find<const N: usize>(&self, stored: [Option<&KeyedHash>; N]) -> Option<usize> {
        let is_at = stored.map(|stored| self.is(stored));
        is_at.into_iter().position(bool::from)
    }

    fn is(&self, stored: Option<&KeyedHash>) -> Choice {
        #[cfg(any(test, feature = "testing"))]
        crate::testing::COMPARED.with(|count| count.set(count.get() + 1));
        let made = stored.and_then(|stored| self.0.iter().find(|made| made.key_id == stored.key_id));
        // A missing hash, or one whose key the ring lacks, is compared with what no credential has.
        let nothing = [[0; HASH_LENGTH], [1; HASH_LENGTH]];
        let (left, right) = match (made, stored) {
            (Some(made), Some(stored)) => (&made.hash, &stored.hash),
            _ => (&nothing[0], &nothing[1]),
        };
        left.ct_eq(right)
    }
}

impl KeyRing {
    /// The hash of a credential under the current key, to be stored.
    pub fn hash(&self, credential: &str) -> KeyedHash {
        KeyedHash { key_id: self.current.clone(), hash: self.current_key().mac(credential) }
    }

    /// The hashes of a credential that was sent, to be compared with stored ones.
    pub fn candidate_hashes(&self, credential: &str) -> CandidateHashes {
        let hash = |(id, key): (&String, &crate::ring::SubKeys)| KeyedHash {
            key_id: id.clone(),
            hash: key.mac(credential),
        };
        CandidateHashes(self.keys.iter().map(hash).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Keys,
        testing::{BOTH, COMPARED, OLD},
    };
    use base::{secret::Secret, testing::Silent};

    fn ring(text: &str) -> KeyRing {
        KeyRing::parse(text).unwrap()
    }

    #[test]
    fn what_holds_secrets_or_hashes_cannot_be_printed() {
        <Secret as Silent<_>>::is();
        <KeyedHash as Silent<_>>::is();
        <CandidateHashes as Silent<_>>::is();
        <KeyRing as Silent<_>>::is();
        <Keys as Silent<_>>::is();
    }

    #[test]
    fn a_hash_outlives_the_key_that_is_current() {
        let hash = ring(OLD).hash("secret");
        assert_eq!((hash.key_id(), ring(BOTH).hash("secret").key_id()), ("k1", "k2"));
        assert_eq!(ring(BOTH).candidate_hashes("secret").find([Some(&hash)]), Some(0));
        assert_eq!(ring(BOTH).candidate_hashes("Secret").find([Some(&hash)]), None);
        let newer = ring(BOTH).hash("secret");
        assert_eq!(
            ring(OLD).candidate_hashes("secret").find([Some(&newer)]),
            None,
            "the key is not in the ring"
        );
    }

    #[test]
    fn the_place_is_told_and_every_place_is_compared() {
        let ring = ring(BOTH);
        let (this, other) = (ring.hash("this"), ring.hash("other"));
        for stored in
            [[None, None, None], [Some(&other), None, Some(&this)], [Some(&this), Some(&other), None]]
        {
            COMPARED.set(0);
            let found = ring.candidate_hashes("this").find(stored);
            assert_eq!(found, stored.iter().position(|stored| stored.is_some_and(|stored| *stored == this)));
            assert_eq!(COMPARED.get(), 3);
        }
    }

    #[test]
    fn stored_and_read_back_it_is_the_same() {
        let hash = ring(OLD).hash("secret");
        let text = serde_json::to_string(&hash).unwrap();
        assert!(text.starts_with("\"k1."));
        assert!(serde_json::from_str::<KeyedHash>(&text).unwrap() == hash);
        for broken in ["", "k1", "k1.", "k1.AAAA", "k1.!", &"k1.A".repeat(30)] {
            let error = serde_json::from_value::<KeyedHash>(broken.into()).err().unwrap();
            assert_eq!(error.to_string(), "no keyed hash");
        }
    }
}
