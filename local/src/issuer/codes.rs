//! Authorization codes: each good for one exchange within a minute (RFC 6749, section 4.1.2; PKCE, RFC 7636).

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::TryRng as _;
use sha2::{Digest as _, Sha256};

use super::person::Person;

/// How long a code is good.
const CODE_LIFETIME: Duration = Duration::from_mins(1);

/// The codes that nobody has exchanged yet.
#[derive(Default)]
pub(super) struct Codes(Mutex<HashMap<String, (Grant, Instant)>>);

/// What a code stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) person: Person,
    pub(super) redirect_uri: String,
    pub(super) challenge: String,
    pub(super) nonce: Option<String>,
}

impl Grant {
    /// Whether the verifier is the one whose hash began the sign-in (`S256`).
    pub(super) fn is_verified_by(&self, verifier: &str) -> bool {
        URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == self.challenge
    }
}

impl Codes {
    /// A new code for a grant.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub(super) fn issue(&self, grant: Grant) -> anyhow::Result<String> {
        let mut bytes = [0_u8; 32];
        rand::rngs::SysRng.try_fill_bytes(&mut bytes)?;
        let code = URL_SAFE_NO_PAD.encode(bytes);
        let mut codes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        codes.retain(|_, (_, issued)| issued.elapsed() < CODE_LIFETIME);
        codes.insert(code.clone(), (grant, Instant::now()));
        Ok(code)
    }

    /// What a code stands for, this once.
    pub(super) fn redeem(&self, code: &str) -> Option<Grant> {
        let mut codes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (grant, issued) = codes.remove(code)?;
        (issued.elapsed() < CODE_LIFETIME).then_some(grant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant() -> Grant {
        Grant {
            person: Person::new("ada@example.com", None).unwrap(),
            redirect_uri: "http://localhost:3000/console".to_owned(),
            // The example of RFC 7636, appendix B.
            challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned(),
            nonce: None,
        }
    }

    #[test]
    fn a_code_is_good_once() {
        let codes = Codes::default();
        let code = codes.issue(grant()).unwrap();
        assert_eq!(codes.redeem("other"), None);
        assert_eq!(codes.redeem(&code), Some(grant()));
        assert_eq!(codes.redeem(&code), None);
    }

    #[test]
    fn an_old_code_is_none() {
        let codes = Codes::default();
        let code = codes.issue(grant()).unwrap();
        let long_ago = Instant::now().checked_sub(CODE_LIFETIME).unwrap();
        codes.0.lock().unwrap().get_mut(&code).unwrap().1 = long_ago;
        assert_eq!(codes.redeem(&code), None);
    }

    #[test]
    fn only_the_verifier_behind_the_challenge_fits() {
        assert!(grant().is_verified_by("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
        assert!(!grant().is_verified_by("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK"));
        assert!(!grant().is_verified_by(""));
    }
}
