//! What webhooks can be told of.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// What has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// An object was made.
    ObjectCreated,
    /// An object has changed, or came back from the trash.
    ObjectUpdated,
    /// An object went to the trash, or was destroyed.
    ObjectDeleted,
    /// Somebody has sent an object.
    ObjectSend,
    /// Somebody tries the webhook. It comes to the one that is tried, and nobody can ask for it.
    WebhookTest,
}

impl Topic {
    /// All that a webhook can ask for.
    pub const ALL: &[Topic] =
        &[Topic::ObjectCreated, Topic::ObjectUpdated, Topic::ObjectDeleted, Topic::ObjectSend];

    /// The name that clients and receivers use.
    pub const fn name(self) -> &'static str {
        match self {
            Topic::ObjectCreated => "object.created",
            Topic::ObjectUpdated => "object.updated",
            Topic::ObjectDeleted => "object.deleted",
            Topic::ObjectSend => "object.send",
            Topic::WebhookTest => "webhook.test",
        }
    }

    /// The topic of that name, if a webhook can ask for it.
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
    fn a_stored_topic_is_read_back_and_a_test_cannot_be_asked_for() {
        for topic in Topic::ALL.iter().copied().chain([Topic::WebhookTest]) {
            let text = serde_json::to_string(&topic).unwrap();
            assert_eq!(serde_json::from_str::<Topic>(&text).unwrap(), topic);
        }
        assert_eq!((Topic::parse("webhook.test"), Topic::parse("object.sent")), (None, None));
        assert!(serde_json::from_str::<Topic>(r#""object.sent""#).is_err());
    }
}
