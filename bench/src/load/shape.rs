//! The requests whose rate is measured.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, ensure};
use hyper::{Request, body::Bytes};
use serde_json::Value;

use super::series::Worker;
use crate::{
    fixture::{Fixture, contact, succeeded},
    http::Connection,
};

/// A kind of request, in the order in which they are measured: the later ones need what the first made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Create,
    Read,
    List,
    Upsert,
    Refused,
}

impl Shape {
    pub(crate) const ALL: [Self; 5] = [Self::Create, Self::Read, Self::List, Self::Upsert, Self::Refused];

    /// How the tables call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::List => "list of 50",
            Self::Upsert => "upsert (changes one)",
            Self::Refused => "refused (403)",
        }
    }

    /// How many are sent when `requests` are asked for: a list is fifty objects long.
    pub(crate) fn count(self, requests: usize) -> usize {
        if self == Self::List { requests.div_ceil(4) } else { requests }
    }
}

/// The ids of the objects that were created, by their numbers.
pub(crate) type Created = Arc<Mutex<Vec<String>>>;

/// A client that keeps sending requests of one kind on one connection.
pub(crate) struct Client {
    shape: Shape,
    connection: Connection,
    fixture: Fixture,
    created: Created,
}

impl Client {
    pub(crate) async fn connect(shape: Shape, fixture: &Fixture, created: &Created) -> anyhow::Result<Self> {
        let connection = Connection::open(&fixture.address).await?;
        Ok(Self { shape, connection, fixture: fixture.clone(), created: created.clone() })
    }

    fn request(&self, number: usize) -> anyhow::Result<Request<Bytes>> {
        let fixture = &self.fixture;
        match self.shape {
            Shape::Create => fixture.request("POST", &fixture.objects(""), Some(&contact(number, 0))),
            Shape::Read => {
                let created = self.created.lock().unwrap_or_else(PoisonError::into_inner);
                let id = created.get(number % created.len().max(1)).context("there is no object to read")?;
                fixture.request("GET", &fixture.objects(&format!("/{id}")), None)
            }
            Shape::List => fixture.request("GET", &fixture.objects("?limit=50"), None),
            Shape::Upsert => {
                fixture.request("PUT", &fixture.objects("?match=email"), Some(&contact(number, 1)))
            }
            Shape::Refused => fixture.refused("GET", &fixture.objects("?limit=50"), None),
        }
    }
}

impl Worker for Client {
    async fn work(&mut self, number: usize) -> anyhow::Result<()> {
        let answer = self.connection.send(self.request(number)?).await?;
        if self.shape == Shape::Refused {
            ensure!(answer.status() == 403, "a call without the permission was answered {}", answer.status());
            return Ok(());
        }
        let answer = succeeded(answer).with_context(|| self.shape.name())?;
        if self.shape == Shape::Create {
            let object: Value = serde_json::from_slice(answer.body())?;
            let id = object["id"].as_str().context("a created object has no id")?.to_owned();
            self.created.lock().unwrap_or_else(PoisonError::into_inner).push(id);
        }
        Ok(())
    }
}
