//! The relay: turns DynamoDB stream records into audit entries and webhook events. Ids are deterministic, so a
//! record may be processed twice.

mod actors;
mod batch;
mod deliver;
mod event;
mod identity;
mod new_entry;
mod objects;
mod poison_pill;
mod retry;
mod views;
mod workspace;

use std::sync::Arc;

use audit::AuditLog;
use base::{
    Code, Error, Result, Timestamp,
    clock::Clock,
    id::{ObjectTypeId, TeamId},
};
use delivery::{Deliveries, HostRate, Request, Retry, request_queue, retry_queue, slow_request_queue};
pub use event::{Event, Record};
use keys::{Keys, Platform};
use records::object_type::StoredObjectType;
use resources::resource::Resources;
use table::{
    Key, Table, Tables,
    cache::Cache,
    config::{Config, TableNames},
    partial_batch::PartialBatchResponse,
    queue::{Order, Queue, Sqs},
};

use upload::References;
use view::StoredView;

use self::{
    actors::DisplayName,
    batch::BatchItemFailure,
    deliver::WebhookSnapshot,
    event::{Change, QueueMessage, RecordKind, SqsRecord},
    poison_pill::{PoisonCandidate, UnclearedAttempts},
};

/// The most bytes of a dead letter: a message of SQS may have 1 MiB. Of a larger change only the key is kept.
const DEAD_LETTER_BYTES_MAX: usize = 1_000_000;

/// The most that each cache holds.
const CACHED_MAX: usize = 200;

/// The queues that the relay sends to.
#[derive(Clone)]
pub struct Queues {
    /// Requests to webhooks. First attempts always go here, in the order of the changes.
    pub requests: Arc<dyn Queue<Request>>,
    /// Requests to webhooks whose receivers fail or are slow.
    pub slow: Arc<dyn Queue<Request>>,
    /// Deliveries that are not due yet.
    pub retries: Arc<dyn Queue<Retry>>,
    /// Changes that could not be processed, until somebody has looked into it.
    pub dead_letters: Arc<dyn Queue<Record>>,
}

impl Queues {
    /// The queues that the environment names.
    ///
    /// # Errors
    /// When it lacks one.
    pub fn on_aws(config: &Config) -> anyhow::Result<Self> {
        Ok(Self {
            requests: Arc::new(request_queue(config)?),
            slow: Arc::new(slow_request_queue(config)?),
            retries: Arc::new(retry_queue(config)?),
            dead_letters: Arc::new(Sqs::new(
                config,
                ("PARKED_QUEUE_URL", &config.parked_queue_url),
                Order::Fair,
            )?),
        })
    }
}

/// The relay.
#[derive(Clone)]
pub struct Relay {
    identity: Table,
    workspace: Table,
    activity: Table,
    keys: Keys,
    clock: Clock,
    log: AuditLog,
    deliveries: Deliveries,
    queues: Queues,
    rate: HostRate,
    tables: Arc<TableNames>,
    types: Cache<(TeamId, ObjectTypeId), Option<Arc<StoredObjectType>>>,
    webhooks: Cache<TeamId, Arc<WebhookSnapshot>>,
    references: References,
    views: Resources<StoredView>,
    names: Cache<Key, DisplayName>,
    retention: Cache<TeamId, u32>,
    uncleared: Arc<UnclearedAttempts>,
}

impl Relay {
    /// A relay on the platform, configured by the environment.
    pub fn new(platform: &Platform, config: &Config, queues: Queues) -> Self {
        let (log, deliveries) = (AuditLog::new(platform), Deliveries::new(platform));
        let views = Resources::new(platform);
        let references = References::new(&platform.tables);
        let Platform { tables, keys } = platform.clone();
        let Tables { identity, workspace, activity, clock, .. } = tables;
        Self {
            identity,
            workspace,
            activity,
            keys,
            clock,
            log,
            deliveries,
            queues,
            rate: HostRate::of(config),
            tables: Arc::new(config.tables.clone()),
            types: Cache::new(CACHED_MAX),
            webhooks: Cache::new(CACHED_MAX),
            references,
            views,
            names: Cache::new(CACHED_MAX),
            retention: Cache::new(CACHED_MAX),
            uncleared: Arc::default(),
        }
    }

    /// Handles an event. Of a stream, all records from the first failed one on come again; of a queue, the
    /// failed messages.
    pub async fn handle(&self, event: Event) -> PartialBatchResponse {
        match PoisonCandidate::among(&event.records, self.clock.now()) {
            Some(candidate) => self.handle_poison_candidate(candidate).await,
            None => self.handle_all(event.records).await,
        }
    }

    /// Handles a record that may have crashed the function before.
    async fn handle_poison_candidate(&self, candidate: PoisonCandidate) -> PartialBatchResponse {
        let PoisonCandidate { record, sequence_number } = &candidate;
        let mut answer = PartialBatchResponse::default();
        match self.is_poison(&candidate).await {
            Ok(false) => answer = self.handle_all(vec![record.clone()]).await,
            Ok(true) => {
                let cause =
                    anyhow::anyhow!("a change has crashed the function each time that it was processed");
                if self.handle_failure(record.clone(), cause.into()).await.is_err() {
                    answer.retry(sequence_number);
                }
            }
            Err(error) => {
                log(error, "attempts at a change could not be counted; it is retried");
                answer.retry(sequence_number);
                return answer;
            }
        }
        self.clear_attempts(&candidate).await;
        answer
    }

    async fn record(&self, record: Record, received: Timestamp) -> Result<(), BatchItemFailure> {
        match record.read() {
            Ok(RecordKind::Message(message)) => self.message(&message).await,
            Ok(RecordKind::Change(change)) => match self.change(&change.received(received)).await {
                Ok(()) => Ok(()),
                Err(error) => self.handle_failure(record, error).await,
            },
            Err(cause) => self.handle_failure(record, cause.into()).await,
        }
    }

    async fn message(&self, message: &SqsRecord) -> Result<(), BatchItemFailure> {
        let handled = match message.read() {
            Ok(QueueMessage::Retry(retry)) => self.retry(retry).await,
            Ok(QueueMessage::DeadLetter(change)) => {
                // The cause of the failure may have been mended since, so nothing may come from the caches.
                self.types.clear();
                self.webhooks.clear();
                self.change(&change).await
            }
            Ok(QueueMessage::DiscardedBatch(discarded)) => {
                tracing::error!(
                    batch = discarded.batch.get(),
                    "changes were lost: their stream has dropped them"
                );
                Ok(())
            }
            Err(cause) => Err(cause.into()),
        };
        handled.map_err(|error| {
            log(error, "a message could not be processed; it is retried");
            BatchItemFailure::Message(message.message_id.clone())
        })
    }

    /// Decides what happens to a record that failed. If a service was unavailable it is retried, and all
    /// records behind it wait. Otherwise it would fail again, so it goes to the dead-letter queue, and the
    /// others go on.
    async fn handle_failure(&self, record: Record, error: Error) -> Result<(), BatchItemFailure> {
        let Some(sequence_number) = record.sequence_number() else {
            log(error, "a record is of no stream and is dropped");
            return Ok(());
        };
        if error.code == Code::Unavailable {
            log(error, "a change could not be processed; it is retried");
            return Err(BatchItemFailure::FromSequenceNumber(sequence_number));
        }
        log(error, "a change could not be processed and goes to the dead-letter queue");
        // A change that does not fit into a message must not block the others either.
        let is_large = record.text().len() > DEAD_LETTER_BYTES_MAX;
        let record = record.without_images().filter(|_| is_large).unwrap_or(record);
        self.queues.dead_letters.send(record, 0).await.map_err(|cause| {
            log(cause.into(), "a change could not be sent to the dead-letter queue; it is retried");
            BatchItemFailure::FromSequenceNumber(sequence_number)
        })
    }

    /// Writes the audit entries and events of a change.
    async fn change(&self, change: &Change) -> Result<()> {
        let TableNames { identity, workspace, objects, activity: _ } = &*self.tables;
        let (Some(key), Some(table)) = (change.key(), change.table()) else { return Ok(()) };
        if change.before().is_none() && change.after().is_none() {
            return Err(anyhow::anyhow!("a dead letter has no content, as the change was too large").into());
        }
        // The embedded engine also has records of writes that change nothing.
        if change.before() == change.after() {
            return Ok(());
        }
        match table {
            table if table == objects => self.object(&key, change).await,
            table if table == workspace => self.workspace_change(&key, change).await,
            table if table == identity => self.identity_change(&key, change).await,
            _ => Ok(()),
        }
    }
}

fn log(error: Error, what: &str) {
    let code = error.code.name();
    tracing::error!(code, cause = format!("{:#}", anyhow::Error::from(error)), "{what}");
}
