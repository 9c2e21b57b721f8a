//! Requests that a caller asks for: a test event, and the redelivery of an event.

use api::Member;
use base::{
    Code, Error, Result, Timestamp,
    id::{DeliveryId, EventId, WebhookId},
};
use delivery::{DeliveryStatus, KEEP_SECONDS, Retry, StoredDelivery, StoredEvent, Topic, delivery_key};
use serde_json::json;
use table::{Attempt, Condition, Write, applied_as, attribute, retry};
use webhook::StoredWebhook;

use crate::store::Store;

impl Store {
    /// Sends a test event, `webhook.test`.
    pub(crate) async fn test(&self, by: &Member, id: &WebhookId) -> Result<StoredDelivery> {
        let webhook = self.enabled_webhook(by, id).await?;
        let event = test_event(&webhook, by, self.now());
        let delivery = StoredDelivery::new(&event, (&webhook.id, webhook.content), DeliveryStatus::Pending);
        let writes = vec![self.deliveries.put_event(&event)?, self.deliveries.put_delivery(&delivery)?];
        self.activity.transact(writes).await?;
        self.enqueue(vec![Retry::of(&delivery)]).await?;
        Ok(delivery)
    }

    /// Sends a delivery again, whatever its status, with the full schedule of retries.
    pub(crate) async fn redeliver(
        &self,
        by: &Member,
        id: &WebhookId,
        delivery: &DeliveryId,
    ) -> Result<StoredDelivery> {
        self.enabled_webhook(by, id).await?;
        let delivery = retry("delivery", || async move {
            let mut delivery = self.delivery(id, delivery).await?;
            let is_reset = self.reset_to_pending(&mut delivery).await?;
            Ok(if is_reset { Attempt::Done(delivery) } else { Attempt::Conflict })
        })
        .await?;
        self.enqueue(vec![Retry::of(&delivery)]).await?;
        Ok(delivery)
    }

    /// Resets a delivery to pending, due now; false if it was tried, or its status changed, since it was read.
    pub(crate) async fn reset_to_pending(&self, delivery: &mut StoredDelivery) -> Result<bool> {
        let is_unchanged = Condition::is_number("tries", delivery.tries)
            .and(Condition::is_text("status", delivery.status.name()));
        delivery.status = DeliveryStatus::Pending;
        delivery.tries_before = delivery.tries;
        delivery.next_attempt_at = Some(self.now());
        let write = self.pending_write(delivery)?.when(is_unchanged);
        applied_as(self.activity.write(write).await, delivery)
    }

    fn pending_write(&self, delivery: &StoredDelivery) -> Result<Write> {
        let write = self.activity.update(delivery_key(&delivery.webhook, &delivery.id));
        let write = DeliveryStatus::Pending.set(write, &delivery.webhook)?;
        let write = write.set("tries_before", attribute(&delivery.tries_before)?);
        Ok(write.set("next_attempt_at", attribute(&delivery.next_attempt_at)?))
    }

    /// Queues messages for deliveries that are due.
    pub(crate) async fn enqueue(&self, retries: Vec<Retry>) -> Result<()> {
        self.retries.send_all(retries).await.map_err(Error::unavailable)
    }

    /// The webhook, if it is switched on and not disabled; an error otherwise.
    pub(crate) async fn enabled_webhook(&self, by: &Member, id: &WebhookId) -> Result<StoredWebhook> {
        let webhook = self.webhooks.read(&by.team, id.as_str(), false).await?;
        if !webhook.active {
            let detail = "The webhook is switched off: switch it on first, with PATCH and active true.";
            return Err(Error::new(Code::WrongState, detail));
        }
        if self.deliveries.health(id).await?.is_disabled() {
            let detail = "The webhook is disabled: switch it on again first, with PATCH and active true.";
            return Err(Error::new(Code::WrongState, detail));
        }
        Ok(webhook)
    }
}

fn test_event(webhook: &StoredWebhook, by: &Member, now: Timestamp) -> StoredEvent {
    let id = EventId::deterministic(now, &[webhook.id.as_str(), &by.request_id]);
    let actor = by.actor();
    let body = json!({
        "type": Topic::WebhookTest,
        "timestamp": now,
        "data": {
            "event_id": id,
            "team": webhook.team,
            "webhook": {"id": webhook.id},
            "actor": {"user": actor.user, "token": actor.token, "form": actor.form},
            "source": actor.source,
        },
    });
    StoredEvent {
        id,
        team: webhook.team.clone(),
        topic: Topic::WebhookTest,
        object_type: None,
        object: None,
        body: body.to_string(),
        at: now,
        expires: now.seconds() + KEEP_SECONDS,
    }
}
