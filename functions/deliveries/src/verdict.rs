//! What follows from a request: whether the event has arrived, and if not, when it is tried again.

use shared::{
    Timestamp,
    delivery::{DISABLED_AFTER_SECONDS, DisabledReason, Health, Status, delay_seconds},
};
use time::{OffsetDateTime, format_description::well_known::Rfc2822};

use crate::client::{Answer, Failure};

/// What follows from a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The event has arrived.
    Delivered,
    /// It is tried again in so many seconds.
    Again(i64),
    /// It was tried as often as it is tried.
    Failed,
    /// There is nobody any more.
    Gone,
}

impl Verdict {
    /// What follows after so many tries, this one included. The chance is where in its jitter a delay lies.
    pub(crate) fn of(
        outcome: &Result<Answer, Failure>,
        tries_in_run: u64,
        (now, chance): (Timestamp, f64),
    ) -> Self {
        let asked = match outcome {
            Ok(answer) if (200..300).contains(&answer.status) => return Self::Delivered,
            Ok(answer) if answer.status == 410 => return Self::Gone,
            Ok(answer) if [429, 503].contains(&answer.status) => {
                answer.retry_after.as_deref().and_then(|text| seconds_asked(text, now))
            }
            _ => None,
        };
        delay_seconds(tries_in_run, asked, chance).map_or(Self::Failed, Self::Again)
    }
}

/// How a delivery stands after a try.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Settled {
    pub(crate) status: Status,
    /// When it is tried again.
    pub(crate) next: Option<Timestamp>,
    /// Why its webhook is not asked any more.
    pub(crate) given_up: Option<DisabledReason>,
}

impl Settled {
    /// How it stands, given how the receiver did before.
    pub(crate) fn of(verdict: Verdict, health: &Health, now: Timestamp) -> Self {
        let is_over = |since: Timestamp| since.plus_seconds(DISABLED_AFTER_SECONDS) <= now;
        let given_up = match verdict {
            Verdict::Delivered => None,
            Verdict::Gone => Some(DisabledReason::Gone),
            Verdict::Again(_) | Verdict::Failed => {
                health.failing_since.is_some_and(is_over).then_some(DisabledReason::Failing)
            }
        };
        let (status, next) = match verdict {
            Verdict::Delivered => (Status::Delivered, None),
            Verdict::Gone | Verdict::Failed => (Status::Failed, None),
            // It would be tried again if its webhook were still asked.
            Verdict::Again(_) if given_up.is_some() => (Status::Held, None),
            Verdict::Again(seconds) => (Status::Pending, Some(now.plus_seconds(seconds))),
        };
        Self { status, next, given_up }
    }
}

/// The seconds in a `Retry-After` (RFC 9110, section 10.2.3): a number, or a moment.
fn seconds_asked(text: &str, now: Timestamp) -> Option<i64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number has mean very long.
        return Some(text.parse().unwrap_or(i64::MAX)).filter(|_| !text.is_empty());
    }
    Some(OffsetDateTime::parse(text, &Rfc2822).ok()?.unix_timestamp() - now.seconds())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, retry_after: Option<&str>) -> Answer {
        Answer { status, retry_after: retry_after.map(str::to_owned), text: String::new() }
    }

    fn now() -> Timestamp {
        "2026-11-24T07:00:00Z".parse().unwrap()
    }

    #[test]
    fn only_two_hundreds_have_arrived_and_only_410_is_gone() {
        for status in 100..600 {
            let verdict = Verdict::of(&Ok(answer(status, None)), 1, (now(), 0.5));
            let expected = match status {
                200..300 => Verdict::Delivered,
                410 => Verdict::Gone,
                _ => Verdict::Again(5),
            };
            assert_eq!(verdict, expected, "{status}");
        }
    }

    #[test]
    fn what_did_not_arrive_is_tried_ten_times() {
        for (tries, verdict) in [
            (1, Verdict::Again(5)),
            (9, Verdict::Again(86_400)),
            (10, Verdict::Failed),
            (11, Verdict::Failed),
        ] {
            assert_eq!(Verdict::of(&Err(Failure::Timeout), tries, (now(), 0.5)), verdict, "{tries}");
        }
    }

    #[test]
    fn who_asks_for_time_gets_it_within_bounds() {
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
            let verdict = Verdict::of(&Ok(answer(status, Some(asked))), 2, (now(), 0.5));
            assert_eq!(verdict, Verdict::Again(seconds), "{status} {asked}");
        }
    }

    #[test]
    fn after_five_days_of_failure_a_receiver_is_given_up() {
        let day = 24 * 60 * 60;
        let failing_for =
            |seconds: i64| Health { failing_since: Some(now().plus_seconds(-seconds)), ..Health::default() };
        let again = |health: &Health| Settled::of(Verdict::Again(5), health, now());
        let pending = Settled { status: Status::Pending, next: Some(now().plus_seconds(5)), given_up: None };
        assert_eq!(again(&Health::default()), pending);
        assert_eq!(again(&failing_for(5 * day - 1)), pending);
        let held = Settled { status: Status::Held, next: None, given_up: Some(DisabledReason::Failing) };
        assert_eq!(again(&failing_for(5 * day)), held);
        let settled = |verdict, health: &Health| Settled::of(verdict, health, now());
        for (verdict, seconds, status, given_up) in [
            (Verdict::Failed, 0, Status::Failed, None),
            (Verdict::Failed, 6 * day, Status::Failed, Some(DisabledReason::Failing)),
            (Verdict::Gone, 0, Status::Failed, Some(DisabledReason::Gone)),
            (Verdict::Delivered, 6 * day, Status::Delivered, None),
        ] {
            let expected = Settled { status, next: None, given_up };
            assert_eq!(settled(verdict, &failing_for(seconds)), expected);
        }
    }
}
