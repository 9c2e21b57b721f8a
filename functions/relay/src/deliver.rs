//! Creates events and deliveries, and sends the signed requests of their first attempts.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use base::{
    Error, Result, Timestamp,
    actor::Source,
    id::{EventId, ObjectId, ObjectTypeId, TeamId},
};
use delivery::{
    DeliveryStatus, Health, KEEP_SECONDS, Request, Retry, RetryAction, SignedRequest, StoredDelivery,
    StoredEvent, Topic, lane_of, lanes, requeue_delay_seconds,
};
use resources::resource::Resource as _;
use resources::workspace_partition;
use table::{Item, TableQuery, WriteError, concurrent::concurrent, decode, queue::Queue};
use webhook::{Happened, StoredWebhook, WEBHOOK_PREFIX, host, sign_request};

use crate::Relay;

/// A snapshot of webhooks is at most this old, as receivers refuse old signatures.
const SNAPSHOT_SECONDS_MAX: i64 = 30;
/// The webhooks for which one event is processed concurrently.
const AT_ONCE: usize = 16;

/// Something that happened to an object, which webhooks may be subscribed to.
pub(crate) struct DomainEvent {
    pub(crate) id: EventId,
    pub(crate) team: TeamId,
    pub(crate) topic: Topic,
    pub(crate) object_type: ObjectTypeId,
    pub(crate) object: ObjectId,
    /// The way it came in; none if nobody did it.
    pub(crate) source: Option<Source>,
    pub(crate) at: Timestamp,
    /// The snapshot of webhooks must not be older than this.
    pub(crate) min_read_time: Timestamp,
}

/// The webhooks of a team, and the time at which they were read. Requests are signed with that time, so that
/// those signed before a change of the webhook are known.
pub(crate) struct WebhookSnapshot {
    webhooks: Vec<StoredWebhook>,
    at: Timestamp,
}

impl WebhookSnapshot {
    /// The request for the next attempt of a delivery, in the lane of its object.
    pub(crate) fn request(&self, delivery: &StoredDelivery, signed: SignedRequest) -> Request {
        let StoredDelivery { id, team, webhook, event_id, object, tries, .. } = delivery;
        let ordering_key = object.as_ref().map_or(id.as_str(), |object| object.as_str());
        Request {
            team: team.clone(),
            webhook: webhook.clone(),
            delivery: id.clone(),
            event: event_id.clone(),
            tries: *tries,
            lane: lane_of(ordering_key, lanes(self.webhooks.len())),
            not_before: None,
            signed,
        }
    }

    fn hosts(&self) -> usize {
        self.webhooks.iter().map(StoredWebhook::host).collect::<BTreeSet<_>>().len()
    }
}

impl Relay {
    /// Writes the event and a delivery for each webhook that is subscribed to it, if there are any, and sends
    /// their requests.
    pub(crate) async fn publish(
        &self,
        domain_event: DomainEvent,
        body: impl FnOnce() -> Result<String>,
    ) -> Result<()> {
        let DomainEvent { id, team, topic, object_type, object, source, at, min_read_time } = domain_event;
        let snapshot = self.webhook_snapshot(&team, min_read_time).await?;
        let happened = Happened { topic, object_type: &object_type, source, at };
        let matches = |webhook: &&StoredWebhook| webhook.matches(&happened, snapshot.at);
        let subscribers: Vec<_> = snapshot.webhooks.iter().filter(matches).collect();
        if subscribers.is_empty() {
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
        let event = self.insert_event_once(event).await?;
        self.deliver(&Arc::new(event), &subscribers, &snapshot).await
    }

    /// Inserts the event, or returns the stored one: a change may be processed twice, and all requests must
    /// have the same body, even if the object type has changed meanwhile.
    async fn insert_event_once(&self, event: StoredEvent) -> Result<StoredEvent> {
        match self.activity.write(self.deliveries.put_event(&event)?).await {
            Ok(_) => Ok(event),
            Err(WriteError::ConditionFailed(refused)) => {
                refused.item(0).map_or(Ok(event), |item| decode(item.clone()))
            }
            Err(WriteError::Failed(error)) => Err(error),
        }
    }

    /// The webhooks of a team, read at that time or later, and recently.
    pub(crate) async fn webhook_snapshot(
        &self,
        team: &TeamId,
        min_read_time: Timestamp,
    ) -> Result<Arc<WebhookSnapshot>> {
        let min_read_time = min_read_time.max(self.clock.now().plus_seconds(-SNAPSHOT_SECONDS_MAX));
        let read = Box::pin(self.read_webhooks(team));
        self.webhooks.get(team.clone(), min_read_time, &self.clock, read).await
    }

    async fn read_webhooks(&self, team: &TeamId) -> Result<Arc<WebhookSnapshot>> {
        let at = self.clock.now();
        let (mut webhooks, mut next): (Vec<StoredWebhook>, Option<Item>) = (Vec::new(), None);
        loop {
            let query =
                TableQuery::partition(workspace_partition(team)).prefix(WEBHOOK_PREFIX).after(next.take());
            let found = self.workspace.query(query).await?;
            for item in &found.items {
                webhooks.push(StoredWebhook::from_item(item)?);
            }
            next = found.next;
            if next.is_none() {
                return Ok(Arc::new(WebhookSnapshot { webhooks, at }));
            }
        }
    }

    /// Creates a delivery for each of these webhooks, and sends the requests.
    async fn deliver(
        &self,
        event: &Arc<StoredEvent>,
        webhooks: &[&StoredWebhook],
        snapshot: &Arc<WebhookSnapshot>,
    ) -> Result<()> {
        let keys = webhooks.iter().map(|webhook| Health::key(&webhook.id)).collect();
        let known = self.activity.get_many(keys).await?;
        let request = |webhook: &&StoredWebhook| {
            let health = known.iter().find(|item| Health::key(&webhook.id).is_of(item)).cloned();
            let (relay, event, webhook) = (self.clone(), event.clone(), (*webhook).clone());
            let snapshot = snapshot.clone();
            async move {
                let health: Health = health.map(decode).transpose()?.unwrap_or_default();
                relay.request(&event, &webhook, &health, &snapshot).await
            }
        };
        let (mut requests, mut failed) = (Vec::new(), None);
        for outcome in concurrent(AT_ONCE, webhooks.iter().map(request)).await {
            match outcome {
                Ok(request) => requests.extend(request),
                // A failure for one webhook must not keep the event from the others.
                Err(error) => failed = Some(error),
            }
        }
        // Whether a receiver is slow is decided when its request leaves the lane, so that requests stay in
        // order.
        self.send(&event.team, requests, &*self.queues.requests, snapshot).await?;
        failed.map_or(Ok(()), Err)
    }

    /// Sends requests, each with the send time that it reserves for its host. Those with a send time far off
    /// wait in the queue of retries.
    pub(crate) async fn send(
        &self,
        team: &TeamId,
        requests: Vec<Request>,
        queue: &dyn Queue<Request>,
        snapshot: &WebhookSnapshot,
    ) -> Result<()> {
        let (now, mut hosts) = (self.clock.now(), BTreeMap::<String, Vec<Request>>::new());
        for request in requests {
            hosts.entry(host(&request.signed.url)).or_default().push(request);
        }
        let mut near = Vec::new();
        for (host, requests) in hosts {
            let send_times = self.rate.reserve(&self.activity, (team, &host), requests.len(), now).await?;
            for (request, send_time) in requests.into_iter().zip(send_times) {
                if self.rate.is_far(send_time, now, snapshot.hosts()) {
                    let Request { team, webhook, delivery, tries, .. } = request;
                    let retry =
                        Retry { team, webhook, delivery, tries, action: RetryAction::TryAt(send_time) };
                    let sent = self.queues.retries.send(retry, requeue_delay_seconds(send_time, now));
                    sent.await.map_err(Error::unavailable)?;
                } else {
                    near.push(Request { not_before: Some(send_time).filter(|time| *time > now), ..request });
                }
            }
        }
        if near.is_empty() {
            return Ok(());
        }
        queue.send_all(near).await.map_err(Error::unavailable)
    }

    /// Creates the delivery of an event to a webhook; returns its first request, if it is to be sent.
    async fn request(
        &self,
        event: &StoredEvent,
        webhook: &StoredWebhook,
        health: &Health,
        snapshot: &WebhookSnapshot,
    ) -> Result<Option<Request>> {
        let Some(delivery) = self.create_delivery_once(event, webhook, health).await? else {
            return Ok(None);
        };
        let signed = sign_request(&self.keys, webhook, (&delivery, event), snapshot.at).await?;
        Ok(Some(snapshot.request(&delivery, signed)))
    }

    /// Creates the delivery of an event to a webhook, or finds it. Returns none if there is nothing to send:
    /// the webhook does not accept deliveries now, or a request was made before.
    async fn create_delivery_once(
        &self,
        event: &StoredEvent,
        webhook: &StoredWebhook,
        health: &Health,
    ) -> Result<Option<StoredDelivery>> {
        let accepts = webhook.accepts_deliveries() && !health.is_disabled();
        let status = if accepts { DeliveryStatus::Pending } else { DeliveryStatus::Held };
        let delivery = StoredDelivery::new(event, (&webhook.id, webhook.content), status);
        let delivery = match self.activity.write(self.deliveries.put_delivery(&delivery)?).await {
            Ok(_) => delivery,
            Err(WriteError::Failed(error)) => return Err(error),
            // The change is processed again, perhaps as the request could not be sent the first time.
            Err(WriteError::ConditionFailed(refused)) => match refused.item(0) {
                Some(item) => decode(item.clone())?,
                None => return Ok(None),
            },
        };
        Ok(Some(delivery)
            .filter(|delivery| delivery.status == DeliveryStatus::Pending && delivery.tries == 0))
    }
}
