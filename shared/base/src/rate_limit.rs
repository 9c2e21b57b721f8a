//! Rate limits: fixed windows, and what is left of them.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// A rate limit: a number of requests in a window of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// The most requests in a window.
    #[schemars(range(min = 1, max = RateLimit::LIMIT_MAX))]
    pub limit: u32,
    /// How long a window is; windows begin at multiples of this since 1970.
    #[schemars(range(min = 1, max = RateLimit::WINDOW_SECONDS_MAX))]
    pub window_seconds: u32,
}

/// The budget of one token or address in the current window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Who has it: `token` or `address`.
    pub of: String,
    /// The limit.
    pub rate: RateLimit,
    /// Requests left in this window; none when the limit is exceeded.
    pub remaining: u32,
    /// Seconds until the next window.
    pub reset_seconds: u32,
}

/// Whether a request is allowed by its rate limit.
pub enum Allowance {
    /// It is allowed, with what is left.
    Allowed(Budget),
    /// The limit is exceeded.
    Exceeded(Budget),
}

impl RateLimit {
    /// The most requests that a window may be given.
    pub const LIMIT_MAX: u32 = 1_000_000;
    /// The longest window: a day.
    pub const WINDOW_SECONDS_MAX: u32 = 24 * 60 * 60;

    /// The window of a moment: when it began, and how long it still lasts.
    pub fn window(self, now: i64) -> (i64, u32) {
        let length = i64::from(self.window_seconds.max(1));
        let begun = now - now.rem_euclid(length);
        (begun, u32::try_from(begun + length - now).unwrap_or(self.window_seconds))
    }

    /// The budget after `used` requests in the window of that moment.
    pub fn budget(self, of: &str, used: u64, now: i64) -> Budget {
        let remaining = u64::from(self.limit).saturating_sub(used);
        let remaining = u32::try_from(remaining).unwrap_or(self.limit);
        Budget { of: of.to_owned(), rate: self, remaining, reset_seconds: self.window(now).1 }
    }
}

impl Budget {
    /// Encodes the budget for the authorizer's context.
    pub fn encode(&self) -> String {
        let Budget { of, rate: RateLimit { limit, window_seconds }, remaining, reset_seconds } = self;
        format!("{of};{limit};{window_seconds};{remaining};{reset_seconds}")
    }

    /// Decodes a budget.
    pub fn parse(word: &str) -> Option<Self> {
        let mut parts = word.split(';');
        let of = parts.next()?.to_owned();
        let mut number = || parts.next()?.parse().ok();
        let rate = RateLimit { limit: number()?, window_seconds: number()? };
        Some(Self { of, rate, remaining: number()?, reset_seconds: number()? })
    }

    /// Tells the client (draft-ietf-httpapi-ratelimit-headers-10): the policy, what remains, and when the window ends.
    pub fn write(&self, headers: &mut HeaderMap) {
        let Budget { of, rate: RateLimit { limit, window_seconds }, remaining, reset_seconds } = self;
        let lines = [
            (RATELIMIT_POLICY, format!("\"{of}\";q={limit};w={window_seconds}")),
            (RATELIMIT, format!("\"{of}\";r={remaining};t={reset_seconds}")),
        ];
        for (name, line) in lines {
            if let Ok(value) = HeaderValue::from_str(&line) {
                headers.insert(name, value);
            }
        }
    }

    /// As [`Budget::write`], with the time to wait.
    pub fn write_exceeded(&self, headers: &mut HeaderMap) {
        self.write(headers);
        headers.insert(header::RETRY_AFTER, self.reset_seconds.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: RateLimit = RateLimit { limit: 3, window_seconds: 60 };

    #[test]
    fn windows_begin_at_multiples_of_their_length() {
        assert_eq!((RATE.window(120), RATE.window(179), RATE.window(180)), ((120, 60), (120, 1), (180, 60)));
    }

    #[test]
    fn a_budget_is_kept_through_text_and_told_in_headers() {
        let budget = RATE.budget("token", 2, 130);
        assert_eq!((budget.remaining, budget.reset_seconds), (1, 50));
        assert_eq!(Budget::parse(&budget.encode()), Some(budget.clone()));
        let mut headers = HeaderMap::new();
        budget.write_exceeded(&mut headers);
        assert_eq!(headers[RATELIMIT_POLICY], "\"token\";q=3;w=60");
        assert_eq!(headers[RATELIMIT], "\"token\";r=1;t=50");
        assert_eq!(headers[header::RETRY_AFTER], "50");
        for broken in ["", "token", "token;1;2;3", "token;1;2;3;x", "token;-1;2;3;4"] {
            assert_eq!(Budget::parse(broken), None, "{broken}");
        }
    }

    #[test]
    fn a_budget_never_falls_below_none() {
        assert_eq!(RATE.budget("token", 9, 0).remaining, 0);
    }
}
