//! Conditional writes, one or several at once.

use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, ReturnValue, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use serde::Serialize;

use super::{
    Condition, Item, Key, Table, WriteError, condition::Placeholders, refusal::Failure,
    retry::through_conflicts,
};
use base::error::Result;

/// One write, of one item.
#[derive(Clone)]
pub struct Write {
    table: String,
    kind: WriteKind,
    condition: Option<Condition>,
}

#[derive(Clone)]
enum WriteKind {
    Put(Item),
    Update(UpdateChanges),
    Delete(Key),
    Check(Key),
}

/// The changes of an update.
#[derive(Clone)]
struct UpdateChanges {
    key: Key,
    set: Vec<(String, AttributeValue)>,
    set_if_missing: Vec<(String, AttributeValue)>,
    remove: Vec<String>,
    add: Vec<(String, i64)>,
}

impl Write {
    fn new(table: &Table, kind: WriteKind) -> Self {
        Self { table: table.name.to_string(), kind, condition: None }
    }

    /// Only if this holds.
    #[must_use]
    pub fn when(self, condition: Condition) -> Self {
        Self { condition: Some(condition), ..self }
    }

    /// Only if this holds too.
    #[must_use]
    pub fn and_when(self, condition: Condition) -> Self {
        let condition = match self.condition {
            Some(first) => first.and(condition),
            None => condition,
        };
        Self { condition: Some(condition), ..self }
    }

    /// An update that sets the attribute.
    #[must_use]
    pub fn set(mut self, path: impl Into<String>, value: AttributeValue) -> Self {
        if let WriteKind::Update(changes) = &mut self.kind {
            changes.set.push((path.into(), value));
        }
        self
    }

    /// An update that sets the attribute unless it is there already.
    #[must_use]
    pub fn set_if_missing(mut self, path: impl Into<String>, value: AttributeValue) -> Self {
        if let WriteKind::Update(changes) = &mut self.kind {
            changes.set_if_missing.push((path.into(), value));
        }
        self
    }

    /// An update that removes the attribute.
    #[must_use]
    pub fn remove(mut self, path: impl Into<String>) -> Self {
        if let WriteKind::Update(changes) = &mut self.kind {
            changes.remove.push(path.into());
        }
        self
    }

    /// An update that adds to a number, which counts as 0 if it is not there.
    #[must_use]
    pub fn add(mut self, path: impl Into<String>, amount: i64) -> Self {
        if let WriteKind::Update(changes) = &mut self.kind {
            changes.add.push((path.into(), amount));
        }
        self
    }

    fn condition(&self, placeholders: &mut Placeholders) -> Option<String> {
        self.condition.clone().map(|condition| placeholders.condition(condition))
    }

    /// The update expression, for an update.
    fn changes(&self, placeholders: &mut Placeholders) -> String {
        let WriteKind::Update(UpdateChanges { key: _, set, set_if_missing, remove, add }) = &self.kind else {
            return String::new();
        };
        let clause = |word: &str, parts: Vec<String>| {
            if parts.is_empty() { String::new() } else { format!("{word} {} ", parts.join(",")) }
        };
        let set = set.iter().map(|(path, value)| {
            format!("{}={}", placeholders.path(path), placeholders.value(value.clone()))
        });
        let mut set: Vec<_> = set.collect();
        set.extend(set_if_missing.iter().map(|(path, value)| {
            let path = placeholders.path(path);
            format!("{path}=if_not_exists({path},{})", placeholders.value(value.clone()))
        }));
        let set = clause("SET", set);
        let remove = clause("REMOVE", remove.iter().map(|path| placeholders.path(path)).collect());
        let add = add.iter().map(|(path, amount)| {
            format!(
                "{} {}",
                placeholders.path(path),
                placeholders.value(AttributeValue::N(amount.to_string()))
            )
        });
        format!("{set}{remove}{}", clause("ADD", add.collect())).trim_end().to_owned()
    }

    fn into_transact_item(self) -> Result<TransactWriteItem> {
        let mut placeholders = Placeholders::default();
        let changes = self.changes(&mut placeholders);
        let condition = self.condition(&mut placeholders);
        let (names, values) = placeholders.finish();
        let old = ReturnValuesOnConditionCheckFailure::AllOld;
        macro_rules! built {
            ($builder:expr) => {
                $builder
                    .table_name(self.table)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .return_values_on_condition_check_failure(old)
                    .build()
                    .map_err(anyhow::Error::from)?
            };
        }
        let item = TransactWriteItem::builder();
        Ok(match self.kind {
            WriteKind::Put(put) => {
                item.put(built!(Put::builder().set_item(Some(put)).set_condition_expression(condition)))
            }
            WriteKind::Update(UpdateChanges { key, .. }) => {
                let update = Update::builder().set_key(Some(key.into_item())).update_expression(changes);
                item.update(built!(update.set_condition_expression(condition)))
            }
            WriteKind::Delete(key) => {
                let delete = Delete::builder().set_key(Some(key.into_item()));
                item.delete(built!(delete.set_condition_expression(condition)))
            }
            WriteKind::Check(key) => {
                let check = ConditionCheck::builder().set_key(Some(key.into_item()));
                item.condition_check(built!(check.set_condition_expression(condition)))
            }
        }
        .build())
    }
}

impl Table {
    /// Writes the item, in place of any other under its key.
    ///
    /// # Errors
    /// 500 when the value has no form that DynamoDB knows.
    pub fn put(&self, key: Key, value: &impl Serialize) -> Result<Write> {
        let item: Item = serde_dynamo::to_item(value).map_err(anyhow::Error::from)?;
        Ok(self.put_item(key, item))
    }

    /// Writes these attributes under the key.
    pub fn put_item(&self, key: Key, mut item: Item) -> Write {
        item.extend(key.into_item());
        Write::new(self, WriteKind::Put(item))
    }

    /// Changes some attributes of the item under the key.
    pub fn update(&self, key: Key) -> Write {
        let (set, set_if_missing, remove, add) = Default::default();
        Write::new(self, WriteKind::Update(UpdateChanges { key, set, set_if_missing, remove, add }))
    }

    /// Removes the item under the key.
    pub fn delete(&self, key: Key) -> Write {
        Write::new(self, WriteKind::Delete(key))
    }

    /// Changes nothing: of a transaction, what must hold of the item under the key.
    pub fn check(&self, key: Key, condition: Condition) -> Write {
        Write::new(self, WriteKind::Check(key)).when(condition)
    }

    /// Does one write. The answer is the item as an update left it, and empty otherwise.
    ///
    /// # Errors
    /// [`WriteError::ConditionFailed`] at index 0.
    pub async fn write(&self, write: Write) -> Result<Item, WriteError> {
        through_conflicts(|| self.write_once(write.clone())).await
    }

    async fn write_once(&self, write: Write) -> Result<Item, Failure> {
        let mut placeholders = Placeholders::default();
        let changes = write.changes(&mut placeholders);
        let condition = write.condition(&mut placeholders);
        let (names, values) = placeholders.finish();
        let old = ReturnValuesOnConditionCheckFailure::AllOld;
        macro_rules! sent {
            ($call:expr) => {
                $call
                    .table_name(write.table)
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .return_values_on_condition_check_failure(old)
                    .send()
                    .await
            };
        }
        match write.kind {
            WriteKind::Put(item) => {
                sent!(self.client.put_item().set_item(Some(item))).map_err(Failure::of_put)?;
                Ok(Item::new())
            }
            WriteKind::Update(UpdateChanges { key, .. }) => {
                let call =
                    self.client.update_item().set_key(Some(key.into_item())).update_expression(changes);
                let answer = sent!(call.return_values(ReturnValue::AllNew)).map_err(Failure::of_update)?;
                Ok(answer.attributes.unwrap_or_default())
            }
            WriteKind::Delete(key) => {
                sent!(self.client.delete_item().set_key(Some(key.into_item())))
                    .map_err(Failure::of_delete)?;
                Ok(Item::new())
            }
            // DynamoDB has it as a part of a transaction only.
            WriteKind::Check(key) => {
                let check =
                    Write { table: write.table, kind: WriteKind::Check(key), condition: write.condition };
                self.transact_once(vec![check]).await.map(|()| Item::new())
            }
        }
    }

    /// Does all the writes or none, up to 100.
    ///
    /// # Errors
    /// [`WriteError::ConditionFailed`] with the indexes of the writes whose condition failed.
    pub async fn transact(&self, writes: Vec<Write>) -> Result<(), WriteError> {
        through_conflicts(|| self.transact_once(writes.clone())).await
    }

    async fn transact_once(&self, writes: Vec<Write>) -> Result<(), Failure> {
        let items = writes.into_iter().map(Write::into_transact_item).collect::<Result<Vec<_>>>()?;
        let answer = self.client.transact_write_items().set_transact_items(Some(items)).send().await;
        answer.map(drop).map_err(Failure::of_transaction)
    }
}
