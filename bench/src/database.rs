//! The embedded database, served over HTTP on loopback from a thread of its own.

use std::{future::pending, net::Ipv4Addr, path::Path, thread};

use anyhow::Context as _;
use table::config::{AccessKeys, Config};
use tokio::{net::TcpSocket, runtime, sync::oneshot};

/// Connections that wait to be taken.
const BACKLOG: u32 = 1_024;

/// A running database; dropping it ends it.
pub(crate) struct Database {
    /// `host:port`.
    pub(crate) address: String,
    _stop: oneshot::Sender<()>,
}

impl Database {
    /// Starts one, in memory or in a file of the directory.
    pub(crate) async fn start(directory: Option<&Path>) -> anyhow::Result<Self> {
        Self::serving(opened(directory)?).await
    }

    /// Starts one that does not wait for the disk, to be filled. One that has the same file at the same time does.
    pub(crate) async fn to_be_filled(directory: &Path) -> anyhow::Result<Self> {
        let database = opened(Some(directory))?;
        database.enable_bulk_loading().map_err(|error| anyhow::anyhow!("opening the database: {error}"))?;
        Self::serving(database).await
    }

    async fn serving(database: dynoxide::Database) -> anyhow::Result<Self> {
        let (stop, stopped) = oneshot::channel();
        let (ready, address) = oneshot::channel();
        thread::spawn(move || serve(database, ready, stopped));
        Ok(Self { address: address.await.context("the database did not start")?, _stop: stop })
    }

    /// The URL for clients.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The settings with which the code of the functions gets at its tables.
    pub(crate) fn config(&self) -> Config {
        let keys = AccessKeys { id: "bench".to_owned(), secret: "bench".to_owned(), session: None };
        Config {
            region: "us-east-1".to_owned(),
            credentials: Some(keys),
            dynamodb_endpoint: Some(self.url()),
            ..Config::default()
        }
    }
}

fn opened(directory: Option<&Path>) -> anyhow::Result<dynoxide::Database> {
    let database = match directory {
        Some(directory) => {
            std::fs::create_dir_all(directory).with_context(|| format!("making {}", directory.display()))?;
            let file = directory.join("bench.db");
            dynoxide::Database::new(file.to_str().context("the path of the data is no UTF-8")?)
        }
        None => dynoxide::Database::memory(),
    };
    database.map_err(|error| anyhow::anyhow!("opening the database: {error}"))
}

/// On one thread, as the engine runs it: what is measured here must be no faster for having more.
fn serve(
    database: dynoxide::Database,
    ready: oneshot::Sender<String>,
    stopped: oneshot::Receiver<()>,
) -> anyhow::Result<()> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // Connections inherit from the socket that small answers are sent at once.
        let socket = TcpSocket::new_v4()?;
        socket.set_nodelay(true)?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        let listener = socket.listen(BACKLOG)?;
        // Who waits for the address may be gone.
        let _ = ready.send(listener.local_addr()?.to_string());
        tokio::select! {
            ended = dynoxide::server::serve_with_shutdown(listener, database, pending()) => ended.map_err(anyhow::Error::msg),
            // Kept connections of clients would hold a graceful end.
            _ = stopped => Ok(()),
        }
    })
}
