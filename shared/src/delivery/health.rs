//! How a receiver does: since when it fails, and whether it is still asked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::webhook_partition;
use crate::{
    delivery::KEEP_SECONDS,
    error::Result,
    id::WebhookId,
    table::{AttributeValue, Key, Table, Write, attribute},
    timestamp::Timestamp,
};

/// The sort key of what is known of a receiver, beside the deliveries to it.
const HEALTH: &str = "HEALTH";

/// A receiver that has failed for so long, without a success in between, is taken for one that is down.
const DOWN_AFTER_SECONDS: i64 = 30;

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

    /// Whether requests go by the slow queue, where they wait for others that fail and keep nobody else waiting. One that
    /// fails now and then is not among them.
    pub fn is_down(&self, now: Timestamp) -> bool {
        self.failing_since.is_some_and(|since| since.plus_seconds(DOWN_AFTER_SECONDS) <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_fails_for_half_a_minute_is_down() {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000).unwrap();
        let failing = Health { failing_since: Some(at(100)), ..Health::default() };
        assert!(failing.is_failing() && !failing.is_down(at(129)) && failing.is_down(at(130)));
        assert!(!Health::default().is_failing() && !Health::default().is_down(at(1_000)));
    }
}
