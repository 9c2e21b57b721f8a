//! What is to be done about a message, given how its delivery and its receiver stand.

use shared::{
    Result, Timestamp,
    delivery::{Health, Request, Status, StoredDelivery, hop_seconds},
    table::{Item, decode, text},
};

/// A signature that is older than this is made anew: receivers refuse what is five minutes old, as the specification
/// advises them to.
const SIGNATURE_SECONDS_MAX: i64 = 4 * 60;

/// A delivery, and until when somebody is at it.
pub(crate) struct Seen {
    pub(crate) delivery: StoredDelivery,
    pub(crate) claimed_until: Option<Timestamp>,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing: the delivery has moved on.
    Nothing,
    /// Somebody is at it. If nothing comes of that, the message is needed again.
    Wait,
    /// It goes to the queue of those whose receivers fail.
    PassOn,
    /// It waits until the webhook takes something again.
    Hold,
    /// It is to be signed, in so many seconds.
    Sign(i64),
    /// The request is made: as the next try, or as the last one, which somebody has claimed and not brought to an end.
    Try { is_next: bool },
}

impl Seen {
    /// The delivery in an item.
    pub(crate) fn of(item: Item) -> Result<Self> {
        let claimed_until = text(&item, "claimed_until").and_then(|until| until.parse().ok());
        Ok(Self { delivery: decode(item)?, claimed_until })
    }

    pub(crate) fn step(&self, request: &Request, health: &Health, is_slow: bool, now: Timestamp) -> Step {
        let Self { delivery, claimed_until } = self;
        let is_next = delivery.tries == request.tries;
        if delivery.status != Status::Pending || !(is_next || delivery.tries == request.tries + 1) {
            return Step::Nothing;
        }
        match claimed_until {
            Some(until) if *until > now => return Step::Wait,
            // It was tried, and the message comes again: perhaps because the one for the next try could not be sent.
            None if !is_next => {
                return delivery
                    .next_attempt_at
                    .map_or(Step::Nothing, |due| Step::Sign(hop_seconds(due, now)));
            }
            _ => {}
        }
        if health.is_disabled() {
            Step::Hold
        } else if health.is_down(now) && !is_slow {
            Step::PassOn
        } else if signed_at(request).is_none_or(|at| now.seconds() - at > SIGNATURE_SECONDS_MAX) {
            Step::Sign(0)
        } else if signed_at(request).is_some_and(|at| health.is_outdated(at)) {
            // Within the second of the change nobody can tell before from after.
            Step::Sign(i64::from(health.is_outdated(now.seconds())))
        } else {
            Step::Try { is_next }
        }
    }
}

/// When a request was signed, in seconds since 1970.
pub(crate) fn signed_at(request: &Request) -> Option<i64> {
    request.headers.get("webhook-timestamp")?.parse().ok()
}

#[cfg(test)]
mod tests;
