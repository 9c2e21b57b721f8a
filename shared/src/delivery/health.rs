//! How a receiver does: since when it fails, and whether it is still asked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::webhook_partition;
use crate::{id::WebhookId, table::Key, timestamp::Timestamp};

/// The sort key of what is known of a receiver, beside the deliveries to it.
const HEALTH: &str = "HEALTH";

/// What is known of a receiver.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// The first failure since the last success.
    #[serde(default)]
    pub failing_since: Option<Timestamp>,
    /// When it was given up.
    #[serde(default)]
    pub disabled_at: Option<Timestamp>,
    /// Why.
    #[serde(default)]
    pub disabled_reason: Option<DisabledReason>,
    /// The last success.
    #[serde(default)]
    pub last_success_at: Option<Timestamp>,
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

    /// Whether nothing is sent until somebody switches the webhook on again.
    pub fn is_disabled(&self) -> bool {
        self.disabled_at.is_some()
    }

    /// Whether requests go by the slow queue, where they are in nobody's way.
    pub fn is_failing(&self) -> bool {
        self.failing_since.is_some()
    }
}
