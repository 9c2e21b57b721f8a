//! The relay: every change of a table, from its stream, becomes an entry of the audit log, and a change of an object an
//! event for the webhooks that asked for it. Whatever it writes has an id that follows from the change, so that a change
//! may be looked at twice.

mod cache;
mod chains;
mod deliver;
mod event;
mod happened;
mod identity;
mod objects;
mod people;
mod retry;
mod suspect;
mod workspace;

use std::sync::Arc;

pub use event::{Event, Record};
use shared::{
    Code, Error, Platform, Result, Timestamp,
    audit::Log,
    clock::Clock,
    config::{Config, TableNames},
    delivery::{Deliveries, Rate, Request, Retry, request_queue, retry_queue, slow_request_queue},
    id::{ObjectTypeId, TeamId},
    keys::Keys,
    object_type::StoredObjectType,
    partial_batch::PartialBatchResponse,
    queue::{Order, Queue, Sqs},
    table::{Key, Table},
};

use self::{
    cache::Cache,
    chains::Again,
    deliver::Listed,
    event::{Change, Content, Message, Notice},
    people::Known,
    suspect::{Suspect, Unnoted},
};

/// The most bytes of a parked change: a message of SQS has 1 MiB. Of a larger one the key is kept.
const PARKED_SIZE_MAX: usize = 1_000_000;

/// Where messages go.
#[derive(Clone)]
pub struct Queues {
    /// Requests to webhooks. What is tried for the first time always goes here, in the order of the changes.
    pub requests: Arc<dyn Queue<Request>>,
    /// Requests to webhooks whose receivers fail or are slow.
    pub slow: Arc<dyn Queue<Request>>,
    /// Deliveries that are not due yet.
    pub retries: Arc<dyn Queue<Retry>>,
    /// Changes that could not be told, until somebody has looked into it.
    pub parked: Arc<dyn Queue<Record>>,
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
            parked: Arc::new(Sqs::new(config, ("PARKED_QUEUE_URL", &config.parked_queue_url), Order::Fair)?),
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
    log: Log,
    deliveries: Deliveries,
    queues: Queues,
    rate: Rate,
    tables: Arc<TableNames>,
    types: Cache<(TeamId, ObjectTypeId), Option<Arc<StoredObjectType>>>,
    webhooks: Cache<TeamId, Arc<Listed>>,
    names: Cache<Key, Known>,
    days: Cache<TeamId, u32>,
    unnoted: Arc<Unnoted>,
}

impl Relay {
    /// A relay on the platform, as the environment says.
    pub fn new(platform: &Platform, config: &Config, queues: Queues) -> Self {
        let (log, deliveries) = (Log::new(platform), Deliveries::new(platform));
        let Platform { identity, workspace, activity, keys, clock, .. } = platform.clone();
        Self {
            identity,
            workspace,
            activity,
            keys,
            clock,
            log,
            deliveries,
            queues,
            rate: Rate::of(config),
            tables: Arc::new(config.tables.clone()),
            types: Cache::default(),
            webhooks: Cache::default(),
            names: Cache::default(),
            days: Cache::default(),
            unnoted: Arc::default(),
        }
    }

    /// Handles an event. Changes come again from the first one that was not told; messages each for itself.
    pub async fn handle(&self, event: Event) -> PartialBatchResponse {
        match Suspect::among(&event.records, self.clock.now()) {
            Some(suspect) => self.handle_suspect(suspect).await,
            None => self.handle_all(event.records).await,
        }
    }

    /// Handles a change that may have ended the function before.
    async fn handle_suspect(&self, suspect: Suspect) -> PartialBatchResponse {
        let Suspect { record, sequence_number } = &suspect;
        let mut answer = PartialBatchResponse::default();
        match self.is_fatal(&suspect).await {
            Ok(false) => answer = self.handle_all(vec![record.clone()]).await,
            Ok(true) => {
                let cause =
                    anyhow::anyhow!("a change has ended the function each time that it was looked at");
                if self.put_aside(record.clone(), cause.into()).await.is_err() {
                    answer.retry(sequence_number);
                }
            }
            Err(error) => {
                log(error, "a change was not looked at; it comes again");
                answer.retry(sequence_number);
                return answer;
            }
        }
        self.acquit(&suspect).await;
        answer
    }

    async fn record(&self, record: Record, received: Timestamp) -> Result<(), Again> {
        match record.read() {
            Ok(Content::Message(message)) => self.message(&message).await,
            Ok(Content::Change(change)) => match self.change(&change.received(received)).await {
                Ok(()) => Ok(()),
                Err(error) => self.put_aside(record, error).await,
            },
            Err(cause) => self.put_aside(record, cause.into()).await,
        }
    }

    async fn message(&self, message: &Message) -> Result<(), Again> {
        let handled = match message.read() {
            Ok(Notice::Retry(retry)) => self.retry(retry).await,
            Ok(Notice::Parked(change)) => {
                // What it failed by is mended by now, and must be read anew.
                self.types.clear();
                self.webhooks.clear();
                self.change(&change).await
            }
            Ok(Notice::Lost(lost)) => {
                tracing::error!(batch = lost.batch.get(), "changes were lost: their stream has dropped them");
                Ok(())
            }
            Err(cause) => Err(cause.into()),
        };
        handled.map_err(|error| {
            log(error, "a message was not handled; it comes again");
            Again::Message(message.message_id.clone())
        })
    }

    /// What fails because something is busy or away is tried again, and all behind it waits. What fails for another reason
    /// would fail again: it is parked, and the others go on.
    async fn put_aside(&self, record: Record, error: Error) -> Result<(), Again> {
        let Some(sequence_number) = record.sequence_number() else {
            log(error, "a record is none of ours");
            return Ok(());
        };
        if error.code == Code::Unavailable {
            log(error, "a change was not told; it comes again");
            return Err(Again::From(sequence_number));
        }
        log(error, "a change could not be told and is parked");
        // Whatever does not fit must get out of the way all the same.
        let is_large = record.text().len() > PARKED_SIZE_MAX;
        let record = record.without_images().filter(|_| is_large).unwrap_or(record);
        self.queues.parked.send(record, 0).await.map_err(|cause| {
            log(cause.into(), "a change could not be parked; it comes again");
            Again::From(sequence_number)
        })
    }

    /// Tells of a change whatever follows from it.
    async fn change(&self, change: &Change) -> Result<()> {
        let TableNames { identity, workspace, objects, activity: _ } = &*self.tables;
        let (Some(key), Some(table)) = (change.key(), change.table()) else { return Ok(()) };
        if change.before().is_none() && change.after().is_none() {
            return Err(
                anyhow::anyhow!("a change was parked without its content, as it was too large").into()
            );
        }
        // The embedded engine tells of writes that change nothing.
        if change.before() == change.after() {
            return Ok(());
        }
        match table {
            table if table == objects => self.object(&key, change).await,
            table if table == workspace => self.set_up(&key, change).await,
            table if table == identity => self.people_and_tokens(&key, change).await,
            _ => Ok(()),
        }
    }
}

fn log(error: Error, what: &str) {
    let code = error.code.name();
    tracing::error!(code, cause = format!("{:#}", anyhow::Error::from(error)), "{what}");
}
