//! Queries: pages of the items of one partition, in the order of their sort key.

use std::borrow::Cow;

use aws_sdk_dynamodb::types::AttributeValue;

use super::{Condition, Item, Table, condition::Placeholders, failure};
use base::error::Result;

/// The most round trips that filling one page may take; after that the page is what there is, with a cursor.
const ROUND_TRIPS_MAX: usize = 10;

/// A query of one partition: of a table (strongly consistent) or of an index (eventually consistent).
pub struct TableQuery {
    index: Option<Cow<'static, str>>,
    partition: (&'static str, String),
    range: Option<Condition>,
    filter: Option<Condition>,
    after: Option<Item>,
    limit: usize,
    is_latest_first: bool,
}

/// Some items, and where to go on if there are more.
pub struct QueryPage {
    /// The items.
    pub items: Vec<Item>,
    /// The key behind which the next page begins.
    pub next: Option<Item>,
}

/// The result of one round trip.
pub struct Batch {
    /// The items.
    pub items: Vec<Item>,
    /// The key behind which the next batch begins, if there may be one.
    pub next: Option<Item>,
    /// How many were read, with those that did not meet the condition.
    pub read: usize,
}

impl TableQuery {
    /// The items of a partition of the table.
    pub fn partition(pk: impl Into<String>) -> Self {
        Self {
            index: None,
            partition: ("pk", pk.into()),
            range: None,
            filter: None,
            after: None,
            limit: 100,
            is_latest_first: false,
        }
    }

    /// The items that an index keeps together, by the name of its partition attribute.
    pub fn index(
        name: impl Into<Cow<'static, str>>,
        attribute: &'static str,
        value: impl Into<String>,
    ) -> Self {
        Self { index: Some(name.into()), partition: (attribute, value.into()), ..Self::partition("") }
    }

    /// Only those whose sort key begins so.
    #[must_use]
    pub fn prefix(self, prefix: impl Into<String>) -> Self {
        Self { range: Some(Condition::BeginsWith("sk".to_owned(), prefix.into())), ..self }
    }

    /// Only those whose sort key, which is this attribute, lies between these, both included.
    #[must_use]
    pub fn between(self, attribute: &str, low: Option<&str>, high: Option<&str>) -> Self {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let range = match (low, high) {
            (Some(low), Some(high)) => Some(Condition::Between(attribute.to_owned(), text(low), text(high))),
            (Some(low), None) => Some(Condition::AtLeast(attribute.to_owned(), text(low))),
            (None, Some(high)) => Some(Condition::AtMost(attribute.to_owned(), text(high))),
            (None, None) => None,
        };
        Self { range, ..self }
    }

    /// Only those that meet the condition.
    #[must_use]
    pub fn filter(self, when: Condition) -> Self {
        Self { filter: Some(when), ..self }
    }

    /// Only those behind this key.
    #[must_use]
    pub fn after(self, key: Option<Item>) -> Self {
        Self { after: key, ..self }
    }

    /// From the last sort key to the first.
    #[must_use]
    pub fn latest_first(self) -> Self {
        Self { is_latest_first: true, ..self }
    }

    /// At most so many.
    #[must_use]
    pub fn limit(self, limit: usize) -> Self {
        Self { limit, ..self }
    }
}

impl Table {
    /// One page of a query.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn query(&self, query: TableQuery) -> Result<QueryPage> {
        let mut page = QueryPage { items: Vec::new(), next: query.after.clone() };
        for _ in 0..ROUND_TRIPS_MAX {
            let missing = query.limit - page.items.len();
            let found = self.read_on(&query, page.next.take(), missing).await?;
            page.items.extend(found.items);
            page.next = found.next;
            // A page that DynamoDB cut at 1 MB is large enough: an answer of Lambda has 6 MB at the most.
            if page.next.is_none() || page.items.len() >= query.limit || found.read < missing {
                break;
            }
        }
        Ok(page)
    }

    /// One round trip of a query: its limit is how many are read, not how many are found.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn query_once(&self, query: &TableQuery) -> Result<Batch> {
        self.read_on(query, query.after.clone(), query.limit).await
    }

    /// One page of the whole table, in no order, as large as DynamoDB makes it; strongly consistent.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn scan(&self, after: Option<Item>) -> Result<QueryPage> {
        let call = self.client.scan().table_name(&*self.name).consistent_read(true);
        let answer = call.set_exclusive_start_key(after).send().await.map_err(failure)?;
        let next = answer.last_evaluated_key.filter(|key| !key.is_empty());
        Ok(QueryPage { items: answer.items.unwrap_or_default(), next })
    }

    async fn read_on(&self, query: &TableQuery, after: Option<Item>, limit: usize) -> Result<Batch> {
        let mut placeholders = Placeholders::default();
        let (attribute, value) = &query.partition;
        let mut keys = placeholders.condition(Condition::is_text(*attribute, value));
        if let Some(range) = &query.range {
            keys = format!("{keys} AND {}", placeholders.condition(range.clone()));
        }
        let filter = query.filter.clone().map(|when| placeholders.condition(when));
        let (names, values) = placeholders.finish();
        let index = query.index.as_ref().map(ToString::to_string);
        let call = self.client.query().table_name(&*self.name).set_index_name(index);
        let call = call.key_condition_expression(keys).set_filter_expression(filter);
        let call = call.set_expression_attribute_names(names).set_expression_attribute_values(values);
        let call = call.set_exclusive_start_key(after).limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let call = call.consistent_read(query.index.is_none()).scan_index_forward(!query.is_latest_first);
        let answer = call.send().await.map_err(failure)?;
        Ok(Batch {
            read: usize::try_from(answer.scanned_count).unwrap_or_default(),
            items: answer.items.unwrap_or_default(),
            next: answer.last_evaluated_key.filter(|key| !key.is_empty()),
        })
    }
}
