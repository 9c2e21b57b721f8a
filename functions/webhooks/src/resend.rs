//! What is sent because somebody asks for it: a test, and a delivery once more.

use serde_json::json;
use shared::{
    Code, Error, Member, Result, Timestamp,
    delivery::{KEEP_SECONDS, Retry, Status, StoredDelivery, StoredEvent, delivery_key},
    id::{DeliveryId, EventId, WebhookId},
    table::{Attempt, Condition, Write, applied, attribute, retry},
    webhook::{StoredWebhook, Topic},
};

use crate::store::Store;

impl Store {
    /// Sends an event that says nothing but that the webhook works.
    pub(crate) async fn test(&self, by: &Member, id: &WebhookId) -> Result<StoredDelivery> {
        let webhook = self.open_webhook(by, id).await?;
        let event = test_event(&webhook, by, self.now());
        let delivery = StoredDelivery::new(&event, &webhook, Status::Pending);
        let writes = vec![self.deliveries.put_event(&event)?, self.deliveries.put_delivery(&delivery)?];
        self.activity.transact(writes).await?;
        self.send(vec![Retry::of(&delivery)]).await?;
        Ok(delivery)
    }

    /// Sends a delivery again, however it stands, with all retries anew.
    pub(crate) async fn redeliver(
        &self,
        by: &Member,
        id: &WebhookId,
        delivery: &DeliveryId,
    ) -> Result<StoredDelivery> {
        self.open_webhook(by, id).await?;
        let delivery = retry("delivery", || async move {
            let mut delivery = self.delivery(id, delivery).await?;
            let is_begun = self.begin_anew(&mut delivery).await?;
            Ok(if is_begun { Attempt::Done(delivery) } else { Attempt::Conflict })
        })
        .await?;
        self.send(vec![Retry::of(&delivery)]).await?;
        Ok(delivery)
    }

    /// Makes a delivery pending from now on, unless it was tried since it was read, or stands in another way.
    pub(crate) async fn begin_anew(&self, delivery: &mut StoredDelivery) -> Result<bool> {
        let seen = Condition::is_number("tries", delivery.tries)
            .and(Condition::is_text("status", delivery.status.name()));
        delivery.status = Status::Pending;
        delivery.tries_before = delivery.tries;
        delivery.next_attempt_at = Some(self.now());
        applied(self.activity.write(self.anew(delivery)?.when(seen)).await)
    }

    fn anew(&self, delivery: &StoredDelivery) -> Result<Write> {
        let write = self.activity.update(delivery_key(&delivery.webhook, &delivery.id));
        let write = Status::Pending.set(write, &delivery.webhook)?;
        let write = write.set("tries_before", attribute(&delivery.tries_before)?);
        Ok(write.set("next_attempt_at", attribute(&delivery.next_attempt_at)?))
    }

    /// Sends messages about deliveries that are due.
    pub(crate) async fn send(&self, retries: Vec<Retry>) -> Result<()> {
        self.retries.send_all(retries).await.map_err(Error::unavailable)
    }

    /// The webhook, if requests are sent at the moment.
    pub(crate) async fn open_webhook(&self, by: &Member, id: &WebhookId) -> Result<StoredWebhook> {
        let webhook = self.read(by, id, false).await?;
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
            "actor": {"user": actor.user, "token": actor.token},
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
