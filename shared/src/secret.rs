//! Secrets that are handed out once: their text form, and the checksum that catches a mistyped one without a look-up.

use crate::base62::{self, WIDTH_32, WIDTH_128};

/// Digits of the secret itself: 43 × log2(62) = 256 bits.
const SECRET_WIDTH: usize = 43;
/// What stands behind the prefix.
const BODY_WIDTH: usize = WIDTH_128 + WIDTH_128 + SECRET_WIDTH + WIDTH_32;
/// Characters of the secret that a hint shows at the end.
const HINT_TAIL: usize = 4;

/// What a secret is for; told by its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretKind {
    /// A personal access token, of a user.
    Token,
    /// An invitation, to a team.
    Invitation,
}

impl SecretKind {
    /// What a secret of this kind begins with.
    pub const fn prefix(self) -> &'static str {
        match self {
            SecretKind::Token => "ea_pat_",
            SecretKind::Invitation => "ea_inv_",
        }
    }
}

/// A secret: prefix, owner (22 digits), thing (22), secret (43), CRC-32 of all before it (6), in base 62.
///
/// It has no `Debug` and no `Display`, so that no log line can hold one by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new secret for the thing of an owner, both given as the part of their id behind the prefix.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn new(kind: SecretKind, owner: &str, thing: &str) -> anyhow::Result<Self> {
        let mut text = format!("{}{owner}{thing}{}", kind.prefix(), base62::random(SECRET_WIDTH)?);
        text.push_str(&checksum(&text));
        Ok(Self(text))
    }

    /// The secret, if the text has the form of one and its checksum is right.
    pub fn parse(kind: SecretKind, text: &str) -> Option<Self> {
        let body = text.strip_prefix(kind.prefix())?;
        if body.len() != BODY_WIDTH || !base62::is_valid(body) {
            return None;
        }
        let (checked, sum) = text.split_at(text.len() - WIDTH_32);
        (checksum(checked) == sum).then(|| Self(text.to_owned()))
    }

    /// The part of the owner's id.
    pub fn owner(&self) -> &str {
        &self.body()[..WIDTH_128]
    }

    /// The part of the thing's id.
    pub fn thing(&self) -> &str {
        &self.body()[WIDTH_128..2 * WIDTH_128]
    }

    /// The whole text: to hash it, or to show it this once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What may be shown forever after: the prefix and the last four characters.
    pub fn hint(&self) -> String {
        let prefix = &self.0[..self.0.len() - BODY_WIDTH];
        format!("{prefix}…{}", &self.0[self.0.len() - HINT_TAIL..])
    }

    fn body(&self) -> &str {
        &self.0[self.0.len() - BODY_WIDTH..]
    }
}

fn checksum(text: &str) -> String {
    base62::encode(crc32fast::hash(text.as_bytes()).into(), WIDTH_32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{TokenId, UserId};

    fn token() -> Secret {
        Secret::new(SecretKind::Token, UserId::new().part(), TokenId::new().part()).unwrap()
    }

    #[test]
    fn a_secret_is_one_word_that_parses_to_itself() {
        let token = token();
        assert_eq!(token.reveal().len(), 100);
        assert!(token.reveal().bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
        assert!(Secret::parse(SecretKind::Token, token.reveal()).is_some_and(|parsed| parsed == token));
        assert!(Secret::parse(SecretKind::Invitation, token.reveal()).is_none());
    }

    #[test]
    fn every_changed_character_and_every_swap_of_neighbours_is_caught() {
        let token = token();
        let text = token.reveal().as_bytes();
        let refused =
            |bytes: &[u8]| Secret::parse(SecretKind::Token, std::str::from_utf8(bytes).unwrap()).is_none();
        for at in 0..text.len() {
            for other in
                (b'0'..=b'9').chain(b'A'..=b'Z').chain(b'a'..=b'z').filter(|other| *other != text[at])
            {
                let mut changed = text.to_vec();
                changed[at] = other;
                assert!(refused(&changed));
            }
            if at > 0 && text[at] != text[at - 1] {
                let mut swapped = text.to_vec();
                swapped.swap(at, at - 1);
                assert!(refused(&swapped));
            }
        }
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        let long = format!("{}0", token().reveal());
        for text in ["", "ea_pat_", "ea_pat_é", &"é".repeat(50), &long] {
            assert!(Secret::parse(SecretKind::Token, text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_hint_gives_four_characters_away() {
        assert_eq!(token().hint().chars().count(), "ea_pat_".len() + 1 + HINT_TAIL);
    }
}
