//! A change that ends the function again and again gets out of the way of the others.

use std::sync::{Arc, Mutex};

use audit::AuditFilter;
use base::id::TeamId;
use keys::Platform;
use relay::{Event, Queues, Record, Relay};
use table::{
    config::Config,
    number,
    queue::{Message, Queue, Sending},
};

use super::*;
use crate::{
    counter::Counter,
    harness::{system, unique},
};

/// A queue that keeps what is sent.
#[derive(Default)]
struct Kept(Mutex<Vec<String>>);

impl Kept {
    fn taken(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl<M: Message> Queue<M> for Kept {
    fn send(&self, message: M, _: i64) -> Sending<'_> {
        self.0.lock().unwrap().push(serde_json::to_string(&message).unwrap());
        Box::pin(async { Ok(()) })
    }

    fn send_all(&self, messages: Vec<M>) -> Sending<'_> {
        for message in messages {
            drop(self.send(message, 0));
        }
        Box::pin(async { Ok(()) })
    }
}

/// A change of an object in a team of its own, some days ago.
fn change(team: &TeamId, sequence_number: &str) -> Record {
    let event = include_str!("../../../events/relay-changes.json");
    let event: Value =
        serde_json::from_str(&event.replace("team_0000000000000000000001", team.as_str())).unwrap();
    let mut record = event["Records"][0].clone();
    record["dynamodb"]["SequenceNumber"] = json!(sequence_number);
    record["eventSourceARN"] = json!("arn:aws:dynamodb:eu-west-1:123456789012:table/objects/stream/1");
    Record::of(&record.to_string()).unwrap()
}

/// A relay that sends nothing, and what it parks.
fn relay(platform: &Platform) -> (Relay, Arc<Kept>) {
    let (parked, nowhere) = (Arc::new(Kept::default()), Arc::new(Kept::default()));
    let queues = Queues {
        requests: nowhere.clone(),
        slow: nowhere.clone(),
        retries: nowhere,
        dead_letters: parked.clone(),
    };
    (Relay::new(platform, &Config::default(), queues), parked)
}

fn alone(record: &Record) -> Event {
    let record: Value = serde_json::from_str(record.text()).unwrap();
    serde_json::from_value(json!({"Records": [record]})).unwrap()
}

#[tokio::test]
async fn what_has_ended_the_function_three_times_is_parked_and_not_looked_at_again() {
    let platform = platform(&system().dynamodb);
    let (relay, parked) = relay(&platform);
    for (ends, is_told) in [(0, true), (2, true), (3, false), (4, false)] {
        let (team, place) = (TeamId::new(), unique().to_string());
        let record = change(&team, &place);
        let key = Key::new(format!("RELAY#{place}"), "SUSPECT");
        // Each end leaves a begin behind.
        if ends > 0 {
            let begun = platform.activity.update(key.clone()).add("begun", ends);
            platform.activity.write(begun).await.unwrap();
        }
        assert!(relay.handle(alone(&record)).await.is_success());
        let told =
            audit::AuditLog::new(&platform).page(&team, &AuditFilter::default(), None, 10).await.unwrap();
        assert_eq!(told.entries.len(), usize::from(is_told), "{ends}");
        let expected = if is_told { vec![] } else { vec![record.text().to_owned()] };
        assert_eq!(parked.taken(), expected, "{ends}");
        let note = platform.activity.get(key).await.unwrap().unwrap();
        assert!(number(&note, "begun").is_none() && number(&note, "expires").is_some());
    }
}

#[tokio::test]
async fn a_look_that_came_to_its_end_counts_for_nothing_though_it_could_not_be_noted() {
    let (database, counter) = Counter::start().await;
    let platform = platform(&database);
    let (relay, parked) = relay(&platform);
    let (team, place) = (TeamId::new(), unique().to_string());
    let (record, key) = (change(&team, &place), Key::new(format!("RELAY#{place}"), "SUSPECT"));
    for _ in 0..5 {
        counter.refuse_after("UpdateItem", 1);
        assert!(relay.handle(alone(&record)).await.is_success());
        let note = platform.activity.get(key.clone()).await.unwrap().unwrap();
        assert_eq!(number(&note, "begun"), Some(1));
    }
    let told = audit::AuditLog::new(&platform).page(&team, &AuditFilter::default(), None, 10).await.unwrap();
    assert_eq!((told.entries.len(), parked.taken()), (1, vec![]));
    assert!(relay.handle(alone(&record)).await.is_success());
    let note = platform.activity.get(key).await.unwrap().unwrap();
    assert_eq!(number(&note, "begun"), None);
}

#[tokio::test]
async fn an_attempt_whose_count_was_not_answered_counts_once() {
    let (database, counter) = Counter::start().await;
    let platform = platform(&database);
    let (relay, parked) = relay(&platform);
    let (team, place) = (TeamId::new(), unique().to_string());
    let (record, key) = (change(&team, &place), Key::new(format!("RELAY#{place}"), "SUSPECT"));
    counter.lose_the_next("UpdateItem");
    // The count, once more the count, and that it is cleared.
    counter.refuse_after("UpdateItem", 2);
    assert!(relay.handle(alone(&record)).await.is_success());
    let note = platform.activity.get(key).await.unwrap().unwrap();
    assert_eq!((number(&note, "begun"), parked.taken()), (Some(1), vec![]));
}

#[tokio::test]
async fn what_was_parked_without_its_content_stays_parked() {
    let (relay, parked) = relay(&platform(&system().dynamodb));
    let mut record: Value = serde_json::from_str(change(&TeamId::new(), "7").text()).unwrap();
    record["dynamodb"].as_object_mut().unwrap().remove("NewImage");
    let record = Record::of(&record.to_string()).unwrap();
    assert!(relay.handle(alone(&record)).await.is_success());
    assert_eq!(parked.taken(), [record.text()]);
    let message = json!({"Records": [{"messageId": "m", "body": record.text(), "eventSource": "aws:sqs"}]});
    let answer = relay.handle(serde_json::from_value(message).unwrap()).await;
    assert_eq!(answer.first_failure(), Some("m"));
}
