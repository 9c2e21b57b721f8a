//! How a receiver does: since when it fails, and whether it is still asked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::webhook_partition;
use crate::{
    delivery::KEEP_SECONDS,
    error::Result,
    id::{ObjectId, WebhookId},
    table::{AttributeValue, Key, Table, Write, attribute},
    timestamp::Timestamp,
};

/// The sort key of what is known of a receiver, beside the deliveries to it.
const HEALTH: &str = "HEALTH";

/// A receiver that has failed for so long, without a success in between, is taken for one that is down.
const DOWN_AFTER_SECONDS: i64 = 30;
/// A receiver that has taken longer than this for an answer is slow, whatever it answered,
const SLOW_MILLIS: u64 = 3_000;
/// and for so long.
const SLOW_SECONDS: i64 = 5 * 60;
/// What is noted for a while is noted anew when so much of it is over.
const NOTED_SECONDS: i64 = 60;
/// What went the slow way is through after so long, or lost.
const DETOUR_SECONDS: i64 = 24 * 60 * 60;

/// What is known of a receiver.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// The first failure since the last success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// When it was given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<Timestamp>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_reason: Option<DisabledReason>,
    /// The last success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_success_at: Option<Timestamp>,
    /// When the webhook last changed: its URL, its keys, or whether it takes anything. What was signed before is no longer
    /// meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<Timestamp>,
    /// Until when it is taken for a slow one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_until: Option<Timestamp>,
    /// When a request went the slow way, give or take a minute: which of them are still on it, the detours tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed_on_at: Option<Timestamp>,
}

/// Why a receiver was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DisabledReason {
    /// It has failed for five days.
    Failing,
    /// It has said that it is gone: 410.
    Gone,
}

impl Health {
    /// Where it lies.
    pub fn key(webhook: &WebhookId) -> Key {
        Key::new(webhook_partition(webhook), HEALTH)
    }

    /// The write by which what is still on its way to a webhook that is destroyed stays unsent.
    ///
    /// # Errors
    /// 500: it can always be written.
    pub fn end(activity: &Table, webhook: &WebhookId, now: Timestamp) -> Result<Write> {
        let expires = AttributeValue::N((now.seconds() + KEEP_SECONDS).to_string());
        let write = activity.update(Self::key(webhook)).set("disabled_at", attribute(&now)?);
        Ok(write.set("expires", expires))
    }

    /// Whether nothing is sent until somebody switches the webhook on again.
    pub fn is_disabled(&self) -> bool {
        self.disabled_at.is_some()
    }

    /// Whether a request that was signed in that second, since 1970, may be from before the last change of the webhook.
    pub fn is_outdated(&self, signed_at: i64) -> bool {
        self.changed_at.is_some_and(|at| signed_at <= at.seconds())
    }

    /// Whether nothing has come through since the last failure.
    pub fn is_failing(&self) -> bool {
        self.failing_since.is_some()
    }

    /// Whether it has failed for a while. One that fails now and then has not.
    pub fn is_down(&self, now: Timestamp) -> bool {
        self.failing_since.is_some_and(|since| since.plus_seconds(DOWN_AFTER_SECONDS) <= now)
    }

    /// Whether requests go by the slow queue, where they wait for others of their team and keep nobody else waiting.
    pub fn is_slow(&self, now: Timestamp) -> bool {
        self.is_down(now) || self.slow_until.is_some_and(|until| until > now)
    }

    /// Until when it is to be taken for a slow one after an answer that took so long, if that is news.
    pub fn slow_after(&self, duration_ms: u64, now: Timestamp) -> Option<Timestamp> {
        let until = now.plus_seconds(SLOW_SECONDS);
        let is_known = self.slow_until.is_some_and(|known| known.plus_seconds(NOTED_SECONDS) > until);
        (duration_ms >= SLOW_MILLIS && !is_known).then_some(until)
    }

    /// Whether it is to be noted that a request goes the slow way.
    pub fn is_news_that_one_is_passed_on(&self, now: Timestamp) -> bool {
        self.passed_on_at.is_none_or(|at| at.plus_seconds(NOTED_SECONDS) <= now)
    }

    /// Whether requests may still be on the slow way.
    pub fn has_detours(&self, now: Timestamp) -> bool {
        self.passed_on_at.is_some_and(|at| at.plus_seconds(NOTED_SECONDS + DETOUR_SECONDS) > now)
    }
}

/// Where it is noted which delivery about an object went the slow way last: until its request is made, later ones go behind
/// it, however the receiver does by then.
pub fn detour_key(webhook: &WebhookId, object: &ObjectId) -> Key {
    Key::new(webhook_partition(webhook), format!("DETOUR#{object}"))
}

/// Until when a detour that begins now counts, in seconds since 1970.
pub fn detour_expires(now: Timestamp) -> i64 {
    now.seconds() + DETOUR_SECONDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_fails_for_half_a_minute_is_down() {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000).unwrap();
        let failing = Health { failing_since: Some(at(100)), ..Health::default() };
        assert!(failing.is_failing() && !failing.is_down(at(129)) && failing.is_down(at(130)));
        assert!(failing.is_slow(at(130)) && !failing.is_slow(at(129)));
        assert!(!Health::default().is_failing() && !Health::default().is_slow(at(1_000)));
    }

    #[test]
    fn who_takes_his_time_is_slow_for_minutes_and_that_is_noted_once_a_minute() {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000).unwrap();
        let well = Health::default();
        assert_eq!((well.slow_after(2_999, at(0)), well.slow_after(3_000, at(0))), (None, Some(at(300))));
        let slow = Health { slow_until: Some(at(300)), ..Health::default() };
        assert!(slow.is_slow(at(299)) && !slow.is_slow(at(300)));
        assert_eq!((slow.slow_after(14_000, at(59)), slow.slow_after(14_000, at(60))), (None, Some(at(360))));
    }

    #[test]
    fn detours_are_looked_for_as_long_as_there_may_be_one() {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000).unwrap();
        let passed_on = Health { passed_on_at: Some(at(0)), ..Health::default() };
        assert!(
            Health::default().is_news_that_one_is_passed_on(at(0)) && !Health::default().has_detours(at(0))
        );
        assert!(
            !passed_on.is_news_that_one_is_passed_on(at(59))
                && passed_on.is_news_that_one_is_passed_on(at(60))
        );
        // The last of them may have begun just before it is noted again.
        assert!(
            passed_on.has_detours(at(DETOUR_SECONDS + 59)) && detour_expires(at(59)) < DETOUR_SECONDS + 60
        );
        assert!(!passed_on.has_detours(at(DETOUR_SECONDS + 60)));
    }
}
