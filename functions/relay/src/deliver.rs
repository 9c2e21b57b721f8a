//! Events and their ways to webhooks.

use std::sync::Arc;

use shared::{
    Error, Result, Timestamp,
    delivery::{Health, KEEP_SECONDS, Status, StoredDelivery, StoredEvent, signed_request},
    id::{EventId, ObjectId, ObjectTypeId, TeamId},
    object_type::workspace_partition,
    table::{Item, Query, WriteError, decode},
    webhook::{StoredWebhook, Topic, WEBHOOK_PREFIX},
};

use crate::{Relay, cache::after};

/// What webhooks may be told of.
pub(crate) struct Occurrence {
    pub(crate) id: EventId,
    pub(crate) team: TeamId,
    pub(crate) topic: Topic,
    pub(crate) object_type: ObjectTypeId,
    pub(crate) object: ObjectId,
    pub(crate) at: Timestamp,
}

impl Relay {
    /// Writes the event, if a webhook has asked for it, and its way to each that has; and sends them off.
    pub(crate) async fn publish(
        &self,
        occurrence: Occurrence,
        body: impl FnOnce() -> Result<String>,
    ) -> Result<()> {
        let Occurrence { id, team, topic, object_type, object, at } = occurrence;
        let webhooks = self.webhooks(&team, at).await?;
        let asked: Vec<_> = webhooks.iter().filter(|webhook| webhook.matches(topic, &object_type)).collect();
        if asked.is_empty() {
            return Ok(());
        }
        let event = StoredEvent {
            id,
            team,
            topic,
            object_type: Some(object_type),
            object: Some(object),
            body: body()?,
            at,
            expires: at.seconds() + KEEP_SECONDS,
        };
        self.activity.write(self.deliveries.put_event(&event)?).await?;
        self.deliver(&event, &asked).await
    }

    /// The webhooks of a team, with all that were there when a change was made.
    async fn webhooks(&self, team: &TeamId, at: Timestamp) -> Result<Arc<Vec<StoredWebhook>>> {
        if let Some(kept) = self.webhooks.get(team, after(at)) {
            return Ok(kept);
        }
        let now = self.clock.now();
        let (mut webhooks, mut next): (Vec<StoredWebhook>, Option<Item>) = (Vec::new(), None);
        loop {
            let query = Query::partition(workspace_partition(team)).prefix(WEBHOOK_PREFIX).after(next.take());
            let found = self.workspace.query(query).await?;
            for item in &found.items {
                webhooks.push(StoredWebhook::from_item(item)?);
            }
            next = found.next;
            if next.is_none() {
                break;
            }
        }
        let webhooks = Arc::new(webhooks);
        self.webhooks.put(team.clone(), webhooks.clone(), now);
        Ok(webhooks)
    }

    /// Writes the way to each of these webhooks, and sends the requests; to those whose receivers fail by a queue in which
    /// they hold up nobody.
    async fn deliver(&self, event: &StoredEvent, webhooks: &[&StoredWebhook]) -> Result<()> {
        let keys = webhooks.iter().map(|webhook| Health::key(&webhook.id)).collect();
        let known = self.activity.get_many(keys).await?;
        let (mut requests, mut slow, mut failed) = (Vec::new(), Vec::new(), None);
        for webhook in webhooks {
            let health = known.iter().find(|item| Health::key(&webhook.id).is_of(item)).cloned();
            let health: Health = health.map(decode).transpose()?.unwrap_or_default();
            let Some(delivery) = self.begin(event, webhook, &health).await? else { continue };
            let signed = signed_request(&self.keys, webhook, (&delivery, event), self.clock.now()).await;
            match signed {
                Ok(request) if health.is_failing() => slow.push(request),
                Ok(request) => requests.push(request),
                // Whatever is wrong with one webhook is no reason to tell the others nothing.
                Err(error) => failed = Some(error),
            }
        }
        for (queue, requests) in [(&self.queues.requests, requests), (&self.queues.slow, slow)] {
            if !requests.is_empty() {
                queue.send_all(requests).await.map_err(Error::unavailable)?;
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Writes the way of an event to a webhook; none if there is nothing to send: the webhook takes nothing at the moment,
    /// or it was sent before.
    async fn begin(
        &self,
        event: &StoredEvent,
        webhook: &StoredWebhook,
        health: &Health,
    ) -> Result<Option<StoredDelivery>> {
        let is_open = webhook.is_open() && !health.is_disabled();
        let status = if is_open { Status::Pending } else { Status::Held };
        let delivery = StoredDelivery::new(event, webhook, status);
        let delivery = match self.activity.write(self.deliveries.put_delivery(&delivery)?).await {
            Ok(_) => delivery,
            Err(WriteError::Failed(error)) => return Err(error),
            // This change is looked at again: perhaps because the request could not be sent.
            Err(WriteError::Refused(refused)) => match refused.item(0) {
                Some(item) => decode(item.clone())?,
                None => return Ok(None),
            },
        };
        Ok(Some(delivery).filter(|delivery| delivery.status == Status::Pending && delivery.tries == 0))
    }
}
