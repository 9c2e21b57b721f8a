//! DynamoDB in this process: the embedded engine on a loopback port, in a file or in memory.

use std::{net::Ipv4Addr, path::Path, thread, time::Duration};

use anyhow::{Context as _, anyhow};
use tokio::{runtime, sync::oneshot};

use crate::{listener, stream};

/// How often items whose time is over are removed. Whether one counts is decided where it is read.
const SWEEP_EVERY: Duration = Duration::from_secs(30);
/// A request that never ends keeps the engine no longer than this.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// The embedded engine, or none if another one is used.
pub(crate) struct Database {
    url: String,
    stop: Option<oneshot::Sender<()>>,
    ended: Option<oneshot::Receiver<()>>,
}

impl Database {
    /// The engine that already runs at this URL.
    pub(crate) fn elsewhere(url: &str) -> Self {
        Self { url: url.to_owned(), stop: None, ended: None }
    }

    /// Starts the embedded engine on a free port. An acknowledged write is on the disk: the engine keeps a write-ahead
    /// log and leaves `synchronous` at its default, FULL.
    ///
    /// # Errors
    /// When the file cannot be opened or there is no port.
    pub(crate) async fn start(file: Option<&Path>) -> anyhow::Result<Self> {
        let database = open(file)?;
        let (stop, stopped) = oneshot::channel();
        let (ready, url) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        // A thread of its own: the engine works inside its request handlers, one at a time, and waits there for the
        // disk. On the threads that serve requests it would hold these up as well.
        thread::Builder::new().name("database".to_owned()).spawn(move || {
            let outcome = serve(database, ready, stopped);
            if let Err(error) = outcome {
                tracing::error!(cause = format!("{error:#}"), "the database ended");
            }
            drop(end);
        })?;
        let url = url.await.context("the database did not start")?;
        Ok(Self { url, stop: Some(stop), ended: Some(ended) })
    }

    /// Where it answers.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Lets what runs finish and closes the file.
    pub(crate) async fn stop(self) {
        drop(self.stop);
        if let Some(ended) = self.ended {
            // The sender is dropped, never used: what comes is the end of the thread.
            drop(tokio::time::timeout(STOP_TIMEOUT, ended).await);
        }
    }
}

fn open(file: Option<&Path>) -> anyhow::Result<dynoxide::Database> {
    let Some(file) = file else { return stream::in_memory() };
    let path =
        file.to_str().with_context(|| format!("{} is not UTF-8: choose another --data", file.display()))?;
    dynoxide::Database::new(path).map_err(|error| anyhow!("cannot open {path}: {error}"))
}

fn serve(
    database: dynoxide::Database,
    ready: oneshot::Sender<String>,
    stopped: oneshot::Receiver<()>,
) -> anyhow::Result<()> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = listener::bind((Ipv4Addr::LOCALHOST, 0).into())?;
        let url = format!("http://{}", listener.local_addr()?);
        drop(ready.send(url));
        let sweeping = tokio::spawn(sweep(database.clone()));
        let until_stopped = async { drop(stopped.await) };
        let outcome = dynoxide::server::serve_with_shutdown(listener, database, until_stopped).await;
        sweeping.abort();
        outcome.map_err(|message| anyhow!(message))
    })
}

async fn sweep(database: dynoxide::Database) {
    let mut interval = tokio::time::interval(SWEEP_EVERY);
    loop {
        interval.tick().await;
        let database = database.clone();
        if let Ok(Err(error)) = tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
            tracing::warn!(cause = %error, "expired items could not be removed");
        }
    }
}
