//! Processes the records of an event: those of one item in order, so that its events are sent in order; those
//! of different items concurrently.

use base::Timestamp;
use table::partial_batch::PartialBatchResponse;
use tokio::task::JoinSet;

use crate::{Record, Relay};

/// The items whose records are processed concurrently.
const AT_ONCE: usize = 8;

/// What Lambda has to deliver again.
pub(crate) enum BatchItemFailure {
    /// The record of this sequence number and all behind it in the stream.
    FromSequenceNumber(String),
    /// The message of this id.
    Message(String),
}

/// A record, and its index among those of the event.
type Indexed = (usize, Record);

impl Relay {
    pub(crate) async fn handle_all(&self, records: Vec<Record>) -> PartialBatchResponse {
        let received = self.clock.now();
        let mut waiting = group_by_item(records).into_iter();
        let (mut running, mut failures) = (JoinSet::new(), Vec::new());
        loop {
            while running.len() < AT_ONCE
                && !is_stopped(&failures)
                && let Some(group) = waiting.next()
            {
                let relay = self.clone();
                running.spawn(async move { relay.handle_group(group, received).await });
            }
            let Some(ended) = running.join_next().await else { break };
            // A group itself cannot panic: each of its records is processed in a task of its own.
            failures.extend(ended.unwrap_or_default());
        }
        // Groups that were not started come again with the record that failed, and may lie before it.
        failures.extend(waiting.filter_map(|group| {
            let (index, record) = group.into_iter().next()?;
            Some((index, BatchItemFailure::FromSequenceNumber(record.sequence_number()?)))
        }));
        failures.sort_by_key(|(index, _)| *index);
        let mut answer = PartialBatchResponse::default();
        for (_, BatchItemFailure::FromSequenceNumber(id) | BatchItemFailure::Message(id)) in failures {
            answer.retry(id);
        }
        answer
    }

    /// Processes the records of one item in order, up to the first that fails.
    async fn handle_group(
        self,
        records: Vec<Indexed>,
        received: Timestamp,
    ) -> Option<(usize, BatchItemFailure)> {
        for (index, record) in records {
            let (relay, own) = (self.clone(), record.clone());
            // It ends with this group.
            let mut handling = JoinSet::new();
            handling.spawn(async move { relay.record(own, received).await });
            let outcome = match handling.join_next().await {
                Some(Ok(outcome)) => outcome,
                // A panic would come again with the next attempt.
                Some(Err(panic)) => self.handle_failure(record, anyhow::Error::from(panic).into()).await,
                None => self.handle_failure(record, anyhow::anyhow!("it was not begun").into()).await,
            };
            if let Err(failure) = outcome {
                return Some((index, failure));
            }
        }
        None
    }
}

/// Whether a record of the stream has failed, so that all behind it come again.
fn is_stopped(failures: &[(usize, BatchItemFailure)]) -> bool {
    failures.iter().any(|(_, failure)| matches!(failure, BatchItemFailure::FromSequenceNumber(_)))
}

/// The records grouped by their items, each with its index; the groups in the order of their first records.
fn group_by_item(records: Vec<Record>) -> Vec<Vec<Indexed>> {
    let mut groups: Vec<(Option<String>, Vec<Indexed>)> = Vec::new();
    for (index, record) in records.into_iter().enumerate() {
        let item = record.item();
        match groups.iter_mut().find(|(known, _)| item.is_some() && *known == item) {
            Some((_, group)) => group.push((index, record)),
            None => groups.push((item, vec![(index, record)])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn changes_of_one_item_are_a_group_and_each_message_is_one() {
        let change = |key: &str, number: u32| json!({"eventSource": "aws:dynamodb", "dynamodb": {"Keys": {"pk": {"S": "team"}, "sk": {"S": key}}, "SequenceNumber": number.to_string()}});
        let message = || json!({"eventSource": "aws:sqs", "messageId": "m", "body": "{}"});
        let records = [
            change("a", 1),
            change("b", 2),
            message(),
            change("a", 3),
            message(),
            change("b", 4),
            change("c", 5),
        ];
        let records = records.iter().map(|record| Record::of(&record.to_string()).unwrap()).collect();
        let indexes = |group: Vec<Indexed>| group.into_iter().map(|(index, _)| index).collect::<Vec<_>>();
        let indexes: Vec<_> = group_by_item(records).into_iter().map(indexes).collect();
        assert_eq!(indexes, [vec![0, 3], vec![1, 5], vec![2], vec![4], vec![6]]);
    }
}
