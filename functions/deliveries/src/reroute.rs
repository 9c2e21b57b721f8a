//! Reroutes requests to the slow queue. Those about one object stay in order: while one is in the slow queue,
//! later ones are rerouted behind it, even if the receiver is healthy again.

use base::id::ObjectId;
use delivery::{Health, Request, StoredDelivery, reroute_expires, reroute_key};
use table::{AttributeValue, Condition, Key, attribute, is_expired, text};

use crate::{Handled, Worker};

/// The attribute with the id of the delivery that was rerouted last.
const DELIVERY: &str = "delivery";

impl Worker {
    /// Moves a request to the slow queue.
    pub(crate) async fn reroute(
        &self,
        request: Request,
        delivery: &StoredDelivery,
        health: &Health,
    ) -> anyhow::Result<Handled> {
        if let Some(object) = ordered_object(delivery) {
            let now = self.clock.now();
            // Recorded before the request is sent, so that no later request can miss it.
            if health.is_reroute_record_due(now) {
                let update = self.activity.update(Health::key(&delivery.webhook));
                self.write_if(update.set("passed_on_at", attribute(&now)?)).await?;
            }
            let id = AttributeValue::S(delivery.id.to_string());
            let is_later = Condition::Any(vec![
                Condition::AttributeMissing(DELIVERY.into()),
                Condition::Below(DELIVERY.into(), id.clone()),
            ]);
            let update = self.activity.update(reroute_key(&delivery.webhook, object)).set(DELIVERY, id);
            let expires = AttributeValue::N(reroute_expires(now).to_string());
            self.write_if(update.set("expires", expires).when(is_later)).await?;
        }
        self.slow.send(request, 0).await?;
        Ok(Handled::Done)
    }

    /// Whether an earlier delivery about the same object is still in the slow queue.
    pub(crate) async fn is_behind_rerouted(
        &self,
        delivery: &StoredDelivery,
        health: &Health,
    ) -> anyhow::Result<bool> {
        let now = self.clock.now();
        let Some(object) = ordered_object(delivery).filter(|_| health.may_have_rerouted(now)) else {
            return Ok(false);
        };
        let key: Key = reroute_key(&delivery.webhook, object);
        let found = self.activity.get_many(vec![key]).await?;
        let is_another = |last: &str| last != delivery.id.as_str();
        Ok(found.iter().any(|item| !is_expired(item, now) && text(item, DELIVERY).is_some_and(is_another)))
    }

    /// Removes the record of a rerouted delivery whose request was made, unless a later one about its object
    /// was rerouted too.
    pub(crate) async fn clear_reroute(&self, delivery: &StoredDelivery) -> anyhow::Result<()> {
        let Some(object) = ordered_object(delivery) else { return Ok(()) };
        let update = self.activity.update(reroute_key(&delivery.webhook, object)).remove(DELIVERY);
        self.write_if(update.when(Condition::is_text(DELIVERY, delivery.id.as_str()))).await?;
        Ok(())
    }
}

/// The object of a delivery whose order matters, which is only so at the first attempt: a retry comes late in
/// any case.
fn ordered_object(delivery: &StoredDelivery) -> Option<&ObjectId> {
    delivery.object.as_ref().filter(|_| delivery.tries == 0)
}
