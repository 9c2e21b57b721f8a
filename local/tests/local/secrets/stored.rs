//! What the tables hold, whole.

use aws_sdk_dynamodb::types::AttributeValue;
use table::config::{AccessKeys, Config};

use super::net::holds;

/// What the tables hold: all texts, and all bytes.
#[derive(Default)]
pub(super) struct Stored {
    pub(super) texts: Vec<String>,
    bytes: Vec<Vec<u8>>,
}

impl Stored {
    pub(super) async fn read(dynamodb: &str) -> Self {
        let any = || "any".to_owned();
        let client = table::aws::dynamodb(&Config {
            region: any(),
            credentials: Some(AccessKeys { id: any(), secret: any(), session: None }),
            dynamodb_endpoint: Some(dynamodb.to_owned()),
            ..Config::default()
        });
        let client = client.unwrap();
        let mut stored = Self::default();
        for table in local::tables::TABLES {
            let answer = client.scan().table_name(table.name).send().await.unwrap();
            assert!(answer.last_evaluated_key.is_none_or(|key| key.is_empty()), "one page is all");
            answer.items.into_iter().flatten().flatten().for_each(|(name, value)| {
                stored.texts.push(name);
                stored.take(value);
            });
        }
        stored
    }

    fn take(&mut self, value: AttributeValue) {
        match value {
            AttributeValue::S(text) | AttributeValue::N(text) => self.texts.push(text),
            AttributeValue::B(bytes) => self.bytes.push(bytes.into_inner()),
            AttributeValue::L(all) => all.into_iter().for_each(|value| self.take(value)),
            AttributeValue::M(all) => all.into_iter().for_each(|(name, value)| {
                self.texts.push(name);
                self.take(value);
            }),
            AttributeValue::Ss(all) | AttributeValue::Ns(all) => self.texts.extend(all),
            AttributeValue::Bool(_) | AttributeValue::Null(_) => {}
            other => panic!("{other:?} is not searched"),
        }
    }

    pub(super) fn holds(&self, word: &str) -> bool {
        self.texts.iter().any(|text| text.contains(word)) || self.bytes.iter().any(|bytes| holds(bytes, word))
    }

    /// All keyed hashes, without the id of their key.
    pub(super) fn hashes(&self) -> Vec<&str> {
        self.texts.iter().filter_map(|text| text.strip_prefix("k1.")).collect()
    }
}
