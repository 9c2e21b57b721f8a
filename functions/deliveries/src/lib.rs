//! Deliveries: each event to each webhook that asked for it, one request per message.

mod attempt;
mod client;
mod connect;
mod detour;
mod event;
mod record;
mod resolve;
mod step;
mod verdict;

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use shared::{
    Platform,
    clock::Clock,
    config::Config,
    delivery::{
        Health, Request, Retry, StoredDelivery, StoredEvent, Want, delivery_key, event_key, request_queue,
        retry_queue, slow_request_queue,
    },
    queue::{Postpone, Queue},
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

/// What is due so soon is waited for at once: a queue counts in seconds.
const WAIT_MILLIS_MAX: i64 = 1_000;
/// The longest that a message is put off at a time: a queue holds it for twelve hours, from when it was first taken.
const PUT_OFF_SECONDS_MAX: i64 = 15 * 60;

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
    /// Requests to receivers that fail or are slow.
    pub slow: Arc<dyn Queue<Request>>,
    /// The name of that queue: messages of it are not passed on.
    pub slow_name: String,
    /// By what requests are put off, and those to slow receivers.
    pub put_off: [Arc<dyn Postpone>; 2],
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
    put_off: [Arc<dyn Postpone>; 2],
    retries: Arc<dyn Queue<Retry>>,
}

/// What became of a message.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// All is done about it.
    Done,
    /// It is to come again after so many seconds, and all behind it in its lane with it.
    Later(i64),
    /// The same, after a while that grows with each time.
    LaterAndLater,
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
            put_off: [Arc::new(request_queue(config)?), Arc::new(slow_request_queue(config)?)],
            slow: Arc::new(slow_request_queue(config)?),
            retries: Arc::new(retry_queue(config)?),
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
        let Queues { slow, slow_name, put_off, retries } = queues;
        let client = Arc::new(client);
        Self { activity, clock, client, rules, slow, slow_name: slow_name.into(), put_off, retries }
    }

    /// Does what is to be done about a message. It may come twice, or to two at once: of those who would make the same
    /// request one does.
    async fn deliver(&self, request: Request, is_slow: bool) -> anyhow::Result<Outcome> {
        if let Some(seconds) = self.until_its_place(&request).await {
            return Ok(Outcome::Later(seconds));
        }
        let Some((mut seen, health, event)) = self.look(&request).await? else { return Ok(Outcome::Done) };
        let request = seen.with_signature(request);
        match seen.step(&request, &health, is_slow, self.clock.now()) {
            Step::Nothing => {}
            Step::Wait(seconds) => return Ok(Outcome::Later(seconds)),
            Step::Hold => self.hold(&seen.delivery).await?,
            Step::Retry(seconds) => self.retries.send(Retry::of(&seen.delivery), seconds).await?,
            Step::Sign(seconds) => {
                let wanted = Retry::for_want(&seen.delivery, Want::Signature);
                self.retries.send(wanted, seconds).await?;
                // In its lane, so that none that was signed later comes before it.
                return Ok(Outcome::LaterAndLater);
            }
            Step::PassOn => return self.pass_on(request, &seen.delivery, &health).await,
            Step::Try { .. } if !is_slow && self.is_behind_a_detour(&seen.delivery, &health).await? => {
                return self.pass_on(request, &seen.delivery, &health).await;
            }
            Step::Try { is_next } => {
                let delivery = is_slow.then(|| seen.delivery.clone());
                self.attempt((request, event), seen, is_next, &health).await?;
                if let Some(delivery) = delivery {
                    self.end_detour(&delivery).await?;
                }
            }
        }
        Ok(Outcome::Done)
    }

    /// Waits until the moment of a request, if that is near; else how many seconds it is to wait elsewhere.
    async fn until_its_place(&self, request: &Request) -> Option<i64> {
        let millis = request.not_before?.millis() - self.clock.now().millis();
        if millis > WAIT_MILLIS_MAX {
            return Some((millis / 1_000).min(PUT_OFF_SECONDS_MAX));
        }
        tokio::time::sleep(Duration::from_millis(u64::try_from(millis).unwrap_or_default())).await;
        None
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
