//! The deliveries of a webhook as they are read: the latest first, or those that stand in one way.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::{
    Error, Member, Permission, Result, Timestamp,
    delivery::{KEEP_SECONDS, OPEN_INDEX, Status, StoredDelivery, open_partition, webhook_partition},
    extract::Page,
    id::{DeliveryId, WebhookId},
    table::{Condition, Item, Key, TableQuery, decode, text},
    webhook::{StoredWebhook, unsigned_headers},
};
use tokio::task::JoinSet;

use crate::{
    shown::{Known, Waiting, Webhook, WholeDelivery},
    store::Store,
};

/// So many of a status are counted.
const COUNT_MAX: usize = 1_000;
/// Webhooks whose deliveries are counted at the same time.
const AT_ONCE: usize = 8;

/// The query of a list of deliveries.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatusFilter {
    /// Only those that stand so.
    pub(crate) status: Option<Status>,
}

impl Store {
    /// The webhook with all that is told of it.
    pub(crate) async fn shown(&self, webhook: StoredWebhook) -> Result<Webhook> {
        let known = self.known(&webhook.id).await?;
        Ok(Webhook::of(webhook, known, self.now()))
    }

    /// The same of several.
    pub(crate) async fn all_shown(&self, webhooks: Vec<StoredWebhook>) -> Result<Vec<Webhook>> {
        let mut rest = webhooks.into_iter().enumerate();
        let (mut running, mut shown) = (JoinSet::new(), Vec::new());
        loop {
            while running.len() < AT_ONCE
                && let Some((place, webhook)) = rest.next()
            {
                let store = self.clone();
                running.spawn(async move { (place, store.shown(webhook).await) });
            }
            let Some(outcome) = running.join_next().await else { break };
            let (place, webhook) = outcome.map_err(anyhow::Error::from)?;
            shown.push((place, webhook?));
        }
        shown.sort_by_key(|(place, _)| *place);
        Ok(shown.into_iter().map(|(_, webhook)| webhook).collect())
    }

    /// What is known of the receiver, and how much waits for it.
    pub(crate) async fn known(&self, id: &WebhookId) -> Result<Known> {
        let count = |status| Box::pin(self.count_open(id, status));
        let counts = (count(Status::Pending), count(Status::Held));
        let (health, pending, held) = tokio::try_join!(self.deliveries.health(id), counts.0, counts.1)?;
        let waiting = Waiting { pending: pending.0, held: held.0, more: pending.1 || held.1 };
        Ok(Known { health, waiting })
    }

    async fn count_open(&self, webhook: &WebhookId, status: Status) -> Result<(usize, bool)> {
        let query = open(webhook, status).between("sk", Some(self.first_kept().as_str()), None);
        let found = self.activity.query_once(&query.limit(COUNT_MAX)).await?;
        Ok((found.items.len(), found.next.is_some()))
    }

    /// Where the ids of deliveries begin that are kept. Older ones may still lie there.
    pub(crate) fn first_kept(&self) -> DeliveryId {
        DeliveryId::first_at(self.now().plus_seconds(-KEEP_SECONDS))
    }

    /// A page of deliveries, the latest first.
    pub(crate) async fn list_deliveries(
        &self,
        by: &Member,
        id: &WebhookId,
        page: &Page<StatusFilter>,
    ) -> Result<(Vec<StoredDelivery>, Option<Item>)> {
        self.stored(&by.team, id).await?;
        let first = self.first_kept();
        let reached = page.after.as_ref().and_then(|after| text(after, "sk"));
        // Nothing behind it is kept any more, and DynamoDB goes on from nowhere outside of a range.
        if reached.is_some_and(|reached| reached < first.as_str()) {
            return Ok((Vec::new(), None));
        }
        let all = TableQuery::partition(webhook_partition(id));
        let query = match page.filter.status {
            None => all,
            Some(Status::Delivered) => all.filter(Condition::is_text("status", Status::Delivered.name())),
            Some(status) => open(id, status),
        };
        let query = query
            .between("sk", Some(first.as_str()), None)
            .latest_first()
            .after(page.after.clone())
            .limit(page.limit);
        let found = self.activity.query(query).await?;
        let items = match page.filter.status {
            None | Some(Status::Delivered) => found.items,
            Some(_) => self.whole(found.items).await?,
        };
        let deliveries = items.into_iter().map(decode).collect::<Result<Vec<StoredDelivery>>>()?;
        // The index may be a moment behind.
        let is_meant =
            |delivery: &StoredDelivery| page.filter.status.is_none_or(|status| status == delivery.status);
        Ok((deliveries.into_iter().filter(is_meant).collect(), found.next))
    }

    /// The items of these entries of an index, in their order.
    pub(crate) async fn whole(&self, entries: Vec<Item>) -> Result<Vec<Item>> {
        let keys: Vec<Key> = entries.iter().filter_map(Key::of).collect();
        let items = self.activity.get_many(keys.clone()).await?;
        let item = |key: &Key| items.iter().find(|item| key.is_of(item)).cloned();
        Ok(keys.iter().filter_map(item).collect())
    }

    /// A delivery with its request.
    pub(crate) async fn read_delivery(
        &self,
        by: &Member,
        id: &WebhookId,
        delivery: &DeliveryId,
    ) -> Result<WholeDelivery> {
        let webhook = self.stored(&by.team, id).await?;
        let delivery = self.delivery(id, delivery).await?;
        let event = self.deliveries.event(&delivery.event_id).await?.ok_or_else(no_such_delivery)?;
        let signed_at = delivery.attempts.last().and_then(|attempt| attempt.signed_at);
        let headers = unsigned_headers(&event.id, signed_at);
        let content = delivery.content.and(webhook.content);
        let body = content.of(&event.body)?.into_owned();
        let body = Some(body).filter(|_| by.may(Permission::ObjectRead));
        Ok(WholeDelivery::of(delivery, webhook.url, headers, body))
    }

    pub(crate) async fn delivery(&self, webhook: &WebhookId, id: &DeliveryId) -> Result<StoredDelivery> {
        self.deliveries.delivery(webhook, id).await?.ok_or_else(no_such_delivery)
    }
}

/// The deliveries that stand so and did not come through, in their index; the oldest first.
pub(crate) fn open(webhook: &WebhookId, status: Status) -> TableQuery {
    TableQuery::index(OPEN_INDEX.0, OPEN_INDEX.1, open_partition(webhook, status))
}

/// When a delivery is to be tried next, of an item that need not be read as a whole.
pub(crate) fn is_due_before(item: &Item, time: Timestamp) -> bool {
    text(item, "next_attempt_at").is_some_and(|at| *at < *time.to_string())
}

fn no_such_delivery() -> Error {
    Error::not_found("delivery")
}
