//! What keeps machines away from a form.

use base::{
    json::{self, Nullable},
    rate_limit::RateLimit,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::limits::{LINKS_MAX, PER_HOUR_MAX, SECONDS_MIN_MAX};

/// What keeps machines away, without asking anybody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Protection {
    /// Whether a submission needs the token that comes with the form. It makes one submission of those that are sent twice.
    pub token: bool,
    /// Whether there is a field that people do not see, and machines fill in.
    pub honeypot: bool,
    /// How long somebody takes at least, in seconds.
    #[schemars(range(max = SECONDS_MIN_MAX))]
    pub min_seconds: u32,
    /// How often an address may send it.
    pub per_address: RateLimit,
    /// How many are accepted in an hour; what is beyond is held.
    #[schemars(range(min = 1, max = PER_HOUR_MAX))]
    pub per_hour: u32,
    /// The most links in a submission that is not suspicious; null for any number.
    #[serde(deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<u32>", range(max = LINKS_MAX))]
    pub max_links: Option<u32>,
    /// What is held for a member to look at.
    pub hold: Hold,
    /// Whether a visitor is told that another object has a value that must be unique.
    pub tell_conflicts: bool,
}

/// What is held for a member to look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// What filled in the field that people do not see, and what is beyond `per_hour`.
    Never,
    /// What is suspicious too.
    #[default]
    Suspicious,
    /// All.
    Always,
}

impl Default for Protection {
    fn default() -> Self {
        Self {
            token: true,
            honeypot: true,
            min_seconds: 2,
            per_address: RateLimit { limit: 10, window_seconds: 600 },
            per_hour: 1_000,
            max_links: None,
            hold: Hold::Suspicious,
            tell_conflicts: false,
        }
    }
}
