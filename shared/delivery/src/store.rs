//! Storage of events, deliveries and the health of receivers.

use super::{Health, StoredDelivery, StoredEvent, delivery_key, event_key};
use base::{
    clock::Clock,
    error::Result,
    id::{DeliveryId, EventId, WebhookId},
};
use table::Tables;
use table::{Condition, Item, Table, Write, decode};

/// Reads events, deliveries and health. What has expired is not found, whether DynamoDB has removed it yet or
/// not.
#[derive(Clone)]
pub struct Deliveries {
    activity: Table,
    clock: Clock,
}

impl Deliveries {
    /// The deliveries in these tables.
    pub fn new(tables: &Tables) -> Self {
        let Tables { activity, clock, .. } = tables.clone();
        Self { activity, clock }
    }

    /// The event, if it exists and has not expired.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn event(&self, id: &EventId) -> Result<Option<StoredEvent>> {
        let event: Option<StoredEvent> = self.activity.get(event_key(id)).await?.map(decode).transpose()?;
        Ok(event.filter(|event| event.expires > self.clock.now().seconds()))
    }

    /// The delivery, if it exists and has not expired.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn delivery(&self, webhook: &WebhookId, id: &DeliveryId) -> Result<Option<StoredDelivery>> {
        let item = self.activity.get(delivery_key(webhook, id)).await?;
        let delivery: Option<StoredDelivery> = item.map(decode).transpose()?;
        Ok(delivery.filter(|delivery| delivery.expires > self.clock.now().seconds()))
    }

    /// The health of a receiver; good, if nothing is stored.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn health(&self, webhook: &WebhookId) -> Result<Health> {
        let item = self.activity.get(Health::key(webhook)).await?;
        Ok(item.map(decode).transpose()?.unwrap_or_default())
    }

    /// The write of a new event. It fails if the event exists already.
    ///
    /// # Errors
    /// 500: an event can always be written.
    pub fn put_event(&self, event: &StoredEvent) -> Result<Write> {
        Ok(self.activity.put(event.key(), event)?.when(Condition::ItemMissing))
    }

    /// The write of a new delivery. It fails if the delivery exists already, which may have progressed since.
    ///
    /// # Errors
    /// 500: a delivery can always be written.
    pub fn put_delivery(&self, delivery: &StoredDelivery) -> Result<Write> {
        let item: Item = delivery.to_item()?;
        Ok(self.activity.put_item(delivery.key(), item).when(Condition::ItemMissing))
    }
}
