//! Decides the next action for a message from the state of its delivery and the health of its receiver.

use base::{Result, Timestamp};
use delivery::{
    DeliveryStatus, Health, Request, SIGNED, SignedRequest, StoredDelivery, requeue_delay_seconds,
};
use table::{AttributeValue, Item, decode, text};

/// A request with an older signature is signed again: receivers refuse signatures that are five minutes old, as
/// the specification advises.
const SIGNATURE_SECONDS_MAX: i64 = 4 * 60;

/// A delivery as it was read, until when a worker has claimed it, and the new signature if its request waited
/// for one.
pub(crate) struct DeliverySnapshot {
    pub(crate) delivery: StoredDelivery,
    pub(crate) claimed_until: Option<Timestamp>,
    pub(crate) signed: Option<SignedRequest>,
}

/// The next action.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Nothing: the message is out of date.
    Nothing,
    /// Wait for so many seconds: another worker holds the claim. If that worker fails, the message is needed
    /// again.
    Wait(i64),
    /// Move the request to the slow queue, for receivers that fail or are slow.
    Reroute,
    /// Hold the delivery back, as the webhook is disabled.
    Hold,
    /// Queue a message for the next attempt, with a delay of so many seconds.
    Retry(i64),
    /// Have the request signed again, after so many seconds.
    SignAgain(i64),
    /// Make the request: as the next attempt, or as the last one again, which a worker claimed and did not
    /// complete.
    Attempt { is_next: bool },
}

impl DeliverySnapshot {
    /// The delivery of an item.
    pub(crate) fn of(item: Item) -> Result<Self> {
        let claimed_until = text(&item, "claimed_until").and_then(|until| until.parse().ok());
        let signed = match item.get(SIGNED) {
            Some(AttributeValue::M(signed)) => Some(decode(signed.clone())?),
            _ => None,
        };
        Ok(Self { delivery: decode(item)?, claimed_until, signed })
    }

    /// The request with its latest signature.
    pub(crate) fn with_signature(&mut self, mut request: Request) -> Request {
        if let Some(signed) = self.signed.take().filter(|signed| signed.at() > request.signed.at()) {
            request.signed = signed;
        }
        request
    }

    pub(crate) fn next_action(
        &self,
        request: &Request,
        health: &Health,
        is_slow: bool,
        now: Timestamp,
    ) -> Action {
        let Self { delivery, claimed_until, signed: _ } = self;
        let is_next = delivery.tries == request.tries;
        if delivery.status != DeliveryStatus::Pending || !(is_next || delivery.tries == request.tries + 1) {
            return Action::Nothing;
        }
        match claimed_until {
            Some(until) if *until > now => return Action::Wait(requeue_delay_seconds(*until, now)),
            // The attempt was made, and the message comes again: perhaps as the one for the next attempt could
            // not be sent.
            None if !is_next => {
                return delivery
                    .next_attempt_at
                    .map_or(Action::Nothing, |due| Action::Retry(requeue_delay_seconds(due, now)));
            }
            _ => {}
        }
        if health.is_disabled() {
            Action::Hold
        } else if health.is_slow(now) && !is_slow {
            Action::Reroute
        } else if request.signed.at().is_none_or(|at| now.seconds() - at > SIGNATURE_SECONDS_MAX) {
            Action::SignAgain(0)
        } else if request.signed.at().is_some_and(|at| health.signed_before_change(at)) {
            // Signatures are to the second: within that of the change, before and after look the same.
            Action::SignAgain(i64::from(health.signed_before_change(now.seconds())))
        } else {
            Action::Attempt { is_next }
        }
    }
}

#[cfg(test)]
mod tests;
