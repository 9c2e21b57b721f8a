//! The functions that no request calls: jobs, the relay, and the sending to webhooks, each fed as Lambda would feed it.

use std::sync::Arc;

use bucket::Bucket;
use deliveries::Worker;
use delivery::{Retry, target::TargetRules};
use keys::Platform;
use relay::Relay;
use resources::jobs::JobMessage;
use table::{config::Config, queue::Queue};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::{
    inspections::{Inspections, inspections},
    job_queue::{JobPump, job_queue},
    pace::Bell,
    queue::Handler,
    requests::{self, SLOW_QUEUE},
    stream::{Journal, Parking, Streams},
};

/// What the functions at work are told, besides their environment.
pub(crate) struct Settings {
    /// How far the changes of the tables were told, if that is kept.
    pub(crate) journal: Option<Arc<Journal>>,
    /// Whether nobody else uses the tables.
    pub(crate) is_alone: bool,
    /// Whether changes are told here, and what is under way is looked for.
    pub(crate) has_relay: bool,
    /// Rings when a function was at work.
    pub(crate) bell: Bell,
    /// Where webhooks may lead.
    pub(crate) rules: TargetRules,
}

/// The functions at work. They end, in the middle of whatever they do, when this is dropped.
pub(crate) struct Workers {
    _jobs: JobPump,
    _inspections: Inspections,
    _requests: requests::QueuePumps,
    _streams: Option<Streams>,
}

/// The queues that families send to.
pub(crate) struct Queues {
    pub(crate) jobs: Arc<dyn Queue<JobMessage>>,
    pub(crate) retries: Arc<dyn Queue<Retry>>,
}

impl Workers {
    /// Starts them.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub(crate) fn start(
        platform: &Platform,
        (config, bucket): (&Config, &Bucket),
        (settings, sent): (Settings, UnboundedReceiver<String>),
    ) -> anyhow::Result<(Self, Queues)> {
        let Settings { journal, is_alone, has_relay, bell, rules } = settings;
        let (jobs, messages) = job_queue(&platform.clock);
        let (queues, requests) = requests::queues(&platform.clock);
        let families = Queues { jobs: jobs.clone(), retries: queues.retries.clone() };
        let worker = Worker::new(
            platform,
            deliveries::Queues {
                slow: queues.slow_requests.clone(),
                slow_name: SLOW_QUEUE.to_owned(),
                postpone: queues.postpone,
                retries: queues.retries.clone(),
            },
            deliveries::Settings { rules, ..deliveries::Settings::of(config) },
        )?;
        let dead_letters = Arc::new(Parking(journal.clone()));
        let (fast, slow, retries) = (queues.requests, queues.slow_requests, queues.retries);
        let relay =
            Relay::new(platform, config, relay::Queues { requests: fast, slow, retries, dead_letters });
        let url = config.dynamodb_endpoint.as_deref().unwrap_or_default();
        let workers = Self {
            _inspections: inspections(bucket, sent),
            _streams: has_relay.then(|| Streams::start(url, &relay, journal.as_ref(), (&bell, is_alone))),
            _requests: requests.deliver(
                sending(worker),
                signing(relay),
                has_relay.then_some(&platform.tables),
            ),
            _jobs: messages.deliver(::jobs::Worker::new(platform, bucket.clone(), jobs), bell, is_alone),
        };
        Ok((workers, families))
    }
}

/// The function that sends requests.
fn sending(worker: Worker) -> Handler {
    Arc::new(move |event| {
        let worker = worker.clone();
        Box::pin(async move {
            let Ok(event) = serde_json::from_str(&event) else { return false };
            worker.handle(event).await.is_success()
        })
    })
}

/// The function that signs what is tried again.
fn signing(relay: Relay) -> Handler {
    Arc::new(move |event| {
        let relay = relay.clone();
        Box::pin(async move {
            let Ok(event) = serde_json::from_str(&event) else { return false };
            relay.handle(event).await.first_failure().is_none()
        })
    })
}
