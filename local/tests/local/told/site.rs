//! Where it happens: a directory and a port that stay the same, a team with a type and a webhook.

use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::receiver::Receiver;
use crate::{
    http::{self, Pages},
    process::{self, Directory, Engine},
};

/// Looking takes time from what is waited for.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// So many looks in a row may see nothing move. Workers that were killed at a request hold it for a minute, and what failed
/// once comes again after seconds. There is no time by which all must be delivered: a busy machine takes long.
const LOOKS_IN_VAIN: u32 = 300;

/// All that is needed to go on with it.
pub(super) struct Site {
    directory: Directory,
    port: String,
    session: String,
    team: String,
    webhook: String,
}

/// Somebody who sends requests about the team.
#[derive(Clone)]
pub(super) struct Caller {
    client: Client,
    team: String,
    session: String,
}

impl Site {
    pub(super) async fn new(receiver: &str) -> Self {
        let directory = Directory::new();
        let port = process::own_port().to_string();
        let mut site =
            Self { directory, port, session: String::new(), team: String::new(), webhook: String::new() };
        let _engine = site.process();
        site.session = http::session(&site.url(), "owner@example.com").await;
        let (status, team) = http::send(http::new_team(&site.url(), &site.session, "told")).await;
        assert_eq!(status, 201, "{team}");
        team["id"].as_str().unwrap().clone_into(&mut site.team);
        let caller = site.caller();
        let things = json!({"slug": "things", "singular_label": "Thing", "plural_label": "Things",
            "fields": [{"slug": "mark", "label": "Mark", "type": "text"}]});
        assert_eq!(caller.send("POST", "/object-types", Some(things)).await.unwrap().status, 201);
        let topics = ["object.created", "object.updated", "object.deleted", "object.send"];
        let webhook = json!({"name": "All", "url": receiver, "topics": topics});
        let made = caller.send("POST", "/webhooks", Some(webhook)).await.unwrap();
        assert_eq!(made.status, 201, "{}", made.body);
        made.body["id"].as_str().unwrap().clone_into(&mut site.webhook);
        site
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The system as a process, on the same port each time.
    pub(super) fn process(&self) -> Engine {
        let directory = self.directory.0.to_str().unwrap();
        // Requests that were lost with a process have taken their places, and would take others each time.
        let rate = "--webhook-requests-per-second=100000";
        let arguments =
            ["--seed=none", "--allow-private-webhooks", rate, "--port", &self.port, "--data", directory];
        process::start(&arguments)
    }

    pub(super) fn caller(&self) -> Caller {
        let team = format!("{}/v1/teams/{}", self.url(), self.team);
        Caller { client: http::client(), team, session: self.session.clone() }
    }

    /// Waits until nothing waits any more, neither changes for the relay nor events for the receiver, as long as
    /// something moves.
    pub(super) async fn everything_is_delivered(&self, receiver: &Receiver) {
        let caller = self.caller();
        // The streams are told in their order, so what comes last tells that all before it was looked at.
        let last = caller.send("POST", "/objects/things", Some(json!({"fields": {"mark": "last"}}))).await;
        let last = last.unwrap().body["id"].as_str().unwrap().to_owned();
        let (mut before, mut in_vain) = (Value::Null, 0);
        loop {
            let log = caller.get(&format!("/audit-logs?subject={last}")).await;
            let newest = caller.get("/audit-logs?kind=object&limit=1").await;
            let webhook = caller.get(&format!("/webhooks/{}", self.webhook)).await;
            if log["data"] != json!([]) && webhook["waiting"]["pending"] == json!(0) {
                return;
            }
            let now = json!([newest["data"], webhook["waiting"], receiver.count()]);
            in_vain = if now == before { in_vain + 1 } else { 0 };
            if in_vain == LOOKS_IN_VAIN {
                let path = format!("/webhooks/{}/deliveries?status=pending", self.webhook);
                panic!("nothing moves, still waiting: {:#}", caller.get(&path).await);
            }
            before = now;
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// All entries about objects.
    pub(super) async fn entries(&self) -> Vec<Value> {
        self.caller().all("/audit-logs?kind=object").await
    }

    /// All objects, in the trash too.
    pub(super) async fn objects(&self) -> Vec<Value> {
        let mut all = self.caller().all("/objects/things?").await;
        all.extend(self.caller().all("/objects/things?trashed=only").await);
        all
    }
}

/// An answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) request_id: String,
    pub(super) body: Value,
}

impl Caller {
    /// Sends a request; nothing, if no answer came.
    pub(super) async fn send(&self, method: &str, path: &str, body: Option<Value>) -> Option<Answer> {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.client.request(method, format!("{}{path}", self.team)).bearer_auth(&self.session);
        let answer = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = answer.send().await.ok()?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = answer.bytes().await.ok()?;
        Some(Answer {
            status,
            request_id: headers["x-request-id"].to_str().unwrap().to_owned(),
            body: serde_json::from_slice(&body).unwrap_or_default(),
        })
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.send("GET", path, None).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    /// All that a list has, page by page.
    async fn all(&self, path: &str) -> Vec<Value> {
        let mut pages = Pages::default();
        while let Some(cursor) = pages.next() {
            pages.take(&self.get(&format!("{path}&limit=100{cursor}")).await);
        }
        pages.all
    }
}
