//! Topics: the kinds of events that webhooks can subscribe to.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// An object was created.
    ObjectCreated,
    /// An object was changed, or restored from the trash.
    ObjectUpdated,
    /// An object was moved to the trash, or destroyed.
    ObjectDeleted,
    /// An object was sent to webhooks on request.
    ObjectSend,
    /// A test of a webhook. It is only sent to the webhook that is tested, which cannot subscribe to it.
    WebhookTest,
}

impl Topic {
    /// All topics that a webhook can subscribe to.
    pub const ALL: &[Topic] =
        &[Topic::ObjectCreated, Topic::ObjectUpdated, Topic::ObjectDeleted, Topic::ObjectSend];

    /// The name that clients and receivers see.
    pub const fn name(self) -> &'static str {
        match self {
            Topic::ObjectCreated => "object.created",
            Topic::ObjectUpdated => "object.updated",
            Topic::ObjectDeleted => "object.deleted",
            Topic::ObjectSend => "object.send",
            Topic::WebhookTest => "webhook.test",
        }
    }

    /// The topic of that name, if a webhook can subscribe to it.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|topic| topic.name() == name)
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Topic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Topic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let stored =
            Self::parse(&name).or_else(|| (name == Topic::WebhookTest.name()).then_some(Topic::WebhookTest));
        stored.ok_or_else(|| de::Error::custom(format_args!("no topic is called {name:?}")))
    }
}

impl JsonSchema for Topic {
    fn schema_name() -> Cow<'static, str> {
        "Topic".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "enum": Self::ALL})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_topic_is_read_back_and_a_test_cannot_be_subscribed_to() {
        for topic in Topic::ALL.iter().copied().chain([Topic::WebhookTest]) {
            let text = serde_json::to_string(&topic).unwrap();
            assert_eq!(serde_json::from_str::<Topic>(&text).unwrap(), topic);
        }
        assert_eq!((Topic::parse("webhook.test"), Topic::parse("object.sent")), (None, None));
        assert!(serde_json::from_str::<Topic>(r#""object.sent""#).is_err());
    }
}
