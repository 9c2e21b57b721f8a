//! The token that comes with a form: sealed, so that nobody makes one, and good for one submission and a day.

use anyhow::Context as _;
use base::{
    Error, Fault, Result, Timestamp, Violation,
    id::{FormId, SubmissionId},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use keys::KeyRing;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::Form;

/// A token is good this long.
pub(crate) const TOKEN_SECONDS: i64 = 24 * 60 * 60;
/// What tokens are sealed for.
const CONTEXT: &str = "form token";

/// What a token holds.
#[derive(Serialize, Deserialize)]
pub struct SubmissionToken {
    form: FormId,
    at: Timestamp,
    /// What tells it from all others.
    pub nonce: String,
    /// The name of the field that is to stay empty.
    pub trap: String,
}

impl SubmissionToken {
    /// A new one.
    pub fn new(id: &FormId, form: &Form, now: Timestamp) -> Self {
        let nonce = SubmissionId::new().suffix().to_owned();
        let trap = trap_of(&nonce, form);
        Self { form: id.clone(), at: now, nonce, trap }
    }

    /// The token as a text.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn seal(&self, ring: &KeyRing) -> Result<String> {
        let plain = serde_json::to_vec(self).context("writing a token")?;
        Ok(BASE64_URL_SAFE_NO_PAD.encode(ring.seal(CONTEXT, &plain)?))
    }

    /// The token of this form in a text.
    ///
    /// # Errors
    /// 422 when it was changed, is of another form or too old.
    pub fn open(text: &str, ring: &KeyRing, form: &FormId, now: Timestamp) -> Result<Self> {
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(text).ok();
        let plain = sealed.and_then(|sealed| ring.open(CONTEXT, &sealed));
        let token = plain.and_then(|plain| serde_json::from_slice::<Self>(&plain).ok());
        let is_good = |token: &Self| token.form == *form && now < token.at.plus_seconds(TOKEN_SECONDS);
        token.filter(is_good).ok_or_else(|| {
            let detail = "Ask for the form again: this token is none of it, or is older than a day.";
            refused(Violation::TokenInvalid, detail)
        })
    }

    /// Refuses what comes sooner than a person is.
    ///
    /// # Errors
    /// 422, and a moment later the same token is good.
    pub fn check_time(&self, seconds_min: u32, now: Timestamp) -> Result<()> {
        if self.at.plus_seconds(seconds_min.into()) <= now {
            return Ok(());
        }
        let detail = format!("This takes {seconds_min} seconds at least: wait a moment, and send it again.");
        Err(refused(Violation::TooFast, &detail))
    }
}

/// 422: the form wants a token.
pub fn token_missing() -> Error {
    refused(Violation::TokenMissing, "Send the token that came with the form.")
}

fn refused(violation: Violation, detail: &str) -> Error {
    Error::unprocessable(vec![Fault::new("/token", violation, detail)])
}

/// The name of the field that is to stay empty, by what it is for: none that the form asks for.
pub fn trap_of(seed: &str, form: &Form) -> String {
    let digest = hex::encode(Sha256::digest(seed));
    let mut name = format!("website_{}", &digest[..6]);
    while form.asked().any(|slug| slug.as_str() == name) {
        name.push('_');
    }
    name
}
