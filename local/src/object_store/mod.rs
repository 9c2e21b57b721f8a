//! The object store of one machine: S3's protocol and signatures over files of one folder.
//!
//! A key is data here, never part of a path: each object lies in a file that is named by the hash of its key, and an
//! index says which file that is now. What is acknowledged survives the end of the process at any moment.

mod access;
mod conditions;
mod cors;
mod disk;
mod durability;
mod incoming;
mod index;
mod listing;
mod multipart;
mod multipart_index;
mod multipart_listing;
mod new_file;
mod reading;
mod server;
mod service;
mod writing;

use std::{net::TcpListener, path::PathBuf, sync::Arc};

use anyhow::Context as _;
use tempfile::TempDir;
use tokio::sync::mpsc::UnboundedSender;

use self::{disk::Disk, durability::Durability, server::Server};

/// What an object store is made of.
pub struct Settings {
    /// Where the objects lie; without one they are gone when the store ends.
    pub folder: Option<PathBuf>,
    /// The one bucket.
    pub bucket: String,
    /// The id of the one pair of keys.
    pub access_key: String,
    /// Its secret.
    pub secret_key: String,
    /// The origins whose pages may read answers and send objects.
    pub origins: Vec<String>,
    /// Gets the key of each object once it is there, as S3's notifications do.
    pub created: UnboundedSender<String>,
}

/// The running object store.
pub struct ObjectStore {
    url: String,
    server: Server,
    /// Removed with the store. It comes last, so that the server has ended by then.
    _temporary: Option<TempDir>,
}

impl ObjectStore {
    /// Its address, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Takes no more requests and lets those in flight finish.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

/// Opens the folder, removes what no object names, and answers requests from now on.
///
/// # Errors
/// When the folder or the index cannot be opened, because another process has it open for example.
pub async fn start(listener: TcpListener, settings: Settings) -> anyhow::Result<ObjectStore> {
    let Settings { folder, bucket, access_key, secret_key, origins, created } = settings;
    let temporary = match folder {
        Some(_) => None,
        None => Some(TempDir::with_prefix("objects-").context("making a temporary folder")?),
    };
    let folder =
        folder.or_else(|| Some(temporary.as_ref()?.path().to_owned())).context("there is no folder")?;
    // Nothing in a temporary folder outlives the process, so nothing there waits for the disk.
    let durability = if temporary.is_some() { Durability::Process } else { Durability::Disk };
    let disk = tokio::task::spawn_blocking(move || Disk::open(&folder, durability, created)).await??;
    let service = service::service(Arc::new(disk), bucket, access_key, secret_key);
    let url = server::url(&listener)?;
    let server = Server::start(listener, service, origins)?;
    Ok(ObjectStore { url, server, _temporary: temporary })
}
