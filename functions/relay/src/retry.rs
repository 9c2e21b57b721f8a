//! Deliveries that are tried again: each is signed anew, with the time of the try.

use shared::{
    Error, Result,
    delivery::{Retry, Status, StoredDelivery, hop_seconds, signed_request},
    table::WriteError,
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
        if let Some(due) = delivery.next_attempt_at.filter(|due| *due > now) {
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
        let request = signed_request(&self.keys, &webhook, (&delivery, &event), now).await?;
        let queue = if health.is_down(now) { &self.queues.slow } else { &self.queues.requests };
        queue.send(request, 0).await.map_err(Error::unavailable)
    }

    /// Lets a delivery wait until its webhook takes something again, unless it has moved on.
    async fn hold(&self, delivery: &StoredDelivery) -> Result<()> {
        match self.activity.write(delivery.hold(&self.activity)?).await {
            Ok(_) | Err(WriteError::Refused(_)) => Ok(()),
            Err(WriteError::Failed(error)) => Err(error),
        }
    }
}
