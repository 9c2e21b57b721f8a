//! Pages of items that lie together, in the order of their sort key.

use aws_sdk_dynamodb::types::AttributeValue;

use super::{Item, Table, When, expression::Placeholders, failure};
use crate::error::Result;

/// The most round trips that filling one page may take; after that the page is what there is, with a cursor.
const ROUND_TRIPS_MAX: usize = 10;

/// What to read: the items of one partition, of a table (strongly consistent) or of an index (eventually).
pub struct Query {
    index: Option<&'static str>,
    partition: (&'static str, String),
    prefix: Option<String>,
    filter: Option<When>,
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

impl Query {
    /// The items of a partition of the table.
    pub fn partition(pk: impl Into<String>) -> Self {
        Self {
            index: None,
            partition: ("pk", pk.into()),
            prefix: None,
            filter: None,
            after: None,
            limit: 100,
            is_latest_first: false,
        }
    }

    /// The items that an index keeps together, by the name of its partition attribute.
    pub fn index(name: &'static str, attribute: &'static str, value: impl Into<String>) -> Self {
        Self { index: Some(name), partition: (attribute, value.into()), ..Self::partition("") }
    }

    /// Only those whose sort key begins so.
    #[must_use]
    pub fn prefix(self, prefix: impl Into<String>) -> Self {
        Self { prefix: Some(prefix.into()), ..self }
    }

    /// Only those that meet the condition.
    #[must_use]
    pub fn filter(self, when: When) -> Self {
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
    pub async fn query(&self, query: Query) -> Result<QueryPage> {
        let mut page = QueryPage { items: Vec::new(), next: query.after.clone() };
        for _ in 0..ROUND_TRIPS_MAX {
            let missing = query.limit - page.items.len();
            let (items, next, is_cut) = self.query_once(&query, page.next.take(), missing).await?;
            page.items.extend(items);
            page.next = next;
            // A page that DynamoDB cut at 1 MB is large enough: an answer of Lambda has 6 MB at the most.
            if page.next.is_none() || page.items.len() >= query.limit || is_cut {
                break;
            }
        }
        Ok(page)
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

    async fn query_once(
        &self,
        query: &Query,
        after: Option<Item>,
        limit: usize,
    ) -> Result<(Vec<Item>, Option<Item>, bool)> {
        let mut placeholders = Placeholders::default();
        let (attribute, value) = &query.partition;
        let mut keys = format!(
            "{} = {}",
            placeholders.path(attribute),
            placeholders.value(AttributeValue::S(value.clone()))
        );
        if let Some(prefix) = &query.prefix {
            let value = placeholders.value(AttributeValue::S(prefix.clone()));
            keys = format!("{keys} AND begins_with({}, {value})", placeholders.path("sk"));
        }
        let filter = query.filter.clone().map(|when| placeholders.condition(when));
        let (names, values) = placeholders.finish();
        let call = self.client.query().table_name(&*self.name).set_index_name(query.index.map(Into::into));
        let call = call.key_condition_expression(keys).set_filter_expression(filter);
        let call = call.set_expression_attribute_names(names).set_expression_attribute_values(values);
        let call = call.set_exclusive_start_key(after).limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let call = call.consistent_read(query.index.is_none()).scan_index_forward(!query.is_latest_first);
        let answer = call.send().await.map_err(failure)?;
        let is_cut = usize::try_from(answer.scanned_count).is_ok_and(|scanned| scanned < limit);
        Ok((
            answer.items.unwrap_or_default(),
            answer.last_evaluated_key.filter(|key| !key.is_empty()),
            is_cut,
        ))
    }
}
