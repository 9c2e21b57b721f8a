//! The health of a webhook's receiver: whether it fails, is slow, or is disabled.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::webhook_partition;
use crate::KEEP_SECONDS;
use base::{
    error::Result,
    id::{ObjectId, WebhookId},
    timestamp::Timestamp,
};
use table::{AttributeValue, Key, Table, Write, attribute};

/// The sort key of the health, in the partition of the webhook's deliveries.
const HEALTH: &str = "HEALTH";

/// A receiver is down if it has failed for so long without a success in between.
const DOWN_AFTER_SECONDS: i64 = 30;
/// A response that took this long makes the receiver slow, whatever its status.
const SLOW_MILLIS: u64 = 3_000;
/// A receiver counts as slow for this long after a slow response.
const SLOW_SECONDS: i64 = 5 * 60;
/// Times that are recorded with each request are written again only after so long, to save writes.
const RECORD_AGAIN_SECONDS: i64 = 60;
/// A rerouted request was made after so long, or is lost.
const REROUTE_SECONDS_MAX: i64 = 24 * 60 * 60;

/// The health of a receiver.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// The first failure since the last success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// When it was disabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<Timestamp>,
    /// Why it was disabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_reason: Option<DisabledReason>,
    /// The last success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_success_at: Option<Timestamp>,
    /// When the webhook last changed: its URL, its keys, or whether it accepts deliveries. Requests that were
    /// signed before must not be sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<Timestamp>,
    /// Until when it counts as slow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_until: Option<Timestamp>,
    /// When a request was last rerouted to the slow queue, give or take a minute. Those still in that queue are
    /// recorded by object, under [`reroute_key`].
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "passed_on_at")]
    pub rerouted_at: Option<Timestamp>,
}

/// Why a webhook was disabled automatically.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DisabledReason {
    /// The receiver failed for five days.
    Failing,
    /// The receiver answered 410 Gone.
    Gone,
}

impl Health {
    /// The key of the item.
    pub fn key(webhook: &WebhookId) -> Key {
        Key::new(webhook_partition(webhook), HEALTH)
    }

    /// The write that disables the receiver of a destroyed webhook, so that requests in the queues are not sent
    /// any more.
    ///
    /// # Errors
    /// 500: it can always be written.
    pub fn disable_permanently(activity: &Table, webhook: &WebhookId, now: Timestamp) -> Result<Write> {
        let expires = AttributeValue::N((now.seconds() + KEEP_SECONDS).to_string());
        let write = activity.update(Self::key(webhook)).set("disabled_at", attribute(&now)?);
        Ok(write.set("expires", expires))
    }

    /// Whether nothing is sent until somebody switches the webhook on again.
    pub fn is_disabled(&self) -> bool {
        self.disabled_at.is_some()
    }

    /// Whether a request that was signed in that second since 1970 may have been signed before the last change
    /// of the webhook.
    pub fn signed_before_change(&self, signed_at: i64) -> bool {
        self.changed_at.is_some_and(|at| signed_at <= at.seconds())
    }

    /// Whether there was no success since the last failure.
    pub fn is_failing(&self) -> bool {
        self.failing_since.is_some()
    }

    /// Whether it has failed for a while, without any success.
    pub fn is_down(&self, now: Timestamp) -> bool {
        self.failing_since.is_some_and(|since| since.plus_seconds(DOWN_AFTER_SECONDS) <= now)
    }

    /// Whether requests go through the slow queue, where they only delay others of their team.
    pub fn is_slow(&self, now: Timestamp) -> bool {
        self.is_down(now) || self.slow_until.is_some_and(|until| until > now)
    }

    /// Until when it counts as slow after a response that took so long; none if it is not slow, or that is
    /// recorded already.
    pub fn slow_after(&self, duration_ms: u64, now: Timestamp) -> Option<Timestamp> {
        let until = now.plus_seconds(SLOW_SECONDS);
        let is_known = self.slow_until.is_some_and(|known| known.plus_seconds(RECORD_AGAIN_SECONDS) > until);
        (duration_ms >= SLOW_MILLIS && !is_known).then_some(until)
    }

    /// Whether the time at which a request is rerouted has to be recorded.
    pub fn is_reroute_record_due(&self, now: Timestamp) -> bool {
        self.rerouted_at.is_none_or(|at| at.plus_seconds(RECORD_AGAIN_SECONDS) <= now)
    }

    /// Whether rerouted requests may still be in the slow queue.
    pub fn may_have_rerouted(&self, now: Timestamp) -> bool {
        self.rerouted_at.is_some_and(|at| at.plus_seconds(RECORD_AGAIN_SECONDS + REROUTE_SECONDS_MAX) > now)
    }
}

/// The key of the item with the delivery about an object that was rerouted last. Until its request is made,
/// later ones are rerouted behind it, whatever the health of the receiver.
pub fn reroute_key(webhook: &WebhookId, object: &ObjectId) -> Key {
    Key::new(webhook_partition(webhook), format!("DETOUR#{object}"))
}

/// When the record of a request that is rerouted now expires, in seconds since 1970.
pub fn reroute_expires(now: Timestamp) -> i64 {
    now.seconds() + REROUTE_SECONDS_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_that_fails_for_half_a_minute_is_down() {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000).unwrap();
        let failing = Health { failing_since: Some(at(100)), ..Health::default() };
        assert!(failing.is_failing() && !failing.is_down(at(129)) && failing.is_down(at(130)));
        assert!(failing.is_slow(at(130)) && !failing.is_slow(at(129)));
        assert!(!Health::default().is_failing() && !Health::default().is_slow(at(1_000)));
    }

    #[test]
    fn a_slow_response_makes_the_receiver_slow_for_minutes_and_is_recorded_once_a_minute() {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000).unwrap();
        let well = Health::default();
        assert_eq!((well.slow_after(2_999, at(0)), well.slow_after(3_000, at(0))), (None, Some(at(300))));
        let slow = Health { slow_until: Some(at(300)), ..Health::default() };
        assert!(slow.is_slow(at(299)) && !slow.is_slow(at(300)));
        assert_eq!((slow.slow_after(14_000, at(59)), slow.slow_after(14_000, at(60))), (None, Some(at(360))));
    }

    #[test]
    fn rerouted_requests_are_looked_for_as_long_as_there_may_be_one() {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000).unwrap();
        let rerouted = Health { rerouted_at: Some(at(0)), ..Health::default() };
        assert!(
            Health::default().is_reroute_record_due(at(0)) && !Health::default().may_have_rerouted(at(0))
        );
        assert!(!rerouted.is_reroute_record_due(at(59)) && rerouted.is_reroute_record_due(at(60)));
        // The last of them may have been rerouted just before the time is recorded again.
        assert!(
            rerouted.may_have_rerouted(at(REROUTE_SECONDS_MAX + 59))
                && reroute_expires(at(59)) < REROUTE_SECONDS_MAX + 60
        );
        assert!(!rerouted.may_have_rerouted(at(REROUTE_SECONDS_MAX + 60)));
    }
}
