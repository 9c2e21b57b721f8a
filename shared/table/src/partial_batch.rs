//! Lambda's partial batch responses: which records of an event failed and are to be retried.

use serde::Serialize;

/// The records that failed; none, if all are handled.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartialBatchResponse {
    batch_item_failures: Vec<ItemFailure>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ItemFailure {
    item_identifier: String,
}

impl PartialBatchResponse {
    /// Has a message retried, by its id; or a record of a stream and all behind it, by its sequence number.
    pub fn retry(&mut self, id: impl Into<String>) {
        self.batch_item_failures.push(ItemFailure { item_identifier: id.into() });
    }

    /// Whether every record is handled.
    pub fn is_success(&self) -> bool {
        self.batch_item_failures.is_empty()
    }

    /// The first record that failed.
    pub fn first_failure(&self) -> Option<&str> {
        self.batch_item_failures.first().map(|failure| failure.item_identifier.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_names_what_is_to_come_again() {
        let mut answer = PartialBatchResponse::default();
        assert_eq!(serde_json::to_string(&answer).unwrap(), r#"{"batchItemFailures":[]}"#);
        assert!(answer.is_success() && answer.first_failure().is_none());
        answer.retry("7");
        assert_eq!((answer.is_success(), answer.first_failure()), (false, Some("7")));
        let text = serde_json::to_string(&answer).unwrap();
        assert_eq!(text, r#"{"batchItemFailures":[{"itemIdentifier":"7"}]}"#);
    }
}
