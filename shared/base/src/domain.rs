//! Domains of the internet and e-mail addresses in them: which there can be, and in which spelling they are compared.

use std::borrow::Cow;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use crate::text::composed;

/// Whether it is an e-mail address and nothing more: no display name, no address of a machine instead of a domain.
pub fn is_email(text: &str) -> bool {
    let options = email_address::Options::default().without_display_text().without_domain_literal();
    email_address::EmailAddress::parse_with_options(text, options)
        .is_ok_and(|email| is_domain(email.domain()))
}

/// Whether DNS can hold it: labels of 1 to 63 characters in punycode, 253 in all, none of which it cannot mean.
pub fn is_domain(text: &str) -> bool {
    let (hyphens, length) = (Hyphens::Allow, DnsLength::VerifyAllowRootDot);
    Uts46::new().to_ascii(text.as_bytes(), AsciiDenyList::URL, hyphens, length).is_ok()
}

/// The domain as people read it, if that is not how it is sent over the wire: `bücher.example` of `xn--bcher-kva.example`
/// and of itself.
pub fn readable(domain: &str) -> Option<String> {
    let (readable, outcome) = idna::domain_to_unicode(&ascii(domain)?);
    (outcome.is_ok() && !readable.is_ascii()).then_some(readable)
}

/// The domain as it is sent over the wire: in punycode, with small letters.
fn ascii(domain: &str) -> Option<Cow<'_, str>> {
    idna::domain_to_ascii_cow(domain.as_bytes(), AsciiDenyList::URL).ok()
}

/// An e-mail address in the one spelling in which addresses are compared. Of the part before the `@` only the case of ASCII
/// letters does not count: whether `straße` and `strasse` are one mailbox is up to its domain alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    /// What stands before the `@`.
    pub local: String,
    /// The domain as people read it.
    pub domain: String,
    /// The domain as it is sent, if that is another one.
    pub ascii_domain: Option<String>,
}

impl Email {
    /// The address; what is none is compared as it is.
    pub fn of(address: &str) -> Self {
        let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
        let domain = &composed(domain);
        let ascii = ascii(domain).map_or_else(|| domain.to_ascii_lowercase(), Cow::into_owned);
        let (domain, ascii_domain) = match readable(domain) {
            Some(readable) => (readable, Some(ascii)),
            None => (ascii, None),
        };
        Self { local: composed_apart(local).to_ascii_lowercase(), domain, ascii_domain }
    }
}

/// The text with its letters composed, but for those that would be letters of ASCII: the Kelvin sign is no `K` to a mailbox.
fn composed_apart(text: &str) -> String {
    const COMPOSED_IN_ASCII: [char; 3] = ['\u{37e}', '\u{1fef}', '\u{212a}'];
    let pieces = text.split_inclusive(COMPOSED_IN_ASCII).map(|piece| {
        let kept = piece.chars().next_back().filter(|last| COMPOSED_IN_ASCII.contains(last));
        let rest = kept.map_or(piece, |last| &piece[..piece.len() - last.len_utf8()]);
        composed(rest) + &kept.map(String::from).unwrap_or_default()
    });
    pieces.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_without_case_and_with_their_domain_in_one_spelling() {
        for (one, other) in [
            ("Ada@Example.com", "ada@example.COM"),
            ("ada@bücher.example", "ADA@XN--BCHER-KVA.example"),
            ("ada@BÜCHER.example", "ada@bu\u{308}cher.example"),
            ("ada@faß.example", "ada@xn--fa-hia.example"),
            ("é@example.com", "e\u{301}@example.com"),
        ] {
            assert_eq!(Email::of(one), Email::of(other), "{one} {other}");
        }
        for (one, other) in [
            ("straße@example.com", "strasse@example.com"),
            ("ada@straße.example", "ada@strasse.example"),
            ("É@example.com", "é@example.com"),
            ("\u{212a}ate@example.com", "Kate@example.com"),
            ("a\u{37e}@example.com", "a;@example.com"),
            ("\u{1fef}@example.com", "`@example.com"),
            ("ada@bücher.example", "ada@bucher.example"),
            ("a@b@example.com", "b@example.com"),
            ("ada", "ada@"),
        ] {
            assert!(Email::of(one) != Email::of(other) || one == "ada", "{one} {other}");
        }
    }

    #[test]
    fn no_other_letters_are_composed_in_ascii() {
        let is_composed_in_ascii =
            |letter: &char| !letter.is_ascii() && composed(&letter.to_string()).is_ascii();
        let found: String = ('\0'..=char::MAX).filter(is_composed_in_ascii).collect();
        assert_eq!(found, "\u{37e}\u{1fef}\u{212a}");
        assert_eq!(composed_apart("e\u{301}\u{212a}e\u{301}"), "é\u{212a}é");
    }

    #[test]
    fn a_domain_is_one_that_dns_can_hold() {
        let (full, over) = ("a".repeat(63), "a".repeat(64));
        for domain in ["example.com", "example.com.", "bücher.example", "localhost", "a_b.example", &full] {
            assert!(is_domain(domain), "{domain}");
        }
        let long = [full.as_str(); 4].join(".");
        let wide = format!("{}.example", "ü".repeat(60));
        for domain in
            ["", ".", ".com", "a..b", "a.b..", &over, &long, &wide, "xn--a.example", "a b", "\u{2024}com"]
        {
            assert!(!is_domain(domain), "{domain}");
        }
    }

    #[test]
    fn only_a_domain_with_other_letters_is_read_in_another_way_than_it_is_sent() {
        for domain in ["xn--bcher-kva.example", "bücher.example", "BÜCHER.example"] {
            assert_eq!(readable(domain).as_deref(), Some("bücher.example"));
        }
        for domain in ["example.com", "EXAMPLE.com", "xn--a.example", ""] {
            assert_eq!(readable(domain), None, "{domain}");
        }
    }
}
