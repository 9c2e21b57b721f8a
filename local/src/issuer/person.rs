//! Who signs in: an e-mail address, taken at its word, and a name.

use base::{Fault, Violation, text};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use email_address::EmailAddress;
use sha2::{Digest as _, Sha256};

/// The most characters of a name.
const NAME_LENGTH_MAX: usize = 100;
/// The most bytes of an address (RFC 5321).
const EMAIL_BYTES_MAX: usize = 254;

/// A person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) email: String,
    pub(super) name: String,
}

impl Person {
    /// The person with this address, by the part before the @ if no name is given.
    ///
    /// # Errors
    /// All faults of the two.
    pub(super) fn new(email: &str, name: Option<&str>) -> Result<Self, Vec<Fault>> {
        let email = email.trim();
        let mut faults = Vec::new();
        if !EmailAddress::is_valid(email) || email.len() > EMAIL_BYTES_MAX {
            faults.push(Fault::new(
                "/email",
                Violation::InvalidEmail,
                "Give an e-mail address, such as ada@example.com.",
            ));
        }
        let name =
            name.map(|name| text::line("/name", name, NAME_LENGTH_MAX)).transpose().unwrap_or_else(|fault| {
                faults.push(fault);
                None
            });
        if !faults.is_empty() {
            return Err(faults);
        }
        let own_part = email.rsplit_once('@').map_or(email, |(own, _)| own);
        Ok(Self { email: email.to_owned(), name: name.unwrap_or_else(|| own_part.to_owned()) })
    }

    /// What tells persons apart, the same whatever the case of the address.
    pub(super) fn subject(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.email.to_lowercase()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_enough() {
        let person = Person::new(" Ada@example.com ", None).unwrap();
        assert_eq!((person.email.as_str(), person.name.as_str()), ("Ada@example.com", "Ada"));
        assert_eq!(Person::new("ada@example.com", Some(" Ada L. ")).unwrap().name, "Ada L.");
    }

    #[test]
    fn persons_differ_by_their_address_without_its_case() {
        let subject = |email| Person::new(email, None).unwrap().subject();
        assert_eq!(subject("ADA@Example.COM"), subject("ada@example.com"));
        assert_ne!(subject("ada@example.com"), subject("ada@example.org"));
    }

    #[test]
    fn all_faults_are_told() {
        let long = format!("{}@example.com", "a".repeat(250));
        for (email, name, pointers) in [
            ("", None, &["/email"][..]),
            ("ada", None, &["/email"]),
            ("ada@", None, &["/email"]),
            ("a b@example.com", None, &["/email"]),
            ("ada@example.com\n", Some(""), &["/name"]),
            (&long, Some("a\0b"), &["/email", "/name"]),
        ] {
            let faults = Person::new(email, name).unwrap_err();
            let found: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
            assert_eq!(found, pointers, "{email:?} {name:?}");
        }
    }
}
