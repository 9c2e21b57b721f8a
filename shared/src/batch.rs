//! What a function answers to an event of several records: which of them are to come again (Lambda's partial batch
//! response).

use serde::Serialize;

/// The records that are to come again; none, if all are handled.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchAnswer {
    batch_item_failures: Vec<Failure>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: String,
}

impl BatchAnswer {
    /// This message is to come again, by its id; or this change of a stream and all behind it, by its sequence number.
    pub fn again(&mut self, id: impl Into<String>) {
        self.batch_item_failures.push(Failure { item_identifier: id.into() });
    }

    /// Whether nothing is to come again.
    pub fn is_whole(&self) -> bool {
        self.batch_item_failures.is_empty()
    }

    /// The first that is to come again.
    pub fn first(&self) -> Option<&str> {
        self.batch_item_failures.first().map(|failure| failure.item_identifier.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_names_what_is_to_come_again() {
        let mut answer = BatchAnswer::default();
        assert_eq!(serde_json::to_string(&answer).unwrap(), r#"{"batchItemFailures":[]}"#);
        assert!(answer.is_whole() && answer.first().is_none());
        answer.again("7");
        assert_eq!((answer.is_whole(), answer.first()), (false, Some("7")));
        let text = serde_json::to_string(&answer).unwrap();
        assert_eq!(text, r#"{"batchItemFailures":[{"itemIdentifier":"7"}]}"#);
    }
}
