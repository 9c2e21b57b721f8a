//! The streams of the tables in this process: what Lambda's event source does in the cloud. The real function is given the
//! records that the engine's stream API tells, in their order, and it is kept how far it came.

mod journal;

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::Context as _;
use relay::{Event, Record, Relay};
use serde_json::{Value, json};
use table::queue::{Queue, Sending};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    pace::{Bell, Pace},
    stream_api::{Api, Begin},
    tables::TABLES,
};

pub(crate) use self::journal::{Journal, in_memory};

/// The most records that are handed over together. Few, as all come again from the first that failed.
const BATCH: usize = 25;
/// How often the streams are polled, while something is done and while nothing is.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
const IDLE_POLL_INTERVAL: Duration = Duration::from_secs(1);
/// What was not handled comes again after so long.
const AGAIN: Duration = Duration::from_secs(1);

/// The relay at work. It ends, in the middle of whatever it does, when this is dropped.
pub(crate) struct Streams {
    _running: JoinSet<()>,
}

impl Streams {
    /// Hands every change to the relay, from now on; with a journal, also those since it was last noted. Who is alone with the
    /// tables rings the bell when something may have changed.
    pub(crate) fn start(
        dynamodb_url: &str,
        relay: &Relay,
        journal: Option<&Arc<Journal>>,
        (bell, is_alone): (&Bell, bool),
    ) -> Self {
        let mut running = JoinSet::new();
        let most = if is_alone { IDLE_POLL_INTERVAL } else { POLL_INTERVAL };
        for table in TABLES.iter().filter(|table| table.is_streamed) {
            let (api, journal) = (Api::new(dynamodb_url), journal.cloned());
            let source = Source { api, table: table.name, journal, stream: None, reached: None };
            running.spawn(source.run(relay.clone(), bell.pace(POLL_INTERVAL, most)));
        }
        if let Some(journal) = journal.cloned() {
            running.spawn(look_again(journal, relay.clone()));
        }
        Self { _running: running }
    }
}

/// The stream of a table, and how far it is read.
struct Source {
    api: Api,
    table: &'static str,
    journal: Option<Arc<Journal>>,
    stream: Option<Stream>,
    /// The last record that was handled.
    reached: Option<String>,
}

/// Where it is being read.
struct Stream {
    arn: String,
    iterator: String,
}

impl Source {
    async fn run(mut self, relay: Relay, mut pace: Pace) {
        loop {
            match self.turn(&relay).await {
                Ok(true) => pace.found(),
                Ok(false) => pace.wait().await,
                Err(cause) => {
                    tracing::warn!(
                        table = self.table,
                        cause = format!("{cause:#}"),
                        "the stream was not read"
                    );
                    self.stream = None;
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    }

    /// Hands the next records over; whether there were any.
    async fn turn(&mut self, relay: &Relay) -> anyhow::Result<bool> {
        let Stream { arn, iterator } = match self.stream.take() {
            Some(stream) => stream,
            None => self.open().await?,
        };
        let (records, next) = self.api.records(&iterator, BATCH).await?;
        let numbers: Vec<_> = records.iter().filter_map(sequence_number).collect();
        if let Some(last) = numbers.last().cloned() {
            let again = handle(relay, records, &arn).await?;
            // From the first that failed all come again.
            let place = again.as_ref().and_then(|again| numbers.iter().position(|number| number == again));
            let done =
                place.map_or(Some(last), |place| place.checked_sub(1).map(|place| numbers[place].clone()));
            if let Some(done) = done {
                self.note(done).await?;
            }
            if again.is_some() {
                tokio::time::sleep(AGAIN).await;
                return Ok(true);
            }
        }
        let iterator = next.context("the stream has ended")?;
        self.stream = Some(Stream { arn, iterator });
        Ok(!numbers.is_empty())
    }

    /// Begins behind what was handled last. A database in memory begins with this process; of another one nobody knows
    /// how far an earlier process came.
    async fn open(&mut self) -> anyhow::Result<Stream> {
        if let (Some(journal), None) = (&self.journal, &self.reached) {
            let (journal, table) = (journal.clone(), self.table);
            self.reached = tokio::task::spawn_blocking(move || journal.reached(table)).await??;
        }
        let begin = self.reached.as_deref().map_or(Begin::First, Begin::Behind);
        let (arn, iterator) = self.api.iterator(self.table, begin).await?;
        Ok(Stream { arn, iterator })
    }

    async fn note(&mut self, reached: String) -> anyhow::Result<()> {
        if let Some(journal) = self.journal.clone() {
            let (table, reached) = (self.table, reached.clone());
            tokio::task::spawn_blocking(move || journal.note(table, &reached)).await??;
        }
        self.reached = Some(reached);
        Ok(())
    }
}

/// Gives the function the records as Lambda would; from which one on they are to come again.
async fn handle(relay: &Relay, mut records: Vec<Value>, arn: &str) -> anyhow::Result<Option<String>> {
    for record in &mut records {
        record["eventSourceARN"] = json!(arn);
    }
    let event: Event = serde_json::from_str(&json!({"Records": records}).to_string())?;
    Ok(relay.handle(event).await.first_failure().map(str::to_owned))
}

fn sequence_number(record: &Value) -> Option<String> {
    record["dynamodb"]["SequenceNumber"].as_str().map(str::to_owned)
}

/// Looks once more, at each start, at the changes that could not be told: perhaps this version can.
async fn look_again(journal: Arc<Journal>, relay: Relay) {
    let parked = journal.parked().unwrap_or_default();
    for (place, text) in parked {
        let message =
            json!({"messageId": Uuid::new_v4().to_string(), "body": text, "eventSource": "aws:sqs"});
        let event = serde_json::from_str::<Event>(&json!({"Records": [message]}).to_string());
        let Ok(event) = event else { continue };
        let is_told = relay.handle(event).await.first_failure().is_none();
        if let Some(cause) = is_told.then(|| journal.unpark(place)).and_then(Result::err) {
            tracing::warn!(cause = format!("{cause:#}"), "a change was told, and stays parked all the same");
        }
    }
}

/// Where changes go that could not be told: into the journal, or, in memory, nowhere.
pub(crate) struct Parking(pub(crate) Option<Arc<Journal>>);

impl Queue<Record> for Parking {
    fn send(&self, record: Record, _: i64) -> Sending<'_> {
        Box::pin(async move { self.0.as_ref().map_or(Ok(()), |journal| journal.park(record.text())) })
    }

    fn send_all(&self, records: Vec<Record>) -> Sending<'_> {
        Box::pin(async move {
            for record in records {
                self.send(record, 0).await?;
            }
            Ok(())
        })
    }
}

impl Journal {
    /// The journal of a database file.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub(crate) fn of(file: Option<&Path>) -> anyhow::Result<Option<Arc<Self>>> {
        file.map(|file| Self::open(file).map(Arc::new)).transpose()
    }
}
