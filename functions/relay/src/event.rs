//! The events that the function is given, and what it answers: changes of a table's stream, in their order, or messages
//! of the queue of retries, among which may be changes that were parked.

use anyhow::Context as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use shared::{
    Timestamp,
    delivery::Retry,
    table::{Item, Key},
};

use crate::cache::after;

/// An event: records of one source. Each is read for itself, so that one that cannot be read holds up no other.
#[derive(Deserialize)]
pub struct Event {
    #[serde(rename = "Records")]
    pub(crate) records: Vec<Record>,
}

/// A record, as it came.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Record(Box<RawValue>);

/// What a record is.
pub(crate) enum Content {
    /// An item was made, changed or removed.
    Change(Box<Change>),
    /// A message.
    Message(Message),
}

/// What a message says.
pub(crate) enum Notice {
    /// A delivery is due.
    Retry(Retry),
    /// A change that was parked is to be looked at again.
    Parked(Box<Change>),
    /// Changes that the stream has dropped before they were told.
    Lost(Lost),
}

/// What Lambda says of changes that it gives up: where they were in a stream, and not what.
#[derive(Deserialize)]
pub(crate) struct Lost {
    #[serde(rename = "DDBStreamBatchInfo")]
    pub(crate) batch: Box<RawValue>,
}

/// A message of a queue.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Message {
    pub(crate) message_id: String,
    body: String,
}

/// A change of an item.
#[derive(Deserialize)]
pub(crate) struct Change {
    #[serde(rename = "eventSourceARN")]
    stream: String,
    dynamodb: Images,
    #[serde(skip)]
    received_at: Option<Timestamp>,
}

/// The item before and after.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Images {
    #[serde(deserialize_with = "item")]
    keys: Item,
    #[serde(default, deserialize_with = "some_item")]
    new_image: Option<Item>,
    #[serde(default, deserialize_with = "some_item")]
    old_image: Option<Item>,
    #[serde(default)]
    approximate_creation_date_time: Option<f64>,
}

/// What tells the kinds of records apart.
#[derive(Deserialize)]
struct Source {
    #[serde(rename = "eventSource")]
    source: String,
}

impl shared::queue::Message for Record {
    /// What is parked waits for a person.
    fn group(&self) -> Option<&str> {
        None
    }
}

impl Record {
    /// A record of that text, if it is one of JSON.
    pub fn of(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Its text.
    pub fn text(&self) -> &str {
        self.0.get()
    }

    pub(crate) fn read(&self) -> anyhow::Result<Content> {
        let text = self.text();
        Ok(match source(text)?.as_str() {
            "aws:dynamodb" => Content::Change(serde_json::from_str(text).context("reading a change")?),
            "aws:sqs" => Content::Message(serde_json::from_str(text).context("reading a message")?),
            source => anyhow::bail!("records of {source} are not for this function"),
        })
    }

    /// The same without the item before and after, for where it does not fit as a whole.
    pub(crate) fn without_images(&self) -> Option<Self> {
        let mut record: serde_json::Value = serde_json::from_str(self.text()).ok()?;
        let images = record["dynamodb"].as_object_mut()?;
        images.retain(|name, _| !name.ends_with("Image"));
        Self::of(&record.to_string())
    }

    /// The item that a change is of, told by its key.
    pub(crate) fn item(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Of {
            dynamodb: Keys,
        }
        #[derive(Deserialize)]
        struct Keys {
            #[serde(rename = "Keys")]
            keys: serde_json::Value,
        }
        Some(serde_json::from_str::<Of>(self.text()).ok()?.dynamodb.keys.to_string())
    }

    /// Its place in the stream, if it has one, though it may not be readable otherwise.
    pub(crate) fn sequence_number(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Place {
            dynamodb: Number,
        }
        #[derive(Deserialize)]
        struct Number {
            #[serde(rename = "SequenceNumber")]
            sequence_number: String,
        }
        Some(serde_json::from_str::<Place>(self.text()).ok()?.dynamodb.sequence_number)
    }
}

impl Message {
    pub(crate) fn read(&self) -> anyhow::Result<Notice> {
        // A message about a delivery has no source.
        if source(&self.body).is_ok() {
            return Ok(Notice::Parked(serde_json::from_str(&self.body).context("reading a parked change")?));
        }
        if let Ok(lost) = serde_json::from_str(&self.body) {
            return Ok(Notice::Lost(lost));
        }
        Ok(Notice::Retry(serde_json::from_str(&self.body).context("reading a message about a delivery")?))
    }
}

impl Change {
    /// The table: `arn:…:table/<name>/stream/<label>`.
    pub(crate) fn table(&self) -> Option<&str> {
        self.stream.split('/').nth(1)
    }

    /// The key of the item.
    pub(crate) fn key(&self) -> Option<Key> {
        Key::of(&self.dynamodb.keys)
    }

    /// The item before it, unless it is new.
    pub(crate) fn before(&self) -> Option<&Item> {
        self.dynamodb.old_image.as_ref()
    }

    /// The item after it, unless it was removed.
    pub(crate) fn after(&self) -> Option<&Item> {
        self.dynamodb.new_image.as_ref()
    }

    /// From when on others must have been read to show all that was there when the change was made, at that moment by the
    /// clock of who made it. The write itself came later: by DynamoDB's clock within that second, and in any case before
    /// this process had it.
    pub(crate) fn since(&self, at: Timestamp) -> Timestamp {
        let written = after(self.noted_at().map_or(at, |noted| at.max(noted.plus_seconds(1))));
        self.received_at.map_or(written, |received| written.min(received))
    }

    /// The same, as it was in hand at that moment by the clock of this process.
    pub(crate) fn received(self, at: Timestamp) -> Self {
        // A read of the same millisecond may have begun before.
        Self { received_at: Timestamp::from_millis(at.millis() + 1), ..self }
    }

    /// When DynamoDB took it in, to the second.
    pub(crate) fn noted_at(&self) -> Option<Timestamp> {
        #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970 are few")]
        let millis = (self.dynamodb.approximate_creation_date_time? * 1_000.0) as i64;
        Timestamp::from_millis(millis)
    }
}

fn source(text: &str) -> anyhow::Result<String> {
    Ok(serde_json::from_str::<Source>(text).context("a record has no source")?.source)
}

fn item<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Item, D::Error> {
    serde_dynamo::Item::deserialize(deserializer).map(Item::from)
}

fn some_item<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Item>, D::Error> {
    Ok(Option::<serde_dynamo::Item>::deserialize(deserializer)?.map(Item::from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::table::text;

    fn records(event: &str) -> Vec<Record> {
        serde_json::from_str::<Event>(event).unwrap().records
    }

    #[test]
    fn a_change_is_read_as_the_stream_tells_it() {
        let records = records(include_str!("../../../events/relay-changes.json"));
        let Content::Change(change) = records[0].read().unwrap() else { panic!("a change") };
        assert_eq!(change.table(), Some("engine-ObjectsTable-EXAMPLE"));
        assert_eq!(change.key().unwrap().sk, "obj_0000000000000000000001");
        assert!(change.before().is_none());
        assert_eq!(text(change.after().unwrap(), "created_by"), Some("usr_0000000000000000000001"));
        assert_eq!(change.noted_at().unwrap().to_string(), "2026-11-24T10:00:00.000Z");
        assert_eq!(records[0].sequence_number().as_deref(), Some("100000000000000000001"));
        let again = Record::of(records[0].text()).unwrap();
        assert!(matches!(again.read().unwrap(), Content::Change(_)));
    }

    #[test]
    fn a_message_is_about_a_delivery_or_holds_a_change() {
        let records = records(include_str!("../../../events/relay-messages.json"));
        let Content::Message(message) = records[0].read().unwrap() else { panic!("a message") };
        assert!(matches!(message.read().unwrap(), Notice::Retry(retry) if retry.tries == 1));
        let parked = Message {
            message_id: "m".to_owned(),
            body: serde_json::from_str::<Event>(include_str!("../../../events/relay-changes.json"))
                .unwrap()
                .records[0]
                .text()
                .to_owned(),
        };
        assert!(matches!(parked.read().unwrap(), Notice::Parked(_)));
        let lost = r#"{"requestContext": {"condition": "RetryAttemptsExhausted"}, "version": "1.0", "DDBStreamBatchInfo": {"shardId": "s"}}"#;
        let lost = Message { message_id: "m".to_owned(), body: lost.to_owned() };
        assert!(
            matches!(lost.read().unwrap(), Notice::Lost(lost) if lost.batch.get() == r#"{"shardId": "s"}"#)
        );
        let odd = Message { message_id: "m".to_owned(), body: "{}".to_owned() };
        assert!(odd.read().is_err());
    }

    #[test]
    fn what_was_read_since_a_change_was_in_hand_shows_all_that_was_there_before_it() {
        let records = records(include_str!("../../../events/relay-changes.json"));
        let change = || match records[0].read().unwrap() {
            Content::Change(change) => change,
            Content::Message(_) => panic!("a change"),
        };
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let made = at("2026-11-24T10:00:00.123Z");
        // DynamoDB tells the second in which it took the change in.
        assert_eq!(change().since(made).to_string(), "2026-11-24T10:00:01.020Z");
        let soon = change().received(at("2026-11-24T10:00:00.200Z"));
        assert_eq!(soon.since(made).to_string(), "2026-11-24T10:00:00.201Z");
        let late = change().received(at("2026-11-24T11:00:00.000Z"));
        assert_eq!(late.since(made).to_string(), "2026-11-24T10:00:01.020Z");
        let slow = change().since(at("2026-11-24T10:00:05.000Z"));
        assert_eq!(slow.to_string(), "2026-11-24T10:00:05.020Z");
    }

    #[test]
    fn without_images_its_key_and_its_place_are_left() {
        let records = records(include_str!("../../../events/relay-changes.json"));
        let record = records[0].without_images().unwrap();
        let Content::Change(change) = record.read().unwrap() else { panic!("a change") };
        assert_eq!(change.key().unwrap().sk, "obj_0000000000000000000001");
        assert!(change.after().is_none() && record.sequence_number() == records[0].sequence_number());
    }

    #[test]
    fn what_cannot_be_read_holds_up_nothing_else() {
        let records = records(
            r#"{"Records": [{"eventSource": "aws:dynamodb", "dynamodb": {"SequenceNumber": "7"}}, 1]}"#,
        );
        assert!(records.iter().all(|record| record.read().is_err()));
        assert_eq!(records[0].sequence_number().as_deref(), Some("7"));
    }
}
