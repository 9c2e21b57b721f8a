//! A new key for a form: the old one may work for a while.

use base::{Error, Fault, Result, Timestamp, Violation};
use form::{PreviousKey, StoredForm};
use keys::SealedPublicKey;
use schemars::JsonSchema;
use serde::Deserialize;

const OVERLAP_SECONDS_DEFAULT: i64 = 24 * 60 * 60;
/// A week, as with tokens.
const OVERLAP_SECONDS_MAX: i64 = 7 * 24 * 60 * 60;

/// How a key is replaced.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "FormKeyRotation")]
pub(crate) struct Rotation {
    /// How long the form is found by the old key too, in seconds: 0 to 604800 (a week). The default is a day; an older key ends at
    /// once.
    #[schemars(with = "Option<u32>", range(max = OVERLAP_SECONDS_MAX))]
    overlap_seconds: Option<i64>,
}

impl Rotation {
    /// The overlap in seconds.
    pub(crate) fn checked(&self) -> Result<i64> {
        let seconds = self.overlap_seconds.unwrap_or(OVERLAP_SECONDS_DEFAULT);
        if (0..=OVERLAP_SECONDS_MAX).contains(&seconds) {
            return Ok(seconds);
        }
        let detail = format!("Give 0 to {OVERLAP_SECONDS_MAX} seconds.");
        Err(Error::unprocessable(vec![Fault::new("/overlap_seconds", Violation::OutOfRange, detail)]))
    }
}

/// Puts a key in the place of the one that the form has.
pub(crate) fn rotate(form: &mut StoredForm, key: SealedPublicKey, overlap_seconds: i64, now: Timestamp) {
    let until = now.plus_seconds(overlap_seconds);
    let old = PreviousKey { key: std::mem::replace(&mut form.key, key), until };
    form.previous = Some(old).filter(|old| now < old.until);
}
