//! Reading the deliveries of a webhook: all, latest first, or those of one status.

use api::{Member, extract::Page};
use base::{
    Error, Permission, Result, Timestamp,
    id::{DeliveryId, WebhookId},
};
use delivery::{
    DeliveryStatus, KEEP_SECONDS, StoredDelivery, UNDELIVERED_INDEX, undelivered_partition, webhook_partition,
};
use schemars::JsonSchema;
use serde::Deserialize;
use table::{Condition, Item, Key, TableQuery, concurrent::concurrent, decode, text};
use webhook::{StoredWebhook, unsigned_headers};

use crate::{
    store::Store,
    view::{Backlog, DeliveryDetail, ReceiverState, Webhook},
};

/// Counting the deliveries of a status stops here.
const COUNT_MAX: usize = 1_000;
/// The webhooks whose deliveries are counted concurrently.
const AT_ONCE: usize = 8;

/// The query of a list of deliveries.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatusFilter {
    /// Only deliveries with this status.
    pub(crate) status: Option<DeliveryStatus>,
}

impl Store {
    /// The webhook as the API returns it, with the state of its receiver.
    pub(crate) async fn view(&self, webhook: StoredWebhook) -> Result<Webhook> {
        let state = self.receiver_state(&webhook.id).await?;
        Ok(Webhook::of(webhook, state, self.now()))
    }

    /// The same for several webhooks, in their order.
    pub(crate) async fn views(&self, webhooks: Vec<StoredWebhook>) -> Result<Vec<Webhook>> {
        let view = |webhook| {
            let store = self.clone();
            async move { store.view(webhook).await }
        };
        concurrent(AT_ONCE, webhooks.into_iter().map(view)).await.into_iter().collect()
    }

    /// The health of the receiver, and the number of deliveries that wait for it.
    pub(crate) async fn receiver_state(&self, id: &WebhookId) -> Result<ReceiverState> {
        let count = |status| Box::pin(self.count_undelivered(id, status));
        let counts = (count(DeliveryStatus::Pending), count(DeliveryStatus::Held));
        let (health, pending, held) = tokio::try_join!(self.deliveries.health(id), counts.0, counts.1)?;
        let backlog = Backlog { pending: pending.0, held: held.0, more: pending.1 || held.1 };
        Ok(ReceiverState { health, backlog })
    }

    async fn count_undelivered(&self, webhook: &WebhookId, status: DeliveryStatus) -> Result<(usize, bool)> {
        let query = undelivered(webhook, status).between("sk", Some(self.retention_start().as_str()), None);
        let found = self.activity.query_once(&query.limit(COUNT_MAX)).await?;
        Ok((found.items.len(), found.next.is_some()))
    }

    /// The smallest id that a delivery within the retention period can have. DynamoDB removes older ones some
    /// time later.
    pub(crate) fn retention_start(&self) -> DeliveryId {
        DeliveryId::first_at(self.now().plus_seconds(-KEEP_SECONDS))
    }

    /// A page of deliveries, latest first.
    pub(crate) async fn list_deliveries(
        &self,
        by: &Member,
        id: &WebhookId,
        page: &Page<StatusFilter>,
    ) -> Result<(Vec<StoredDelivery>, Option<Item>)> {
        self.stored(&by.team, id).await?;
        let first = self.retention_start();
        let reached = page.after.as_ref().and_then(|after| text(after, "sk"));
        // All older deliveries have expired, and DynamoDB refuses a start key outside of the range of the
        // query.
        if reached.is_some_and(|reached| reached < first.as_str()) {
            return Ok((Vec::new(), None));
        }
        let all = TableQuery::partition(webhook_partition(id));
        let query = match page.filter.status {
            None => all,
            Some(DeliveryStatus::Delivered) => {
                all.filter(Condition::is_text("status", DeliveryStatus::Delivered.name()))
            }
            Some(status) => undelivered(id, status),
        };
        let query = query
            .between("sk", Some(first.as_str()), None)
            .latest_first()
            .after(page.after.clone())
            .limit(page.limit);
        let found = self.activity.query(query).await?;
        let items = match page.filter.status {
            None | Some(DeliveryStatus::Delivered) => found.items,
            Some(_) => self.load_items(found.items).await?,
        };
        let deliveries = items.into_iter().map(decode).collect::<Result<Vec<StoredDelivery>>>()?;
        // The index is eventually consistent.
        let has_status =
            |delivery: &StoredDelivery| page.filter.status.is_none_or(|status| status == delivery.status);
        Ok((deliveries.into_iter().filter(has_status).collect(), found.next))
    }

    /// The full items of these index entries, in their order.
    pub(crate) async fn load_items(&self, entries: Vec<Item>) -> Result<Vec<Item>> {
        let keys: Vec<Key> = entries.iter().filter_map(Key::of).collect();
        let items = self.activity.get_many(keys.clone()).await?;
        let item = |key: &Key| items.iter().find(|item| key.is_of(item)).cloned();
        Ok(keys.iter().filter_map(item).collect())
    }

    /// A delivery with its request and attempts.
    pub(crate) async fn read_delivery(
        &self,
        by: &Member,
        id: &WebhookId,
        delivery: &DeliveryId,
    ) -> Result<DeliveryDetail> {
        let webhook = self.stored(&by.team, id).await?;
        let delivery = self.delivery(id, delivery).await?;
        let event = self.deliveries.event(&delivery.event_id).await?.ok_or_else(no_such_delivery)?;
        let signed_at = delivery.attempts.last().and_then(|attempt| attempt.signed_at);
        let headers = unsigned_headers(&event.id, signed_at);
        let content = delivery.content.and(webhook.content);
        let body = content.of(&event.body)?.into_owned();
        let body = Some(body).filter(|_| by.may(Permission::ObjectRead));
        Ok(DeliveryDetail::of(delivery, webhook.url, headers, body))
    }

    pub(crate) async fn delivery(&self, webhook: &WebhookId, id: &DeliveryId) -> Result<StoredDelivery> {
        self.deliveries.delivery(webhook, id).await?.ok_or_else(no_such_delivery)
    }
}

/// A query for the deliveries of this status that did not arrive, oldest first.
pub(crate) fn undelivered(webhook: &WebhookId, status: DeliveryStatus) -> TableQuery {
    TableQuery::index(UNDELIVERED_INDEX.0, UNDELIVERED_INDEX.1, undelivered_partition(webhook, status))
}

/// Whether the next attempt of the delivery in this item was due before that time.
pub(crate) fn is_due_before(item: &Item, time: Timestamp) -> bool {
    text(item, "next_attempt_at").is_some_and(|at| *at < *time.to_string())
}

fn no_such_delivery() -> Error {
    Error::not_found("delivery")
}
