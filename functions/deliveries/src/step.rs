//! What is to be done about a message, given how its delivery and its receiver stand.

use shared::{
    Result, Timestamp,
    delivery::{Health, Request, SIGNED, Signed, Status, StoredDelivery, hop_seconds},
    table::{AttributeValue, Item, decode, text},
};

/// A signature that is older than this is made anew: receivers refuse what is five minutes old, as the specification
/// advises them to.
const SIGNATURE_SECONDS_MAX: i64 = 4 * 60;

/// A delivery, until when somebody is at it, and the signature that was made for a request that waited for one.
pub(crate) struct Seen {
    pub(crate) delivery: StoredDelivery,
    pub(crate) claimed_until: Option<Timestamp>,
    pub(crate) signed: Option<Signed>,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing: the delivery has moved on.
    Nothing,
    /// Somebody is at it, for so many seconds at the most. If nothing comes of that, the message is needed again.
    Wait(i64),
    /// It goes to the queue of those whose receivers fail or are slow.
    PassOn,
    /// It waits until the webhook takes something again.
    Hold,
    /// A message is to come for the next try, in so many seconds.
    Retry(i64),
    /// It is to be signed, in so many seconds.
    Sign(i64),
    /// The request is made: as the next try, or as the last one, which somebody has claimed and not brought to an end.
    Try { is_next: bool },
}

impl Seen {
    /// The delivery in an item.
    pub(crate) fn of(item: Item) -> Result<Self> {
        let claimed_until = text(&item, "claimed_until").and_then(|until| until.parse().ok());
        let signed = match item.get(SIGNED) {
            Some(AttributeValue::M(signed)) => Some(decode(signed.clone())?),
            _ => None,
        };
        Ok(Self { delivery: decode(item)?, claimed_until, signed })
    }

    /// The request with the last of its signatures.
    pub(crate) fn with_signature(&mut self, mut request: Request) -> Request {
        if let Some(signed) = self.signed.take().filter(|signed| signed.at() > request.signed.at()) {
            request.signed = signed;
        }
        request
    }

    pub(crate) fn step(&self, request: &Request, health: &Health, is_slow: bool, now: Timestamp) -> Step {
        let Self { delivery, claimed_until, signed: _ } = self;
        let is_next = delivery.tries == request.tries;
        if delivery.status != Status::Pending || !(is_next || delivery.tries == request.tries + 1) {
            return Step::Nothing;
        }
        match claimed_until {
            Some(until) if *until > now => return Step::Wait(hop_seconds(*until, now)),
            // It was tried, and the message comes again: perhaps because the one for the next try could not be sent.
            None if !is_next => {
                return delivery
                    .next_attempt_at
                    .map_or(Step::Nothing, |due| Step::Retry(hop_seconds(due, now)));
            }
            _ => {}
        }
        if health.is_disabled() {
            Step::Hold
        } else if health.is_slow(now) && !is_slow {
            Step::PassOn
        } else if request.signed.at().is_none_or(|at| now.seconds() - at > SIGNATURE_SECONDS_MAX) {
            Step::Sign(0)
        } else if request.signed.at().is_some_and(|at| health.is_outdated(at)) {
            // Within the second of the change nobody can tell before from after.
            Step::Sign(i64::from(health.is_outdated(now.seconds())))
        } else {
            Step::Try { is_next }
        }
    }
}

#[cfg(test)]
mod tests;
