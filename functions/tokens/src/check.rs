//! The requests of `POST /v1/token/check` and of reports of leaked tokens.

use base::{Error, Fault, Result, Violation};
use schemars::JsonSchema;
use serde::Deserialize;

/// So many credentials may be reported at once.
const REPORTED_MAX: usize = 1_000;

/// A request to check.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Question")]
pub(crate) struct CheckRequest {
    /// The method, in capitals.
    pub(crate) method: String,
    /// The path, such as `/v1/teams/team_…/objects/contacts`.
    pub(crate) path: String,
}

/// Credentials that were found where they should not be.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Report {
    /// The credentials.
    #[schemars(length(min = 1, max = REPORTED_MAX))]
    pub(crate) credentials: Vec<String>,
}

impl Report {
    /// The credentials, if there are not too many.
    pub(crate) fn checked(self) -> Result<Vec<String>> {
        if (1..=REPORTED_MAX).contains(&self.credentials.len()) {
            return Ok(self.credentials);
        }
        let detail = format!("Send 1 to {REPORTED_MAX} credentials.");
        Err(Error::unprocessable(vec![Fault::new("/credentials", Violation::OutOfRange, detail)]))
    }
}
