//! Requests, and systems in this process to send them to.

use clap::Parser as _;
use local::{Options, Running};
use reqwest::{Client, RequestBuilder, redirect::Policy};
use serde_json::{Value, json};

/// A client that follows no redirect.
pub(crate) fn client() -> Client {
    Client::builder().redirect(Policy::none()).build().unwrap()
}

/// A system in memory on a free port, with these arguments besides.
pub(crate) async fn start(arguments: &[&str]) -> Running {
    let arguments = ["engine", "--in-memory", "--port=0"].iter().chain(arguments);
    local::start(Options::parse_from(arguments)).await.unwrap()
}

/// A session of that person.
pub(crate) async fn session(url: &str, email: &str) -> String {
    let (status, body) =
        send(client().post(format!("{url}/local/session")).json(&json!({"email": email}))).await;
    assert_eq!(status, 201, "{body}");
    body["session"].as_str().unwrap().to_owned()
}

/// Creates a team.
pub(crate) fn new_team(url: &str, session: &str, slug: &str) -> RequestBuilder {
    client().post(format!("{url}/v1/teams")).bearer_auth(session).json(&json!({"name": slug, "slug": slug}))
}

/// The ids of the first hundred teams that a person is in.
pub(crate) async fn teams(url: &str, session: &str) -> Vec<String> {
    let (status, body) = send(client().get(format!("{url}/v1/teams?limit=100")).bearer_auth(session)).await;
    assert_eq!(status, 200, "{body}");
    body["data"].as_array().unwrap().iter().map(|team| team["id"].as_str().unwrap().to_owned()).collect()
}

/// Status and body of the answer.
pub(crate) async fn send(request: RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

/// What a list has, read page by page.
pub(crate) struct Pages {
    pub(crate) all: Vec<Value>,
    next: Option<String>,
}

impl Default for Pages {
    fn default() -> Self {
        Self { all: Vec::new(), next: Some(String::new()) }
    }
}

impl Pages {
    /// What to add to the query for the next page; nothing behind the last one.
    pub(crate) fn next(&mut self) -> Option<String> {
        self.next.take()
    }

    pub(crate) fn take(&mut self, page: &Value) {
        self.all.extend(page["data"].as_array().unwrap().iter().cloned());
        self.next = page["next_cursor"].as_str().map(|cursor| format!("&cursor={cursor}"));
    }
}
