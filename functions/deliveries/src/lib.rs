//! Sends the requests of deliveries to the receivers of webhooks, one request per message.

mod action;
mod attempt;
mod client;
mod connect;
mod event;
mod failure;
mod outcome;
mod record;
mod reroute;
mod resolve;

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use base::clock::Clock;
use delivery::{
    Health, Request, Retry, RetryAction, StoredDelivery, StoredEvent, delivery_key, event_key, request_queue,
    retry_queue, slow_request_queue, target::TargetRules,
};
use table::Tables;
use table::{
    Table,
    config::Config,
    decode,
    queue::{Postpone, Queue},
};

use self::{
    action::{Action, DeliverySnapshot},
    client::Client,
};

pub use client::Timeouts;
pub use event::Event;
pub use resolve::{Resolver, Resolving, SystemResolver};

/// A request that is due so soon is waited for in the function, as queues only count in seconds.
const WAIT_MILLIS_MAX: i64 = 1_000;
/// The longest that a message is postponed at a time: SQS allows twelve hours in all from when it was received.
const POSTPONE_SECONDS_MAX: i64 = 15 * 60;

/// The settings of a worker.
#[derive(Clone)]
pub struct Settings {
    /// The targets that are allowed.
    pub rules: TargetRules,
    /// The timeouts of a request.
    pub timeouts: Timeouts,
    /// Resolves names to addresses.
    pub resolver: Arc<dyn Resolver>,
}

/// The queues of a worker.
#[derive(Clone)]
pub struct Queues {
    /// The slow queue: requests to receivers that fail or are slow.
    pub slow: Arc<dyn Queue<Request>>,
    /// The name of the slow queue: its messages are not rerouted again.
    pub slow_name: String,
    /// Postpones messages, first of the queue of requests, then of the slow queue.
    pub postpone: [Arc<dyn Postpone>; 2],
    /// Deliveries to be retried.
    pub retries: Arc<dyn Queue<Retry>>,
}

/// Sends requests.
#[derive(Clone)]
pub struct Worker {
    activity: Table,
    clock: Clock,
    client: Arc<Client>,
    rules: TargetRules,
    slow: Arc<dyn Queue<Request>>,
    slow_name: Arc<str>,
    postpone: [Arc<dyn Postpone>; 2],
    retries: Arc<dyn Queue<Retry>>,
}

/// The result of handling a message.
#[derive(Debug, PartialEq, Eq)]
enum Handled {
    /// The message is done.
    Done,
    /// The message is to be delivered again after so many seconds; those behind it in its lane wait too.
    RetryAfter(i64),
    /// The same, after a delay that grows each time.
    RetryWithBackoff,
}

impl Settings {
    /// The settings that the environment has.
    pub fn of(config: &Config) -> Self {
        Self {
            rules: TargetRules::of(config),
            timeouts: Timeouts::default(),
            resolver: Arc::new(SystemResolver),
        }
    }
}

impl Queues {
    /// The queues that the environment names.
    ///
    /// # Errors
    /// When it lacks one.
    pub fn on_aws(config: &Config) -> anyhow::Result<Self> {
        let slow_name = config.slow_request_queue_url.as_deref().and_then(|url| url.rsplit('/').next());
        Ok(Self {
            slow_name: slow_name.context("SLOW_REQUEST_QUEUE_URL is not set")?.to_owned(),
            postpone: [Arc::new(request_queue(config)?), Arc::new(slow_request_queue(config)?)],
            slow: Arc::new(slow_request_queue(config)?),
            retries: Arc::new(retry_queue(config)?),
        })
    }
}

impl Worker {
    /// A worker on these tables.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(tables: &Tables, queues: Queues, settings: Settings) -> anyhow::Result<Self> {
        let Settings { rules, timeouts, resolver } = settings;
        Ok(Self::with_client(tables, queues, rules, Client::new(resolver, timeouts)?))
    }

    fn with_client(tables: &Tables, queues: Queues, rules: TargetRules, client: Client) -> Self {
        let Tables { activity, clock, .. } = tables.clone();
        let Queues { slow, slow_name, postpone, retries } = queues;
        let client = Arc::new(client);
        Self { activity, clock, client, rules, slow, slow_name: slow_name.into(), postpone, retries }
    }

    /// Handles a message. It may come twice, or to two workers at once: only one of them makes the request.
    async fn deliver(&self, request: Request, is_slow: bool) -> anyhow::Result<Handled> {
        if let Some(seconds) = self.wait_for_send_time(&request).await {
            return Ok(Handled::RetryAfter(seconds));
        }
        let Some((mut snapshot, health, event)) = self.load(&request).await? else {
            return Ok(Handled::Done);
        };
        let request = snapshot.with_signature(request);
        match snapshot.next_action(&request, &health, is_slow, self.clock.now()) {
            Action::Nothing => {}
            Action::Wait(seconds) => return Ok(Handled::RetryAfter(seconds)),
            Action::Hold => self.hold(&snapshot.delivery).await?,
            Action::Retry(seconds) => self.retries.send(Retry::of(&snapshot.delivery), seconds).await?,
            Action::SignAgain(seconds) => {
                let retry = Retry::for_action(&snapshot.delivery, RetryAction::Signature);
                self.retries.send(retry, seconds).await?;
                // The request stays in its lane, so that no later one comes before it.
                return Ok(Handled::RetryWithBackoff);
            }
            Action::Reroute => return self.reroute(request, &snapshot.delivery, &health).await,
            Action::Attempt { .. }
                if !is_slow && self.is_behind_rerouted(&snapshot.delivery, &health).await? =>
            {
                return self.reroute(request, &snapshot.delivery, &health).await;
            }
            Action::Attempt { is_next } => {
                let delivery = is_slow.then(|| snapshot.delivery.clone());
                self.attempt((request, event), snapshot, is_next, &health).await?;
                if let Some(delivery) = delivery {
                    self.clear_reroute(&delivery).await?;
                }
            }
        }
        Ok(Handled::Done)
    }

    /// Waits for the send time of a request, if it is near; otherwise returns for how many seconds to postpone
    /// the message.
    async fn wait_for_send_time(&self, request: &Request) -> Option<i64> {
        let millis = request.not_before?.millis() - self.clock.now().millis();
        if millis > WAIT_MILLIS_MAX {
            return Some((millis / 1_000).min(POSTPONE_SECONDS_MAX));
        }
        tokio::time::sleep(Duration::from_millis(u64::try_from(millis).unwrap_or_default())).await;
        None
    }

    /// Loads the delivery, the health of its receiver, and the event, in one round trip; none if they have
    /// expired. An event expires together with its deliveries.
    async fn load(
        &self,
        request: &Request,
    ) -> anyhow::Result<Option<(DeliverySnapshot, Health, StoredEvent)>> {
        let delivery = delivery_key(&request.webhook, &request.delivery);
        let keys = [delivery, Health::key(&request.webhook), event_key(&request.event)];
        let mut items = self.activity.get_many(keys.to_vec()).await?;
        let mut take = |index: usize| {
            items.iter().position(|item| keys[index].is_of(item)).map(|found| items.swap_remove(found))
        };
        let (Some(delivery), health, Some(event)) = (take(0), take(1), take(2)) else { return Ok(None) };
        let snapshot = DeliverySnapshot::of(delivery)?;
        let is_live = snapshot.delivery.expires > self.clock.now().seconds();
        let health = health.map(decode).transpose()?.unwrap_or_default();
        Ok(if is_live { Some((snapshot, health, decode(event)?)) } else { None })
    }

    /// Holds a delivery back, as its webhook is disabled.
    async fn hold(&self, delivery: &StoredDelivery) -> anyhow::Result<()> {
        self.write_if(delivery.hold(&self.activity)?.remove("claimed_until")).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
