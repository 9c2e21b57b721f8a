//! Where it happens: a directory, a team in it with a type of two unique fields, and what is there at a quiet moment.

use std::{collections::BTreeMap, env, time::Duration};

use local::Running;
use reqwest::{Client, Method};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{WRITERS, tables::Tables};
use crate::{
    http::{self, Pages},
    process::{self, Directory, Engine},
};

/// The engine to put the tables in, if not the embedded one: it lives on when the process is killed.
const DYNAMODB: &str = "TEST_DYNAMODB";
/// So long it may still do what the killed process has asked for.
const SETTLE: Duration = Duration::from_millis(300);
/// How many values of each unique field the writers contend for.
const VALUES: usize = 16;
/// The unique fields.
pub(super) const UNIQUE: [&str; 2] = ["code", "email"];

/// A directory with all that is needed to go on with it.
pub(super) struct Place {
    directory: Directory,
    session: String,
    team: String,
    object_type: String,
}

/// An object as the API shows it.
#[derive(Debug, PartialEq)]
pub(super) struct Thing {
    pub(super) version: u64,
    pub(super) fields: Map<String, Value>,
    pub(super) is_live: bool,
}

/// All objects, and those that are destroyed half way.
pub(super) struct Seen {
    pub(super) things: BTreeMap<String, Thing>,
    pub(super) marked: Vec<String>,
}

/// Somebody who sends requests about objects.
#[derive(Clone)]
pub(super) struct Caller {
    client: Client,
    objects: String,
    session: String,
}

/// Every value of a unique field that writers contend for.
pub(super) fn values(field: &str) -> impl Iterator<Item = String> {
    let at = if field == "email" { "@example.com" } else { "" };
    (0..VALUES).map(move |n| format!("shared{n}{at}"))
}

impl Place {
    pub(super) async fn new() -> Self {
        let directory = Directory::new();
        let running = process::running(&arguments(&directory)).await;
        let session = http::session(running.url(), "ada@example.com").await;
        let slug = format!("team-{}", Uuid::new_v4());
        let (status, team) = http::send(http::new_team(running.url(), &session, &slug)).await;
        assert_eq!(status, 201, "{team}");
        let team = text(&team["id"]);
        let types = format!("{}/v1/teams/{team}/object-types", running.url());
        let (status, object_type) =
            http::send(http::client().post(types).bearer_auth(&session).json(&things())).await;
        assert_eq!(status, 201, "{object_type}");
        running.shutdown().await;
        Self { directory, session, team, object_type: text(&object_type["id"]) }
    }

    /// The system as a process.
    pub(super) fn process(&self) -> Engine {
        let arguments = arguments(&self.directory);
        let arguments: Vec<_> = arguments.iter().skip(1).map(String::as_str).collect();
        process::start(&arguments)
    }

    /// The system in this process, in which the tables can be read.
    pub(super) async fn running(&self) -> Running {
        process::running(&arguments(&self.directory)).await
    }

    pub(super) fn caller(&self, url: &str) -> Caller {
        let objects = format!("{url}/v1/teams/{}/objects/things", self.team);
        Caller { client: http::client(), objects, session: self.session.clone() }
    }

    pub(super) fn tables(&self, running: &Running) -> Tables {
        Tables::new(running.dynamodb_url(), format!("{}#{}", self.team, self.object_type))
    }

    /// What is there, once the tables agree with it.
    pub(super) async fn look(&self) -> Seen {
        if env::var(DYNAMODB).is_ok() {
            tokio::time::sleep(SETTLE).await;
        }
        let running = self.running().await;
        let caller = self.caller(running.url());
        let mut things = BTreeMap::new();
        for (query, is_live) in [("", true), ("trashed=only", false)] {
            for thing in caller.all(query).await {
                let (version, fields) = (thing["version"].as_u64().unwrap(), &thing["fields"]);
                let known = Thing { version, fields: fields.as_object().unwrap().clone(), is_live };
                assert_eq!(things.insert(text(&thing["id"]), known), None, "it is shown twice: {thing}");
            }
        }
        let stored = self.tables(&running).read().await;
        stored.agree_with(&things);
        for field in UNIQUE {
            for value in values(field) {
                let is_holder =
                    |thing: &&(&String, &Thing)| thing.1.is_live && thing.1.fields[field] == json!(value);
                let holders: Vec<_> =
                    things.iter().filter(|thing| is_holder(&thing)).map(|(id, _)| id.clone()).collect();
                assert_eq!(caller.with(field, &value).await, holders, "{value} is looked up");
            }
        }
        for id in stored.marked() {
            for query in ["", "?trashed=only"] {
                let (status, answer) = caller.send("GET", &format!("/{id}{query}"), None).await;
                assert_eq!(status, 404, "it is being destroyed: {answer}");
            }
        }
        running.shutdown().await;
        Seen { things, marked: stored.marked() }
    }

    /// Every value can be had: by its object if it has one, by a new one if not. And what was destroyed half way is
    /// finished by whoever asks again.
    pub(super) async fn everything_can_be_used(&self, seen: &Seen) {
        let running = self.running().await;
        let caller = self.caller(running.url());
        for id in &seen.marked {
            let status = caller.send("DELETE", &format!("/{id}/force"), None).await.0;
            // A mark expires: the table itself may have been faster.
            let is_left = self.tables(&running).read().await.marked().contains(id);
            assert!(status == 204 || status == 404 && !is_left, "{id}: {status}");
        }
        for field in UNIQUE {
            for value in values(field) {
                let body = Some(json!({"fields": {field: value}}));
                let (status, thing) = caller.send("PUT", &format!("?match={field}"), body.clone()).await;
                let holder = seen
                    .things
                    .iter()
                    .find(|(_, thing)| thing.is_live && thing.fields[field] == json!(value));
                match holder {
                    Some((id, _)) => assert_eq!((status, &thing["id"]), (200, &json!(id)), "{thing}"),
                    None => assert_eq!(status, 201, "nobody has {value}: {thing}"),
                }
                assert_eq!(caller.send("POST", "", body).await.0, 409, "{value} is taken twice");
            }
        }
        let stored = self.tables(&running).read().await;
        assert_eq!(stored.marked(), [""; 0]);
        running.shutdown().await;
    }
}

impl Caller {
    /// Sends a request about objects; status and body of the answer, or nothing if it did not come.
    pub(super) async fn try_send(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Option<(u16, Value)> {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request =
            self.client.request(method, format!("{}{path}", self.objects)).bearer_auth(&self.session);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.ok()?;
        let (status, body) = (answer.status().as_u16(), answer.bytes().await.ok()?);
        let is_empty = body.is_empty();
        Some((status, if is_empty { Value::Null } else { serde_json::from_slice(&body).unwrap() }))
    }

    pub(super) async fn send(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        self.try_send(method, path, body).await.unwrap()
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.send("POST", path, Some(body)).await
    }

    /// All objects that a list shows, page by page.
    pub(super) async fn all(&self, query: &str) -> Vec<Value> {
        let mut pages = Pages::default();
        while let Some(cursor) = pages.next() {
            let (status, page) = self.send("GET", &format!("?limit=100&{query}{cursor}"), None).await;
            assert_eq!(status, 200, "{page}");
            pages.take(&page);
        }
        pages.all
    }

    /// The ids of the objects that are found by a value.
    async fn with(&self, field: &str, value: &str) -> Vec<String> {
        let (status, page) = self.send("GET", &format!("?filter[{field}][eq]={value}"), None).await;
        assert_eq!(status, 200, "{page}");
        page["data"].as_array().unwrap().iter().map(|thing| text(&thing["id"])).collect()
    }
}

fn arguments(directory: &Directory) -> Vec<String> {
    let mut all = ["engine", "--port=0", "--seed=none", "--data"].map(str::to_owned).to_vec();
    all.push(directory.0.to_str().unwrap().to_owned());
    all.extend(env::var(DYNAMODB).ok().map(|url| format!("--dynamodb={url}")));
    all
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The type: two unique fields, one that numbers, and one for each writer.
fn things() -> Value {
    let mut fields = vec![
        json!({"slug": "code", "label": "Code", "type": "text", "unique": true, "searchable": true}),
        json!({"slug": "email", "label": "E-mail", "type": "email", "unique": true, "searchable": true}),
        json!({"slug": "serial", "label": "Serial", "type": "autogenerated"}),
    ];
    fields
        .extend((0..WRITERS).map(|n| json!({"slug": format!("w{n}"), "label": "Writer", "type": "number"})));
    json!({"slug": "things", "singular_label": "Thing", "plural_label": "Things", "fields": fields})
}
