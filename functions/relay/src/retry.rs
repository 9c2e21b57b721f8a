//! Deliveries that something is wanted of: mostly that they are tried again, each signed anew with the time of the try.

use shared::{
    Error, Result,
    delivery::{Retry, SIGNED, Signed, Status, StoredDelivery, Want, hop_seconds, signed},
    table::{Condition, applied, attribute},
    webhook::{StoredWebhook, webhook_key},
};

use crate::Relay;

impl Relay {
    /// Looks at a delivery that is due to be tried, or will be. The message may come twice, or late.
    pub(crate) async fn retry(&self, retry: Retry) -> Result<()> {
        let found = self.deliveries.delivery(&retry.webhook, &retry.delivery).await?;
        let is_meant =
            |delivery: &StoredDelivery| delivery.status == Status::Pending && delivery.tries == retry.tries;
        let Some(delivery) = found.filter(is_meant) else { return Ok(()) };
        let now = self.clock.now();
        let due = match retry.want {
            Want::Try => delivery.next_attempt_at,
            Want::TryAt(place) => Some(place),
            Want::Signature => None,
        };
        if let Some(due) = due.filter(|due| *due > now) {
            return self.queues.retries.send(retry, hop_seconds(due, now)).await.map_err(Error::unavailable);
        }
        let item = self.workspace.get(webhook_key(&retry.team, &retry.webhook)).await?;
        // One that is gone has taken its deliveries with it.
        let Some(webhook) = item.as_ref().map(StoredWebhook::from_item).transpose()? else { return Ok(()) };
        let health = self.deliveries.health(&webhook.id).await?;
        if !webhook.is_open() || health.is_disabled() {
            return self.hold(&delivery).await;
        }
        let Some(event) = self.deliveries.event(&delivery.event_id).await? else { return Ok(()) };
        let signed = signed(&self.keys, &webhook, (&delivery, &event), now).await?;
        if retry.want == Want::Signature {
            return self.keep_signature(&delivery, &signed).await;
        }
        let listed = self.webhooks(&retry.team, webhook.created_at).await?;
        let request = listed.request(&delivery, signed);
        // What is tried for the first time is passed on when its turn comes, so that it stays in its order.
        let is_slow = delivery.tries > 0 && health.is_slow(now);
        let queue = if is_slow { &*self.queues.slow } else { &*self.queues.requests };
        match retry.want {
            Want::TryAt(_) => queue.send(request, 0).await.map_err(Error::unavailable),
            _ => self.send(&retry.team, vec![request], queue, &listed).await,
        }
    }

    /// Puts a new signature at a delivery, where its request finds it when it comes again.
    async fn keep_signature(&self, delivery: &StoredDelivery, signed: &Signed) -> Result<()> {
        let is_unchanged = Condition::is_text("status", Status::Pending.name())
            .and(Condition::is_number("tries", delivery.tries));
        let update = self.activity.update(delivery.key()).set(SIGNED, attribute(signed)?);
        applied(self.activity.write(update.when(is_unchanged)).await).map(drop)
    }

    /// Lets a delivery wait until its webhook takes something again, unless it has moved on.
    async fn hold(&self, delivery: &StoredDelivery) -> Result<()> {
        applied(self.activity.write(delivery.hold(&self.activity)?).await).map(drop)
    }
}
