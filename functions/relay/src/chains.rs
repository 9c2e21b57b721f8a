//! In which order the records of an event are looked at: those of one item one after the other, so that what follows from
//! its changes is sent in their order; those of different items side by side.

use shared::{Timestamp, partial_batch::PartialBatchResponse};
use tokio::task::JoinSet;

use crate::{Record, Relay};

/// Items whose changes are looked at side by side.
const AT_ONCE: usize = 8;

/// What is to come again.
pub(crate) enum Again {
    /// This change and all behind it.
    From(String),
    /// This message.
    Message(String),
}

/// A record, and its place among those of the event.
type Placed = (usize, Record);

impl Relay {
    pub(crate) async fn handle_all(&self, records: Vec<Record>) -> PartialBatchResponse {
        let received = self.clock.now();
        let mut waiting = chains(records).into_iter();
        let (mut running, mut again) = (JoinSet::new(), Vec::new());
        loop {
            while running.len() < AT_ONCE
                && !is_stopped(&again)
                && let Some(chain) = waiting.next()
            {
                let relay = self.clone();
                running.spawn(async move { relay.chain(chain, received).await });
            }
            let Some(ended) = running.join_next().await else { break };
            // A chain itself does nothing that could end it; its records are looked at apart.
            again.extend(ended.unwrap_or_default());
        }
        // What was not begun comes again with the change that was not told, and may lie before it.
        again.extend(waiting.filter_map(|chain| {
            let (place, record) = chain.into_iter().next()?;
            Some((place, Again::From(record.sequence_number()?)))
        }));
        again.sort_by_key(|(place, _)| *place);
        let mut answer = PartialBatchResponse::default();
        for (_, Again::From(id) | Again::Message(id)) in again {
            answer.retry(id);
        }
        answer
    }

    /// Looks at the records one after the other, up to the first that comes again.
    async fn chain(self, records: Vec<Placed>, received: Timestamp) -> Option<(usize, Again)> {
        for (place, record) in records {
            let (relay, own) = (self.clone(), record.clone());
            let handling = tokio::spawn(async move { relay.record(own, received).await });
            let outcome = match handling.await {
                Ok(outcome) => outcome,
                // It would end the same way the next time.
                Err(end) => self.put_aside(record, anyhow::Error::from(end).into()).await,
            };
            if let Err(again) = outcome {
                return Some((place, again));
            }
        }
        None
    }
}

/// Whether a change was not told, so that all behind it come again.
fn is_stopped(again: &[(usize, Again)]) -> bool {
    again.iter().any(|(_, again)| matches!(again, Again::From(_)))
}

/// The records by their items, each with its place; in the order of the first of each.
fn chains(records: Vec<Record>) -> Vec<Vec<Placed>> {
    let mut chains: Vec<(Option<String>, Vec<Placed>)> = Vec::new();
    for (place, record) in records.into_iter().enumerate() {
        let item = record.item();
        match chains.iter_mut().find(|(known, _)| item.is_some() && *known == item) {
            Some((_, chain)) => chain.push((place, record)),
            None => chains.push((item, vec![(place, record)])),
        }
    }
    chains.into_iter().map(|(_, chain)| chain).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn changes_of_one_item_are_a_chain_and_messages_are_alone() {
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
        let places = |chain: Vec<Placed>| chain.into_iter().map(|(place, _)| place).collect::<Vec<_>>();
        let places: Vec<_> = chains(records).into_iter().map(places).collect();
        assert_eq!(places, [vec![0, 3], vec![1, 5], vec![2], vec![4], vec![6]]);
    }
}
