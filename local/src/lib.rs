//! The whole system in one process: gateway, functions, database and a sign-in.

mod client;
mod data;
mod database;
/// Every family of the API.
pub mod families;
mod files;
mod functions;
/// The API Gateway stand-in.
pub mod gateway;
mod html;
mod inspections;
mod issuer;
mod job_queue;
mod key_ring;
/// The keys of the key ring, and what needs them.
pub mod keys;
mod listener;
/// The store of files.
pub mod object_store;
mod options;
mod pace;
mod peer;
mod queue;
mod receiver;
mod requests;
mod seed;
mod server;
mod stream;
mod stream_api;
/// The tables.
pub mod tables;
mod workers;

use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use anyhow::Context as _;
use api::cors::Origins;
use base::clock::Clock;
use bucket::Bucket;
use table::config::{AccessKeys, Config};

pub use options::{Options, Seed};

use self::{
    data::Data,
    database::Database,
    files::Files,
    functions::{Functions, Settings},
    gateway::Gateway,
    issuer::{AUDIENCE, DISCOVERY_PATH, ISSUER, Issuer},
    key_ring::{KEY_RING, LocalKeyRing, new_key_ring},
    server::Server,
    stream::Journal,
};

/// The file with the key that sessions are signed with.
const SESSION_KEY: &str = "session-key.pem";
/// A start that takes longer than this says what it waits for.
const SLOW: Duration = Duration::from_secs(2);

/// The running system. It ends when this is dropped; [`Running::shutdown`] waits for the end.
pub struct Running {
    url: String,
    seed: Seed,
    clock: Clock,
    server: Server,
    functions: Functions,
    database: Database,
    store: Files,
    // Last, so that the directory is free only when nothing uses it any more.
    _data: Data,
}

/// Starts the system; when this returns, it answers.
///
/// # Errors
/// When the port or the directory cannot be used or the database does not start.
pub async fn start(options: Options) -> anyhow::Result<Running> {
    options.check()?;
    let data = if options.in_memory { Data::Memory } else { Data::open(&options.data)? };
    let listener = server::listen(SocketAddr::new(options.bind, options.port))?;
    let url = server::url(&listener)?;
    let file = data.file("database.sqlite")?.filter(|_| options.dynamodb.is_none());
    // Before the engine opens the file.
    let journal = Journal::of(file.as_deref())?;
    let database = match &options.dynamodb {
        Some(url) => Database::elsewhere(url),
        None => Database::start(file.as_deref()).await?,
    };
    let (store, sent) = files::start(&data, &options, &url).await?;
    let config = store.known_in(config(database.url()));
    make_tables(&config).await.with_context(|| format!("the database at {} is of no use", database.url()))?;
    let issuer = Issuer::new(&data.kept(SESSION_KEY, issuer::new_key)?)
        .with_context(|| format!("remove {SESSION_KEY} from the data directory to get a new key"))?;
    let text = data.kept(KEY_RING, new_key_ring)?;
    let key_ring = data.file(KEY_RING)?.map_or(LocalKeyRing::Memory(text), LocalKeyRing::File);
    let functions = Functions::start(Settings {
        config: Config {
            oidc_issuer: Some(ISSUER.to_owned()),
            oidc_audience: Some(AUDIENCE.to_owned()),
            oidc_discovery_url: Some(format!("{url}{DISCOVERY_PATH}")),
            failures_per_minute: options.failures_per_minute,
            allowed_origins: options.allowed_origins.clone(),
            webhook_requests_per_second: options.webhook_requests_per_second,
            ..config
        },
        key_ring: Arc::new(key_ring),
        is_alone: options.dynamodb.is_none(),
        journal,
        allows_private_webhooks: options.allow_private_webhooks,
        receiver_url: format!("{url}{}", receiver::PATH),
        has_relay: !options.without_relay,
        sent,
    })?;
    let clock = functions.clock();
    let origins = Origins::of(options.allowed_origins.as_deref());
    let gateway = Gateway::new(|name| functions.get(name)).called_from(origins);
    let server = Server::start(listener, gateway, issuer);
    Ok(Running { url, seed: options.seed, clock, server, functions, database, store, _data: data })
}

impl Running {
    /// Where it answers, such as `http://127.0.0.1:3000`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where its database answers.
    pub fn dynamodb_url(&self) -> &str {
        self.database.url()
    }

    /// Its bucket.
    pub fn bucket(&self) -> &Bucket {
        self.functions.bucket()
    }

    /// The clock of the functions, for tests to move forward. Sessions end by the system's.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Makes what the options ask to begin with, as far as it is not there, and tells how to use it.
    ///
    /// # Errors
    /// When the system refuses it.
    pub async fn seed(&self) -> anyhow::Result<String> {
        match self.seed {
            Seed::Demo => seed::demo(&self.url).await.context("making the demo"),
            Seed::None => Ok(String::new()),
        }
    }

    /// Takes no more requests, lets those in flight finish, and ends.
    pub async fn shutdown(self) {
        self.server.stop().await;
        drop(self.functions);
        self.store.stop().await;
        self.database.stop().await;
    }
}

/// What the functions are told by their environment in the cloud. The tables have their plain names, and the engine
/// takes any credentials.
fn config(dynamodb_url: &str) -> Config {
    let any = || "local".to_owned();
    Config {
        region: "us-east-1".to_owned(),
        credentials: Some(AccessKeys { id: any(), secret: any(), session: None }),
        dynamodb_endpoint: Some(dynamodb_url.to_owned()),
        ..Config::default()
    }
}

async fn make_tables(config: &Config) -> anyhow::Result<()> {
    let client = table::aws::dynamodb(config)?;
    let mut making =
        pin!(tables::create_absent(&client, config.dynamodb_endpoint.as_deref().unwrap_or_default()));
    if let Ok(outcome) = tokio::time::timeout(SLOW, &mut making).await {
        return outcome;
    }
    tracing::info!("waiting for the database");
    making.await
}
