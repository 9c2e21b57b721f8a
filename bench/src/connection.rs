//! A connection to an engine on the database of one size.

use std::{fs, os::unix::fs::symlink, path::Path};

use anyhow::Context as _;
use hyper::{Request, Response, body::Bytes};
use serde_json::Value;

use crate::{
    database::Database,
    engine::Engine,
    fixture::succeeded,
    http::Connection,
    place::Place,
    proxy::{Proxy, ProxyMode},
};

/// Where an engine keeps what others need to know its tokens.
const KEY_RING: &str = "key-ring.json";
/// Where an engine keeps its own database.
const OWN: &str = "database.sqlite";

/// An engine with a connection to it.
pub(crate) struct EngineConnection {
    pub(crate) address: String,
    connection: Connection,
    _engine: Engine,
}

/// Two engines whose calls of the database are noted, by one how long they take, by the other what they cost.
pub(crate) struct Heard {
    pub(crate) line: EngineConnection,
    pub(crate) listener: Proxy,
    pub(crate) counted: EngineConnection,
    pub(crate) counter: Proxy,
    pub(crate) database: Database,
}

impl Heard {
    pub(crate) async fn open(engine: &Path, place: &Place, stage: &str) -> anyhow::Result<Self> {
        let database = Database::start(Some(&place.files()?)).await?;
        let listener = Proxy::start(&database.address, ProxyMode::Record).await?;
        let counter = Proxy::start(&database.address, ProxyMode::Count).await?;
        let line = EngineConnection::behind(engine, place, &format!("heard-{stage}"), &listener).await?;
        let counted = EngineConnection::behind(engine, place, &format!("counted-{stage}"), &counter).await?;
        Ok(Self { line, listener, counted, counter, database })
    }
}

impl EngineConnection {
    /// An engine on its own database, as `make run` starts it.
    pub(crate) async fn own(engine: &Path, place: &Place, stage: &str) -> anyhow::Result<Self> {
        let directory = place.directory(&format!("own-{stage}"))?;
        symlink(place.file()?, Path::new(&directory).join(OWN))?;
        Self::open(engine, place, &directory, &[]).await
    }

    /// An engine that has its database behind a proxy.
    async fn behind(engine: &Path, place: &Place, name: &str, proxy: &Proxy) -> anyhow::Result<Self> {
        Self::open(engine, place, &place.directory(name)?, &["--dynamodb", &proxy.url()]).await
    }

    /// All engines know the same tokens: the first makes the keys, the others get them.
    async fn open(engine: &Path, place: &Place, directory: &str, arguments: &[&str]) -> anyhow::Result<Self> {
        let (kept, own) = (Path::new(&place.keys()?).to_owned(), Path::new(directory).join(KEY_RING));
        if kept.exists() {
            fs::copy(&kept, &own).context("copying a key ring")?;
        }
        let engine = Engine::start(engine, &[&["--data", directory], arguments].concat()).await?;
        if !kept.exists() {
            fs::copy(&own, &kept).context("keeping a key ring")?;
        }
        let connection = Connection::open(&engine.address).await?;
        Ok(Self { address: engine.address.clone(), connection, _engine: engine })
    }

    pub(crate) async fn send(&mut self, request: Request<Bytes>) -> anyhow::Result<Response<Bytes>> {
        self.connection.send(request).await
    }

    /// What is answered, if it is a success.
    pub(crate) async fn asked(&mut self, request: Request<Bytes>) -> anyhow::Result<Value> {
        let what = format!("{} {}", request.method(), request.uri());
        let answer = succeeded(self.send(request).await?).context(what)?;
        Ok(serde_json::from_slice(answer.body())?)
    }
}

/// A text of an answer.
pub(crate) fn text(answer: &Value, member: &str) -> anyhow::Result<String> {
    Ok(answer[member].as_str().with_context(|| format!("the API answered without {member:?}"))?.to_owned())
}
