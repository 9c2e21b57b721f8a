//! The outcome of an attempt: whether the event was delivered, and if not, when it is retried.

use base::Timestamp;
use delivery::{DISABLED_AFTER_SECONDS, DeliveryStatus, DisabledReason, Health, delay_seconds};
use time::{OffsetDateTime, format_description::well_known::Rfc2822};

use crate::{client::Response, failure::Failure};

/// The outcome of an attempt.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The receiver accepted the event.
    Delivered,
    /// It is to be retried in so many seconds.
    RetryIn(i64),
    /// It failed, and there are no retries left.
    Failed,
    /// The receiver answered 410 Gone.
    Gone,
}

impl Outcome {
    /// The outcome after so many attempts in this run, this one included. `random` chooses the jitter of the
    /// delay.
    pub(crate) fn of(
        response: &Result<Response, Failure>,
        tries_in_run: u64,
        (now, random): (Timestamp, f64),
    ) -> Self {
        let retry_after = match response {
            Ok(response) if (200..300).contains(&response.status) => return Self::Delivered,
            Ok(response) if response.status == 410 => return Self::Gone,
            Ok(response) if [429, 503].contains(&response.status) => {
                response.retry_after.as_deref().and_then(|text| retry_after_seconds(text, now))
            }
            _ => None,
        };
        delay_seconds(tries_in_run, retry_after, random).map_or(Self::Failed, Self::RetryIn)
    }
}

/// How an attempt changes its delivery and its webhook.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DeliveryUpdate {
    pub(crate) status: DeliveryStatus,
    /// When the next attempt is due, if there is to be one.
    pub(crate) next: Option<Timestamp>,
    /// Why the webhook is disabled, if it is to be.
    pub(crate) disable_reason: Option<DisabledReason>,
}

impl DeliveryUpdate {
    /// The update, given the health of the receiver before.
    pub(crate) fn of(outcome: Outcome, health: &Health, now: Timestamp) -> Self {
        let is_over = |since: Timestamp| since.plus_seconds(DISABLED_AFTER_SECONDS) <= now;
        let disable_reason = match outcome {
            Outcome::Delivered => None,
            Outcome::Gone => Some(DisabledReason::Gone),
            Outcome::RetryIn(_) | Outcome::Failed => {
                health.failing_since.is_some_and(is_over).then_some(DisabledReason::Failing)
            }
        };
        let (status, next) = match outcome {
            Outcome::Delivered => (DeliveryStatus::Delivered, None),
            Outcome::Gone | Outcome::Failed => (DeliveryStatus::Failed, None),
            // It would be retried if the webhook were not disabled now.
            Outcome::RetryIn(_) if disable_reason.is_some() => (DeliveryStatus::Held, None),
            Outcome::RetryIn(seconds) => (DeliveryStatus::Pending, Some(now.plus_seconds(seconds))),
        };
        Self { status, next, disable_reason }
    }
}

/// The seconds of a `Retry-After` header (RFC 9110, section 10.2.3), which is a number or a date.
fn retry_after_seconds(text: &str, now: Timestamp) -> Option<i64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number that is too large to parse means very long.
        return Some(text.parse().unwrap_or(i64::MAX)).filter(|_| !text.is_empty());
    }
    Some(OffsetDateTime::parse(text, &Rfc2822).ok()?.unix_timestamp() - now.seconds())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, retry_after: Option<&str>) -> Response {
        Response { status, retry_after: retry_after.map(str::to_owned), body: String::new() }
    }

    fn now() -> Timestamp {
        "2026-11-24T07:00:00Z".parse().unwrap()
    }

    #[test]
    fn only_2xx_is_delivered_and_only_410_is_gone() {
        for status in 100..600 {
            let outcome = Outcome::of(&Ok(response(status, None)), 1, (now(), 0.5));
            let expected = match status {
                200..300 => Outcome::Delivered,
                410 => Outcome::Gone,
                _ => Outcome::RetryIn(5),
            };
            assert_eq!(outcome, expected, "{status}");
        }
    }

    #[test]
    fn what_is_not_delivered_has_ten_attempts() {
        for (tries, outcome) in [
            (1, Outcome::RetryIn(5)),
            (9, Outcome::RetryIn(86_400)),
            (10, Outcome::Failed),
            (11, Outcome::Failed),
        ] {
            assert_eq!(Outcome::of(&Err(Failure::Timeout), tries, (now(), 0.5)), outcome, "{tries}");
        }
    }

    #[test]
    fn a_receiver_that_asks_for_time_gets_it_within_bounds() {
        for (status, asked, seconds) in [
            (429, "400", 400),
            (503, "400", 400),
            (429, "100", 300),
            (429, "86400", 600),
            (429, "99999999999999999999999", 600),
            (429, "Tue, 24 Nov 2026 07:06:40 GMT", 400),
            (429, "Tue, 24 Nov 2026 06:00:00 GMT", 300),
            (429, "Tue, 24 Nov 2099 06:00:00 GMT", 600),
            (429, "-5", 300),
            (429, "", 300),
            (429, "soon", 300),
            (500, "400", 300),
            (302, "400", 300),
        ] {
            let outcome = Outcome::of(&Ok(response(status, Some(asked))), 2, (now(), 0.5));
            assert_eq!(outcome, Outcome::RetryIn(seconds), "{status} {asked}");
        }
    }

    #[test]
    fn after_five_days_of_failure_a_webhook_is_disabled() {
        let day = 24 * 60 * 60;
        let failing_for =
            |seconds: i64| Health { failing_since: Some(now().plus_seconds(-seconds)), ..Health::default() };
        let again = |health: &Health| DeliveryUpdate::of(Outcome::RetryIn(5), health, now());
        let pending = DeliveryUpdate {
            status: DeliveryStatus::Pending,
            next: Some(now().plus_seconds(5)),
            disable_reason: None,
        };
        assert_eq!(again(&Health::default()), pending);
        assert_eq!(again(&failing_for(5 * day - 1)), pending);
        let held = DeliveryUpdate {
            status: DeliveryStatus::Held,
            next: None,
            disable_reason: Some(DisabledReason::Failing),
        };
        assert_eq!(again(&failing_for(5 * day)), held);
        let update = |outcome, health: &Health| DeliveryUpdate::of(outcome, health, now());
        for (outcome, seconds, status, disable_reason) in [
            (Outcome::Failed, 0, DeliveryStatus::Failed, None),
            (Outcome::Failed, 6 * day, DeliveryStatus::Failed, Some(DisabledReason::Failing)),
            (Outcome::Gone, 0, DeliveryStatus::Failed, Some(DisabledReason::Gone)),
            (Outcome::Delivered, 6 * day, DeliveryStatus::Delivered, None),
        ] {
            let expected = DeliveryUpdate { status, next: None, disable_reason };
            assert_eq!(update(outcome, &failing_for(seconds)), expected);
        }
    }
}
