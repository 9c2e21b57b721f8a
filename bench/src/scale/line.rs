//! A connection to an engine on the database of one size.

use std::{fs, os::unix::fs::symlink, path::Path};

use anyhow::{Context as _, ensure};
use hyper::{Request, Response, body::Bytes};
use serde_json::Value;
use shared::id::ObjectId;

use super::{
    fill::Course,
    mold::{address, person},
    shape::PAGE,
    site::Place,
};
use crate::{
    database::Database,
    engine::Engine,
    http::Connection,
    proxy::{Manner, Proxy},
    workshop::{Workshop, succeeded},
};

/// Where an engine keeps what others need to know its tokens.
const KEY_RING: &str = "key-ring.json";
/// Where an engine keeps its own database.
const OWN: &str = "database.sqlite";
/// Objects on a page of a walk.
pub(super) const WALK_PAGE: usize = 100;

/// An engine with a connection to it.
pub(super) struct Line {
    pub(super) address: String,
    connection: Connection,
    _engine: Engine,
}

/// Two engines whose calls of the database are noted, by one how long they take, by the other what they cost.
pub(super) struct Heard {
    pub(super) line: Line,
    pub(super) listener: Proxy,
    pub(super) counted: Line,
    pub(super) counter: Proxy,
    pub(super) database: Database,
}

impl Heard {
    pub(super) async fn open(engine: &Path, place: &Place, stage: &str) -> anyhow::Result<Self> {
        let database = Database::start(Some(&place.files()?)).await?;
        let listener = Proxy::start(&database.address, Manner::Record).await?;
        let counter = Proxy::start(&database.address, Manner::Count).await?;
        let line = Line::behind(engine, place, &format!("heard-{stage}"), &listener).await?;
        let counted = Line::behind(engine, place, &format!("counted-{stage}"), &counter).await?;
        Ok(Self { line, listener, counted, counter, database })
    }
}

impl Line {
    /// An engine on its own database, as `make run` starts it.
    pub(super) async fn own(engine: &Path, place: &Place, stage: &str) -> anyhow::Result<Self> {
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

    pub(super) async fn send(&mut self, request: Request<Bytes>) -> anyhow::Result<Response<Bytes>> {
        self.connection.send(request).await
    }

    /// What is answered, if it is a success.
    pub(super) async fn asked(
        &mut self,
        shop: &Workshop,
        (method, rest): (&str, &str),
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let request = shop.request(method, &shop.objects(rest), body)?;
        let answer = succeeded(self.send(request).await?).with_context(|| format!("{method} {rest}"))?;
        Ok(serde_json::from_slice(answer.body())?)
    }

    /// Goes through a list of that many objects, which are these if they are given, and answers where its last page begins.
    pub(super) async fn walk(
        &mut self,
        shop: &Workshop,
        (query, depth): (&str, usize),
        ids: Option<&[ObjectId]>,
    ) -> anyhow::Result<String> {
        let mut course = Course::new(format!("going through `?{query}`"), depth);
        let (mut seen, mut cursor) = (0, String::new());
        while seen < depth - PAGE {
            let limit = if seen + WALK_PAGE < depth { WALK_PAGE } else { PAGE };
            let behind = if seen == 0 { String::new() } else { format!("&cursor={cursor}") };
            let page = self.asked(shop, ("GET", &format!("?limit={limit}{query}{behind}")), None).await?;
            let data = page["data"].as_array().context("a list has no data")?;
            ensure!(data.len() == limit, "a page in the midst has {} objects", data.len());
            let is_right =
                |(at, object): (usize, &Value)| ids.is_none_or(|ids| object["id"] == ids[seen + at].as_str());
            ensure!(data.iter().enumerate().all(is_right), "a page has other objects than were made");
            cursor = text(&page, "next_cursor")?;
            seen += limit;
            course.tell(seen);
        }
        Ok(cursor)
    }

    /// Makes sure that the API takes an object for one of its own: reads it, finds it, matches it.
    pub(super) async fn knows(
        &mut self,
        shop: &Workshop,
        number: usize,
        ids: &[ObjectId],
    ) -> anyhow::Result<()> {
        let (id, person) = (&ids[number], person(number, 0, ids.len())?);
        let read = self.asked(shop, ("GET", &format!("/{id}")), None).await?;
        ensure!(read["fields"] == person["fields"], "{read} is not read as {person}");
        let by_address = format!("?filter[email][eq]={}", address(number));
        let found = self.asked(shop, ("GET", &by_address), None).await?;
        ensure!(found["data"] == Value::from(vec![read]), "{id} is not found, but {found}");
        let matched = self.asked(shop, ("PUT", "?match=email"), Some(&person)).await?;
        let (outcome, matched) = (text(&matched, "outcome")?, text(&matched, "id")?);
        ensure!(
            outcome == "updated" && matched == id.as_str(),
            "{id} is not matched, but {matched} {outcome}"
        );
        Ok(())
    }
}

/// A text of an answer.
pub(super) fn text(answer: &Value, member: &str) -> anyhow::Result<String> {
    Ok(answer[member].as_str().with_context(|| format!("the API answered without {member:?}"))?.to_owned())
}
