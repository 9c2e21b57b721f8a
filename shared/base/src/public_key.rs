//! The keys of public channels: whoever knows one may use the form or the share that it stands for.

use crate::base62::{self, WIDTH_32, WIDTH_128};

/// Digits behind the checksum's: 22 × log2(62) = 131 random bits.
const RANDOM_WIDTH: usize = WIDTH_128;

/// What a public key stands for. The checksum is another one for each kind, so that the key of one channel is a mistyped key
/// of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicKeyKind {
    /// A form, which takes submissions.
    Form,
    /// A share, which shows a view.
    Share,
}

impl PublicKeyKind {
    /// What its keys are bound to.
    pub const fn name(self) -> &'static str {
        match self {
            PublicKeyKind::Form => "form",
            PublicKeyKind::Share => "share",
        }
    }
}

/// The key of a public channel: random digits (22) and the CRC-32 of them and the kind (6), in base 62, so that one double
/// click selects it.
///
/// It has no `Debug` and no `Display`, so that no log line can hold one by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(String);

impl PublicKey {
    /// A new key.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn new(kind: PublicKeyKind) -> anyhow::Result<Self> {
        let random = base62::random(RANDOM_WIDTH)?;
        let sum = checksum(kind, &random);
        Ok(Self(random + &sum))
    }

    /// The key, if the text has the form of one and its checksum is right.
    pub fn parse(kind: PublicKeyKind, text: &str) -> Option<Self> {
        if text.len() != RANDOM_WIDTH + WIDTH_32 || !base62::is_valid(text) {
            return None;
        }
        let (random, sum) = text.split_at(RANDOM_WIDTH);
        (checksum(kind, random) == sum).then(|| Self(text.to_owned()))
    }

    /// The whole text: to hash it, to seal it, or to show it to the team.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

fn checksum(kind: PublicKeyKind, random: &str) -> String {
    let text = format!("{} {random}", kind.name());
    base62::encode(crc32fast::hash(text.as_bytes()).into(), WIDTH_32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_word_that_parses_to_itself_and_to_no_other_kind() {
        let key = PublicKey::new(PublicKeyKind::Form).unwrap();
        assert_eq!(key.reveal().len(), 28);
        assert!(key.reveal().bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert!(PublicKey::parse(PublicKeyKind::Form, key.reveal()).is_some_and(|parsed| parsed == key));
        assert!(PublicKey::parse(PublicKeyKind::Share, key.reveal()).is_none());
    }

    #[test]
    fn every_changed_character_and_every_swap_of_neighbours_is_caught() {
        let key = PublicKey::new(PublicKeyKind::Form).unwrap();
        let text = key.reveal().as_bytes();
        let refused = |bytes: &[u8]| {
            PublicKey::parse(PublicKeyKind::Form, std::str::from_utf8(bytes).unwrap()).is_none()
        };
        for at in 0..text.len() {
            for other in
                (b'0'..=b'9').chain(b'A'..=b'Z').chain(b'a'..=b'z').filter(|other| *other != text[at])
            {
                let mut changed = text.to_vec();
                changed[at] = other;
                assert!(refused(&changed), "{at}");
            }
            let mut swapped = text.to_vec();
            swapped.swap(at, (at + 1) % text.len());
            assert!(swapped == text || at + 1 == text.len() || refused(&swapped), "{at}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "a", "0000000000000000000000000000", "000000000000000000000000000é"] {
            assert!(PublicKey::parse(PublicKeyKind::Form, text).is_none(), "{text}");
        }
    }
}
