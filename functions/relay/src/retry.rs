//! Messages about single deliveries: mostly retries, each with a new signature.

use base::{Error, Result};
use delivery::{
    DeliveryStatus, Retry, RetryAction, SIGNED, SignedRequest, StoredDelivery, requeue_delay_seconds,
};
use resources::resource::Resource as _;
use table::{Condition, applied, attribute};
use webhook::{StoredWebhook, sign_request, webhook_key};

use crate::Relay;

impl Relay {
    /// Does what a message asks for a delivery. The message may come twice, or late.
    pub(crate) async fn retry(&self, retry: Retry) -> Result<()> {
        let found = self.deliveries.delivery(&retry.webhook, &retry.delivery).await?;
        let is_current = |delivery: &StoredDelivery| {
            delivery.status == DeliveryStatus::Pending && delivery.tries == retry.tries
        };
        let Some(delivery) = found.filter(is_current) else { return Ok(()) };
        let now = self.clock.now();
        let due = match retry.action {
            RetryAction::Try => delivery.next_attempt_at,
            RetryAction::TryAt(time) => Some(time),
            RetryAction::Signature => None,
        };
        if let Some(due) = due.filter(|due| *due > now) {
            return self
                .queues
                .retries
                .send(retry, requeue_delay_seconds(due, now))
                .await
                .map_err(Error::unavailable);
        }
        let item = self.workspace.get(webhook_key(&retry.team, &retry.webhook)).await?;
        // The deliveries of a destroyed webhook are not sent any more.
        let Some(webhook) = item.as_ref().map(StoredWebhook::from_item).transpose()? else { return Ok(()) };
        let health = self.deliveries.health(&webhook.id).await?;
        if !webhook.accepts_deliveries() || health.is_disabled() {
            return self.hold(&delivery).await;
        }
        let Some(event) = self.deliveries.event(&delivery.event_id).await? else { return Ok(()) };
        let signed = sign_request(&self.keys, &webhook, (&delivery, &event), now).await?;
        if retry.action == RetryAction::Signature {
            return self.keep_signature(&delivery, &signed).await;
        }
        let snapshot = self.webhook_snapshot(&retry.team, webhook.created_at).await?;
        let request = snapshot.request(&delivery, signed);
        // First attempts are rerouted only when they leave their lane, so that they stay in order.
        let is_slow = delivery.tries > 0 && health.is_slow(now);
        let queue = if is_slow { &*self.queues.slow } else { &*self.queues.requests };
        match retry.action {
            RetryAction::TryAt(_) => queue.send(request, 0).await.map_err(Error::unavailable),
            _ => self.send(&retry.team, vec![request], queue, &snapshot).await,
        }
    }

    /// Stores a new signature with a delivery, where its request finds it when its message comes again.
    async fn keep_signature(&self, delivery: &StoredDelivery, signed: &SignedRequest) -> Result<()> {
        let is_unchanged = Condition::is_text("status", DeliveryStatus::Pending.name())
            .and(Condition::is_number("tries", delivery.tries));
        let update = self.activity.update(delivery.key()).set(SIGNED, attribute(signed)?);
        applied(self.activity.write(update.when(is_unchanged)).await).map(drop)
    }

    /// Holds a delivery back, unless it has changed meanwhile.
    async fn hold(&self, delivery: &StoredDelivery) -> Result<()> {
        applied(self.activity.write(delivery.hold(&self.activity)?).await).map(drop)
    }
}
