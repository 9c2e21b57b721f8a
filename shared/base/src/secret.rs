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
    /// All kinds.
    const ALL: &[SecretKind] = &[SecretKind::Token, SecretKind::Invitation];

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

    /// The part that is the suffix of its owner's id.
    pub fn owner_part(&self) -> &str {
        &self.body()[..WIDTH_128]
    }

    /// The part that is the suffix of its subject's id: of the token or the invitation.
    pub fn subject_part(&self) -> &str {
        &self.body()[WIDTH_128..2 * WIDTH_128]
    }

    /// The whole text: to hash it, or to show it this once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The hint that may be shown forever after: the prefix and the last four characters.
    pub fn hint(&self) -> String {
        let prefix = &self.0[..self.0.len() - BODY_WIDTH];
        format!("{prefix}…{}", &self.0[self.0.len() - HINT_TAIL..])
    }

    fn body(&self) -> &str {
        &self.0[self.0.len() - BODY_WIDTH..]
    }
}

/// Redacts the secrets in a text down to their prefixes: a wrong value of a request is repeated in the answer,
/// and may be a secret that was put in the wrong place.
pub fn redact_secrets(text: &str) -> String {
    let (mut told, mut rest) = (String::with_capacity(text.len()), text);
    let end_of = |rest: &str, kind: SecretKind| rest.find(kind.prefix()).map(|at| at + kind.prefix().len());
    while let Some(at) = SecretKind::ALL.iter().filter_map(|kind| end_of(rest, *kind)).min() {
        told.push_str(&rest[..at]);
        rest = rest[at..].trim_start_matches(|digit: char| digit.is_ascii_alphanumeric());
        told.push('…');
    }
    told + rest
}

fn checksum(text: &str) -> String {
    base62::encode(crc32fast::hash(text.as_bytes()).into(), WIDTH_32)
}

#[cfg(test)]
mod tests {
    use proptest::{
        collection::vec,
        prelude::*,
        sample::{Index, select},
    };

    use super::*;
    use crate::{
        id::{TokenId, UserId},
        testing::tried,
    };

    fn token() -> Secret {
        Secret::new(SecretKind::Token, UserId::new().suffix(), TokenId::new().suffix()).unwrap()
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

    proptest! {
        #![proptest_config(tried(1))]

        #[test]
        fn of_any_secret_every_changed_character_and_every_swap_is_caught(
            parts in "[0-9A-Za-z]{87}", kind in select(vec![SecretKind::Token, SecretKind::Invitation]),
        ) {
            let mut text = format!("{}{parts}", kind.prefix());
            text.push_str(&checksum(&text));
            let secret = Secret::parse(kind, &text).unwrap();
            prop_assert_eq!(secret.reveal(), &text);
            prop_assert_eq!((secret.owner_part(), secret.subject_part()), (&parts[..22], &parts[22..44]));
            let chars: Vec<char> = text.chars().collect();
            for at in 0..chars.len() {
                for other in (0..=255_u8).map(char::from).filter(|other| *other != chars[at]) {
                    let mut changed = chars.clone();
                    changed[at] = other;
                    prop_assert!(Secret::parse(kind, &String::from_iter(changed)).is_none(), "{at} {other}");
                }
                if at > 0 && chars[at] != chars[at - 1] {
                    let mut swapped = chars.clone();
                    swapped.swap(at, at - 1);
                    prop_assert!(Secret::parse(kind, &String::from_iter(swapped)).is_none(), "{at}");
                }
            }
        }
    }

    proptest! {
        #![proptest_config(tried(8))]

        #[test]
        fn no_text_makes_it_panic_and_what_is_taken_is_kept(
            text in any::<String>(), bytes in vec(any::<u8>(), 0..120), near in "ea_(pat|inv)_.{90,96}",
        ) {
            for text in [text.as_str(), &String::from_utf8_lossy(&bytes), &near] {
                for kind in [SecretKind::Token, SecretKind::Invitation] {
                    prop_assert!(Secret::parse(kind, text).is_none_or(|secret| secret.reveal() == text));
                }
            }
        }

        #[test]
        fn a_secret_with_a_part_cut_out_or_put_in_is_refused(
            cut in any::<Index>(), length in 0_usize..8, put in "\\PC{0,8}",
        ) {
            let token = token();
            let start = cut.index(token.reveal().len());
            let end = (start + length).min(token.reveal().len());
            let mut text = token.reveal().to_owned();
            text.replace_range(start..end, &put);
            let parsed = Secret::parse(SecretKind::Token, &text);
            prop_assert_eq!(parsed.is_some(), text == token.reveal());
        }
    }

    #[test]
    fn a_right_checksum_makes_no_other_form_a_secret() {
        for body in [
            &"0".repeat(86),
            &"0".repeat(88),
            &format!("{}-", "0".repeat(86)),
            &format!("{}é", "0".repeat(85)),
        ] {
            let mut text = format!("ea_pat_{body}");
            text.push_str(&checksum(&text));
            assert!(Secret::parse(SecretKind::Token, &text).is_none(), "{text}");
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
    fn of_a_text_that_repeats_secrets_their_beginnings_are_told() {
        let (one, other) =
            (token(), Secret::new(SecretKind::Invitation, &"1".repeat(22), &"2".repeat(22)).unwrap());
        let text = format!("/{}: no \"{}0\", é {}", one.reveal(), other.reveal(), &one.reveal()[..50]);
        assert_eq!(redact_secrets(&text), "/ea_pat_…: no \"ea_inv_…\", é ea_pat_…");
        for harmless in ["", "ea_", "an é in ea_patience"] {
            assert_eq!(redact_secrets(harmless), harmless);
        }
    }

    #[test]
    fn a_hint_gives_four_characters_away() {
        assert_eq!(token().hint().chars().count(), "ea_pat_".len() + 1 + HINT_TAIL);
    }
}
