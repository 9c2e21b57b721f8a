//! Requests that go the slow way. Those about one object stay in their order: while one is on the slow way, later ones go
//! behind it, also when the receiver does well again.

use shared::{
    delivery::{Health, Request, StoredDelivery, detour_expires, detour_key},
    id::ObjectId,
    table::{AttributeValue, Condition, Key, attribute, is_expired, text},
};

use crate::{Outcome, Worker};

/// The attribute with the delivery that went the slow way last.
const DELIVERY: &str = "delivery";

impl Worker {
    /// Passes a request on to the queue of slow ones.
    pub(crate) async fn pass_on(
        &self,
        request: Request,
        delivery: &StoredDelivery,
        health: &Health,
    ) -> anyhow::Result<Outcome> {
        if let Some(object) = ordered(delivery) {
            let now = self.clock.now();
            // First, so that nothing that comes later can miss it.
            if health.is_news_that_one_is_passed_on(now) {
                let update = self.activity.update(Health::key(&delivery.webhook));
                self.write_if(update.set("passed_on_at", attribute(&now)?)).await?;
            }
            let id = AttributeValue::S(delivery.id.to_string());
            let is_later = Condition::Any(vec![
                Condition::AttributeMissing(DELIVERY.into()),
                Condition::Below(DELIVERY.into(), id.clone()),
            ]);
            let update = self.activity.update(detour_key(&delivery.webhook, object)).set(DELIVERY, id);
            let expires = AttributeValue::N(detour_expires(now).to_string());
            self.write_if(update.set("expires", expires).when(is_later)).await?;
        }
        self.slow.send(request, 0).await?;
        Ok(Outcome::Done)
    }

    /// Whether an earlier delivery about the same object is still on the slow way.
    pub(crate) async fn is_behind_a_detour(
        &self,
        delivery: &StoredDelivery,
        health: &Health,
    ) -> anyhow::Result<bool> {
        let now = self.clock.now();
        let Some(object) = ordered(delivery).filter(|_| health.has_detours(now)) else { return Ok(false) };
        let key: Key = detour_key(&delivery.webhook, object);
        let found = self.activity.get_many(vec![key]).await?;
        let is_another = |last: &str| last != delivery.id.as_str();
        Ok(found.iter().any(|item| !is_expired(item, now) && text(item, DELIVERY).is_some_and(is_another)))
    }

    /// Notes that a delivery came to the end of the slow way, if none about its object went that way after it.
    pub(crate) async fn end_detour(&self, delivery: &StoredDelivery) -> anyhow::Result<()> {
        let Some(object) = ordered(delivery) else { return Ok(()) };
        let update = self.activity.update(detour_key(&delivery.webhook, object)).remove(DELIVERY);
        self.write_if(update.when(Condition::is_text(DELIVERY, delivery.id.as_str()))).await?;
        Ok(())
    }
}

/// The object of a delivery that is tried for the first time. What has failed once comes late in any case.
fn ordered(delivery: &StoredDelivery) -> Option<&ObjectId> {
    delivery.object.as_ref().filter(|_| delivery.tries == 0)
}
