//! Deliveries: each event to each webhook that asked for it, one request per message.

mod attempt;
mod client;
mod connect;
mod event;
mod record;
mod resolve;
mod step;
mod verdict;

use std::sync::Arc;

use anyhow::{Context as _, bail};
use shared::{
    Platform,
    clock::Clock,
    config::Config,
    delivery::{Health, Queue, Request, Retry, Sqs, StoredDelivery, StoredEvent, delivery_key, event_key},
    table::{Table, decode},
    webhook::target::Rules,
};

use self::{
    client::{Client, Failure},
    step::{Seen, Step},
};

pub use client::Times;
pub use event::Event;
pub use resolve::{Resolver, Resolving, System};

/// Where requests may go, and how long they may take.
#[derive(Clone)]
pub struct Settings {
    /// What is refused.
    pub rules: Rules,
    /// How long a request may take.
    pub times: Times,
    /// What knows the addresses of names.
    pub resolver: Arc<dyn Resolver>,
}

/// Where messages go.
#[derive(Clone)]
pub struct Queues {
    /// Requests to receivers that fail.
    pub slow: Arc<dyn Queue<Request>>,
    /// The name of that queue: messages of it are not passed on.
    pub slow_name: String,
    /// Deliveries that are tried again.
    pub retries: Arc<dyn Queue<Retry>>,
}

/// What sends requests.
#[derive(Clone)]
pub struct Worker {
    activity: Table,
    clock: Clock,
    client: Arc<Client>,
    rules: Rules,
    slow: Arc<dyn Queue<Request>>,
    slow_name: Arc<str>,
    retries: Arc<dyn Queue<Retry>>,
}

impl Settings {
    /// What the environment says.
    pub fn of(config: &Config) -> Self {
        Self { rules: Rules::of(config), times: Times::default(), resolver: Arc::new(System) }
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
            slow: Arc::new(Sqs::slow_requests(config)?),
            retries: Arc::new(Sqs::retries(config)?),
        })
    }
}

impl Worker {
    /// A worker on the platform.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(platform: &Platform, queues: Queues, settings: Settings) -> anyhow::Result<Self> {
        let Settings { rules, times, resolver } = settings;
        Ok(Self::with_client(platform, queues, rules, Client::new(resolver, times)?))
    }

    fn with_client(platform: &Platform, queues: Queues, rules: Rules, client: Client) -> Self {
        let Platform { activity, clock, .. } = platform.clone();
        let Queues { slow, slow_name, retries } = queues;
        let client = Arc::new(client);
        Self { activity, clock, client, rules, slow, slow_name: slow_name.into(), retries }
    }

    /// Does what is to be done about a message. It may come twice, or to two at once: of those who would make the same
    /// request one does.
    async fn deliver(&self, request: Request, is_slow: bool) -> anyhow::Result<()> {
        let Some((seen, health, event)) = self.look(&request).await? else { return Ok(()) };
        match seen.step(&request, &health, is_slow, self.clock.now()) {
            Step::Nothing => Ok(()),
            Step::Wait => bail!("somebody is at it"),
            Step::PassOn => self.slow.send(request, 0).await,
            Step::Hold => self.hold(&seen.delivery).await,
            Step::Sign(seconds) => self.retries.send(Retry::of(&seen.delivery), seconds).await,
            Step::Try { is_next } => self.attempt((request, event), seen, is_next, &health).await,
        }
    }

    /// The delivery, how its receiver does, and the event, in one round trip; nothing, if its time is over. An event ends
    /// with its deliveries.
    async fn look(&self, request: &Request) -> anyhow::Result<Option<(Seen, Health, StoredEvent)>> {
        let delivery = delivery_key(&request.webhook, &request.delivery);
        let keys = [delivery, Health::key(&request.webhook), event_key(&request.event)];
        let mut items = self.activity.get_many(keys.to_vec()).await?;
        let mut take = |place: usize| {
            items.iter().position(|item| keys[place].is_of(item)).map(|found| items.swap_remove(found))
        };
        let (Some(delivery), health, Some(event)) = (take(0), take(1), take(2)) else { return Ok(None) };
        let seen = Seen::of(delivery)?;
        let is_kept = seen.delivery.expires > self.clock.now().seconds();
        let health = health.map(decode).transpose()?.unwrap_or_default();
        Ok(if is_kept { Some((seen, health, decode(event)?)) } else { None })
    }

    /// Lets a delivery wait until its webhook takes something again.
    async fn hold(&self, delivery: &StoredDelivery) -> anyhow::Result<()> {
        self.write_if(delivery.hold(&self.activity)?.remove("claimed_until")).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
