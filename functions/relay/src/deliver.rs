//! Events and their ways to webhooks.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use shared::{
    Error, Result, Timestamp,
    delivery::{
        Health, KEEP_SECONDS, Request, Retry, Signed, Status, StoredDelivery, StoredEvent, Want, hop_seconds,
        lane_of, lanes, signed,
    },
    id::{EventId, ObjectId, ObjectTypeId, TeamId},
    object_type::workspace_partition,
    queue::Queue,
    table::{Item, TableQuery, WriteError, decode},
    webhook::{StoredWebhook, Topic, WEBHOOK_PREFIX, host},
};

use tokio::task::JoinSet;

use crate::Relay;

/// Webhooks are gone by for so long at the most: receivers look at the time of a signature.
const LISTED_SECONDS: i64 = 30;
/// Webhooks of one event that are seen to at the same time.
const AT_ONCE: usize = 16;

/// What webhooks may be told of.
pub(crate) struct Occurrence {
    pub(crate) id: EventId,
    pub(crate) team: TeamId,
    pub(crate) topic: Topic,
    pub(crate) object_type: ObjectTypeId,
    pub(crate) object: ObjectId,
    pub(crate) at: Timestamp,
    /// From when on the webhooks must have been read.
    pub(crate) since: Timestamp,
}

/// The webhooks of a team, as they were at a moment: what is signed by them is signed as of then, so that a change that was
/// made since is known to come after it.
pub(crate) struct Listed {
    webhooks: Vec<StoredWebhook>,
    at: Timestamp,
}

impl Listed {
    /// The next request of a delivery, in the lane of its object.
    pub(crate) fn request(&self, delivery: &StoredDelivery, signed: Signed) -> Request {
        let StoredDelivery { id, team, webhook, event_id, object, tries, .. } = delivery;
        let told_apart = object.as_ref().map_or(id.as_str(), |object| object.as_str());
        Request {
            team: team.clone(),
            webhook: webhook.clone(),
            delivery: id.clone(),
            event: event_id.clone(),
            tries: *tries,
            lane: lane_of(told_apart, lanes(self.webhooks.len())),
            not_before: None,
            signed,
        }
    }

    fn hosts(&self) -> usize {
        self.webhooks.iter().map(StoredWebhook::host).collect::<BTreeSet<_>>().len()
    }
}

impl Relay {
    /// Writes the event, if a webhook has asked for it, and its way to each that has; and sends them off.
    pub(crate) async fn publish(
        &self,
        occurrence: Occurrence,
        body: impl FnOnce() -> Result<String>,
    ) -> Result<()> {
        let Occurrence { id, team, topic, object_type, object, at, since } = occurrence;
        let listed = self.webhooks(&team, since).await?;
        let matches = |webhook: &&StoredWebhook| webhook.matches(topic, &object_type, listed.at);
        let asked: Vec<_> = listed.webhooks.iter().filter(matches).collect();
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
        let event = self.kept(event).await?;
        self.deliver(&Arc::new(event), &asked, &listed).await
    }

    /// Writes the event, or finds it written: a change may be looked at twice, and each request must have the same body,
    /// whatever has become of the type meanwhile.
    async fn kept(&self, event: StoredEvent) -> Result<StoredEvent> {
        match self.activity.write(self.deliveries.put_event(&event)?).await {
            Ok(_) => Ok(event),
            Err(WriteError::ConditionFailed(refused)) => {
                refused.item(0).map_or(Ok(event), |item| decode(item.clone()))
            }
            Err(WriteError::Failed(error)) => Err(error),
        }
    }

    /// The webhooks of a team, read since then, and lately.
    pub(crate) async fn webhooks(&self, team: &TeamId, since: Timestamp) -> Result<Arc<Listed>> {
        let since = since.max(self.clock.now().plus_seconds(-LISTED_SECONDS));
        let read = Box::pin(self.read_webhooks(team));
        self.webhooks.get(team.clone(), since, &self.clock, read).await
    }

    async fn read_webhooks(&self, team: &TeamId) -> Result<Arc<Listed>> {
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
                return Ok(Arc::new(Listed { webhooks, at }));
            }
        }
    }

    /// Writes the way to each of these webhooks, and sends the requests.
    async fn deliver(
        &self,
        event: &Arc<StoredEvent>,
        webhooks: &[&StoredWebhook],
        listed: &Arc<Listed>,
    ) -> Result<()> {
        let keys = webhooks.iter().map(|webhook| Health::key(&webhook.id)).collect();
        let known = self.activity.get_many(keys).await?;
        let mut webhooks = webhooks.iter();
        let (mut running, mut requests, mut failed) = (JoinSet::new(), Vec::new(), None);
        loop {
            while running.len() < AT_ONCE
                && let Some(webhook) = webhooks.next()
            {
                let health = known.iter().find(|item| Health::key(&webhook.id).is_of(item)).cloned();
                let health: Health = health.map(decode).transpose()?.unwrap_or_default();
                let (relay, event, webhook) = (self.clone(), event.clone(), (*webhook).clone());
                let listed = listed.clone();
                running.spawn(async move { relay.request(&event, &webhook, &health, &listed).await });
            }
            let Some(outcome) = running.join_next().await else { break };
            match outcome.map_err(anyhow::Error::from)? {
                Ok(request) => requests.extend(request),
                // Whatever is wrong with one webhook is no reason to tell the others nothing.
                Err(error) => failed = Some(error),
            }
        }
        // Whether a receiver is slow is looked at when the turn of its request has come: so they stay in their order.
        self.send(&event.team, requests, &*self.queues.requests, listed).await?;
        failed.map_or(Ok(()), Err)
    }

    /// Sends requests, each with its place in the rate at which their team asks its host. What is far off waits elsewhere.
    pub(crate) async fn send(
        &self,
        team: &TeamId,
        requests: Vec<Request>,
        queue: &dyn Queue<Request>,
        listed: &Listed,
    ) -> Result<()> {
        let (now, mut hosts) = (self.clock.now(), BTreeMap::<String, Vec<Request>>::new());
        for request in requests {
            hosts.entry(host(&request.signed.url)).or_default().push(request);
        }
        let mut near = Vec::new();
        for (host, requests) in hosts {
            let places = self.rate.take(&self.activity, (team, &host), requests.len(), now).await?;
            for (request, place) in requests.into_iter().zip(places) {
                if self.rate.is_far(place, now, listed.hosts()) {
                    let Request { team, webhook, delivery, tries, .. } = request;
                    let retry = Retry { team, webhook, delivery, tries, want: Want::TryAt(place) };
                    let sent = self.queues.retries.send(retry, hop_seconds(place, now));
                    sent.await.map_err(Error::unavailable)?;
                } else {
                    near.push(Request { not_before: Some(place).filter(|place| *place > now), ..request });
                }
            }
        }
        if near.is_empty() {
            return Ok(());
        }
        queue.send_all(near).await.map_err(Error::unavailable)
    }

    /// The first request of an event to a webhook, if there is something to send.
    async fn request(
        &self,
        event: &StoredEvent,
        webhook: &StoredWebhook,
        health: &Health,
        listed: &Listed,
    ) -> Result<Option<Request>> {
        let Some(delivery) = self.begin(event, webhook, health).await? else { return Ok(None) };
        let signed = signed(&self.keys, webhook, (&delivery, event), listed.at).await?;
        Ok(Some(listed.request(&delivery, signed)))
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
            Err(WriteError::ConditionFailed(refused)) => match refused.item(0) {
                Some(item) => decode(item.clone())?,
                None => return Ok(None),
            },
        };
        Ok(Some(delivery).filter(|delivery| delivery.status == Status::Pending && delivery.tries == 0))
    }
}
