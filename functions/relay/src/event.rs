//! The events that invoke the function: records of a table's stream, in order, or messages of the queue of
//! retries. Among the messages may be changes from the dead-letter queue.

use anyhow::Context as _;
use base::Timestamp;
use delivery::Retry;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use table::{Item, Key};

use table::cache::with_clock_skew;

/// An event: records of one source. Each is parsed by itself, so that one that cannot be parsed does not block
/// the others.
#[derive(Deserialize)]
pub struct Event {
    #[serde(rename = "Records")]
    pub(crate) records: Vec<Record>,
}

/// A record, as its JSON text.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Record(Box<RawValue>);

/// A parsed record.
pub(crate) enum RecordKind {
    /// A change of an item, from a DynamoDB stream.
    Change(Box<Change>),
    /// A message, from SQS.
    Message(SqsRecord),
}

/// A parsed message.
pub(crate) enum QueueMessage {
    /// Something to do for a delivery.
    Retry(Retry),
    /// A change from the dead-letter queue, to be processed again.
    DeadLetter(Box<Change>),
    /// Changes that Lambda discarded before they were processed.
    DiscardedBatch(DiscardedBatch),
}

/// What Lambda sends to the failure destination for records that it discards: their position in the stream, not
/// their content.
#[derive(Deserialize)]
pub(crate) struct DiscardedBatch {
    #[serde(rename = "DDBStreamBatchInfo")]
    pub(crate) batch: Box<RawValue>,
}

/// A message, as SQS delivers it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SqsRecord {
    pub(crate) message_id: String,
    body: String,
}

/// A change of an item, as the stream delivers it.
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

/// The member that all records have, by which their kinds are told apart.
#[derive(Deserialize)]
struct Source {
    #[serde(rename = "eventSource")]
    source: String,
}

impl table::queue::Message for Record {
    /// Dead letters wait for a person, so no tenant has to wait for another.
    fn group(&self) -> Option<&str> {
        None
    }
}

impl Record {
    /// A record of that text, if it is JSON.
    pub fn of(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The JSON text.
    pub fn text(&self) -> &str {
        self.0.get()
    }

    pub(crate) fn read(&self) -> anyhow::Result<RecordKind> {
        let text = self.text();
        Ok(match source(text)?.as_str() {
            "aws:dynamodb" => RecordKind::Change(serde_json::from_str(text).context("reading a change")?),
            "aws:sqs" => RecordKind::Message(serde_json::from_str(text).context("reading a message")?),
            source => anyhow::bail!("records of {source} are not for this function"),
        })
    }

    /// The record without the item before and after, for when it is too large for a queue.
    pub(crate) fn without_images(&self) -> Option<Self> {
        let mut record: serde_json::Value = serde_json::from_str(self.text()).ok()?;
        let images = record.get_mut("dynamodb")?.as_object_mut()?;
        images.retain(|name, _| !name.ends_with("Image"));
        Self::of(&record.to_string())
    }

    /// The key of the item that was changed, as text.
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

    /// The sequence number in the stream, if it has one. It is read even if the rest of the record cannot be
    /// parsed.
    pub(crate) fn sequence_number(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Of {
            dynamodb: Number,
        }
        #[derive(Deserialize)]
        struct Number {
            #[serde(rename = "SequenceNumber")]
            sequence_number: String,
        }
        Some(serde_json::from_str::<Of>(self.text()).ok()?.dynamodb.sequence_number)
    }
}

impl SqsRecord {
    pub(crate) fn read(&self) -> anyhow::Result<QueueMessage> {
        // A message about a delivery has no source.
        if source(&self.body).is_ok() {
            return Ok(QueueMessage::DeadLetter(
                serde_json::from_str(&self.body).context("reading a dead letter")?,
            ));
        }
        if let Ok(discarded) = serde_json::from_str(&self.body) {
            return Ok(QueueMessage::DiscardedBatch(discarded));
        }
        Ok(QueueMessage::Retry(
            serde_json::from_str(&self.body).context("reading a message about a delivery")?,
        ))
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

    /// The item before the change, unless it is new.
    pub(crate) fn before(&self) -> Option<&Item> {
        self.dynamodb.old_image.as_ref()
    }

    /// The item after the change, unless it was removed.
    pub(crate) fn after(&self) -> Option<&Item> {
        self.dynamodb.new_image.as_ref()
    }

    /// The minimum time at which other items must have been read to show all that was written before this
    /// change. `at` is the time of the change by the clock of the function that made it. The write itself came
    /// later: within the second that DynamoDB gives, and before this process received the record.
    pub(crate) fn min_read_time(&self, at: Timestamp) -> Timestamp {
        let written = with_clock_skew(
            self.approximate_creation_time().map_or(at, |created| at.max(created.plus_seconds(1))),
        );
        self.received_at.map_or(written, |received| written.min(received))
    }

    /// The change, received by this process at that time.
    pub(crate) fn received(self, at: Timestamp) -> Self {
        // A read of the same millisecond may have begun before.
        Self { received_at: Timestamp::from_millis(at.millis() + 1), ..self }
    }

    /// The `ApproximateCreationDateTime` of the record, which is to the second.
    pub(crate) fn approximate_creation_time(&self) -> Option<Timestamp> {
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
    use table::text;

    fn records(event: &str) -> Vec<Record> {
        serde_json::from_str::<Event>(event).unwrap().records
    }

    #[test]
    fn a_record_of_any_form_is_without_images() {
        for text in ["[]", "[0]", "null", "7", r#"{"dynamodb": []}"#, r#"{"dynamodb": null}"#, "{}"] {
            assert!(Record::of(text).unwrap().without_images().is_none(), "{text}");
        }
        let record = Record::of(r#"{"dynamodb":{"Keys":1,"NewImage":2,"OldImage":3}}"#).unwrap();
        assert_eq!(record.without_images().unwrap().text(), r#"{"dynamodb":{"Keys":1}}"#);
    }

    #[test]
    fn a_change_is_parsed_as_the_stream_delivers_it() {
        let records = records(include_str!("../../../events/relay-changes.json"));
        let RecordKind::Change(change) = records[0].read().unwrap() else { panic!("a change") };
        assert_eq!(change.table(), Some("engine-ObjectsTable-EXAMPLE"));
        assert_eq!(change.key().unwrap().sk, "obj_0000000000000000000001");
        assert!(change.before().is_none());
        assert_eq!(text(change.after().unwrap(), "created_by"), Some("usr_0000000000000000000001"));
        assert_eq!(change.approximate_creation_time().unwrap().to_string(), "2026-11-24T10:00:00.000Z");
        assert_eq!(records[0].sequence_number().as_deref(), Some("100000000000000000001"));
        let again = Record::of(records[0].text()).unwrap();
        assert!(matches!(again.read().unwrap(), RecordKind::Change(_)));
    }

    #[test]
    fn a_message_is_about_a_delivery_or_holds_a_change() {
        let records = records(include_str!("../../../events/relay-messages.json"));
        let RecordKind::Message(message) = records[0].read().unwrap() else { panic!("a message") };
        assert!(matches!(message.read().unwrap(), QueueMessage::Retry(retry) if retry.tries == 1));
        let dead_letter = SqsRecord {
            message_id: "m".to_owned(),
            body: serde_json::from_str::<Event>(include_str!("../../../events/relay-changes.json"))
                .unwrap()
                .records[0]
                .text()
                .to_owned(),
        };
        assert!(matches!(dead_letter.read().unwrap(), QueueMessage::DeadLetter(_)));
        let lost = r#"{"requestContext": {"condition": "RetryAttemptsExhausted"}, "version": "1.0", "DDBStreamBatchInfo": {"shardId": "s"}}"#;
        let lost = SqsRecord { message_id: "m".to_owned(), body: lost.to_owned() };
        assert!(
            matches!(lost.read().unwrap(), QueueMessage::DiscardedBatch(lost) if lost.batch.get() == r#"{"shardId": "s"}"#)
        );
        let odd = SqsRecord { message_id: "m".to_owned(), body: "{}".to_owned() };
        assert!(odd.read().is_err());
    }

    #[test]
    fn what_was_read_after_the_minimum_read_time_shows_all_that_was_written_before_the_change() {
        let records = records(include_str!("../../../events/relay-changes.json"));
        let change = || match records[0].read().unwrap() {
            RecordKind::Change(change) => change,
            RecordKind::Message(_) => panic!("a change"),
        };
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let made = at("2026-11-24T10:00:00.123Z");
        // DynamoDB gives the second of the write.
        assert_eq!(change().min_read_time(made).to_string(), "2026-11-24T10:00:01.020Z");
        let soon = change().received(at("2026-11-24T10:00:00.200Z"));
        assert_eq!(soon.min_read_time(made).to_string(), "2026-11-24T10:00:00.201Z");
        let late = change().received(at("2026-11-24T11:00:00.000Z"));
        assert_eq!(late.min_read_time(made).to_string(), "2026-11-24T10:00:01.020Z");
        let slow = change().min_read_time(at("2026-11-24T10:00:05.000Z"));
        assert_eq!(slow.to_string(), "2026-11-24T10:00:05.020Z");
    }

    #[test]
    fn without_images_the_key_and_the_sequence_number_are_left() {
        let records = records(include_str!("../../../events/relay-changes.json"));
        let record = records[0].without_images().unwrap();
        let RecordKind::Change(change) = record.read().unwrap() else { panic!("a change") };
        assert_eq!(change.key().unwrap().sk, "obj_0000000000000000000001");
        assert!(change.after().is_none() && record.sequence_number() == records[0].sequence_number());
    }

    #[test]
    fn a_record_that_cannot_be_parsed_does_not_block_the_others() {
        let records = records(
            r#"{"Records": [{"eventSource": "aws:dynamodb", "dynamodb": {"SequenceNumber": "7"}}, 1]}"#,
        );
        assert!(records.iter().all(|record| record.read().is_err()));
        assert_eq!(records[0].sequence_number().as_deref(), Some("7"));
    }
}
