//! The files of this machine: where the store of them lies, on which port it answers, and with which keys.

use std::net::SocketAddr;

use anyhow::Context as _;
use table::config::{AccessKeys, Config};
use tokio::{
    net::TcpListener,
    sync::mpsc::{self, UnboundedReceiver},
};

use crate::{
    data::Data,
    object_store::{self, ObjectStore},
    options::Options,
    server,
};

/// The file with the key that URLs of files are signed with.
const KEY: &str = "files-key";
/// The folder of the files, and the name of their bucket.
const FILES: &str = "files";
const ACCESS_KEY: &str = "local";

/// The store of files, and the key of its URLs.
pub(crate) struct Files {
    store: ObjectStore,
    secret: String,
}

/// Starts the store, which pages of the console may use; with it comes which files are sent to it.
///
/// # Errors
/// When the port or the folder cannot be used.
pub(crate) async fn start(
    data: &Data,
    options: &Options,
    console: &str,
) -> anyhow::Result<(Files, UnboundedReceiver<String>)> {
    let (created, sent) = mpsc::unbounded_channel();
    let secret = data.kept(KEY, || Ok(uuid::Uuid::new_v4().simple().to_string()))?;
    let origins = options.allowed_origins.as_deref().unwrap_or("*").split(',').map(str::trim);
    // The console sends files too, by whichever name of this machine it was opened.
    let own = [console.to_owned(), console.replace("127.0.0.1", "localhost")];
    let settings = object_store::Settings {
        folder: data.folder(FILES)?,
        bucket: FILES.to_owned(),
        access_key: ACCESS_KEY.to_owned(),
        secret_key: secret.clone(),
        origins: origins.map(str::to_owned).chain(own).collect(),
        created,
    };
    let store = object_store::start(listener(options)?.into_std()?, settings).await;
    Ok((Files { store: store.context("starting the store of files")?, secret }, sent))
}

impl Files {
    /// The same environment with the bucket and the keys of its URLs. The database takes whatever keys there are.
    pub(crate) fn known_in(&self, config: Config) -> Config {
        Config {
            credentials: Some(AccessKeys {
                id: ACCESS_KEY.to_owned(),
                secret: self.secret.clone(),
                session: None,
            }),
            s3_endpoint: Some(self.store.url().to_owned()),
            bucket: Some(FILES.to_owned()),
            ..config
        }
    }

    /// Takes no more requests and lets those in flight finish.
    pub(crate) async fn stop(self) {
        self.store.stop().await;
    }
}

/// Where files are sent to and fetched from: another port, and so another origin, in which nothing of the console lies.
fn listener(options: &Options) -> anyhow::Result<TcpListener> {
    let listen = |port| server::listen(SocketAddr::new(options.bind, port));
    match options.files_port {
        Some(port) => listen(port),
        None if options.port == 0 => listen(0),
        None => listen(options.port.saturating_add(1)).or_else(|_| listen(0)),
    }
}
