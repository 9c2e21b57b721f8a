//! Where it happens: a directory and two ports that stay the same, so that URLs of files outlive a process, and a team with a
//! type whose objects name files.

use std::time::Duration;

use local::Running;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::{
    http::{self, Pages, client, send},
    process::{self, Directory, Engine},
};

/// It takes a moment until there is a process again.
const PAUSE: Duration = Duration::from_millis(10);
const OWNER: &str = "owner@example.com";

/// All that is needed to go on with it.
pub(super) struct Site {
    pub(super) directory: Directory,
    pub(super) team: String,
    url: String,
    ports: [u16; 2],
}

/// Somebody who sends requests about the team.
#[derive(Clone)]
pub(super) struct Caller {
    client: Client,
    url: String,
    team: String,
    credential: String,
}

/// Sends a request as soon as there is a process that takes it; nothing, if the answer was lost with that.
async fn answered(request: RequestBuilder) -> Option<Response> {
    loop {
        match request.try_clone().unwrap().send().await {
            Err(error) if error.is_connect() => tokio::time::sleep(PAUSE).await,
            outcome => return outcome.ok(),
        }
    }
}

impl Site {
    pub(super) async fn new() -> Self {
        let ports = [process::own_port(), process::own_port()];
        let url = format!("http://127.0.0.1:{}", ports[0]);
        let mut site = Self { directory: Directory::new(), team: String::new(), url, ports };
        let _engine = site.process();
        let session = http::session(&site.url, OWNER).await;
        let (status, team) = send(http::new_team(&site.url, &session, "files")).await;
        assert_eq!(status, 201, "{team}");
        team["id"].as_str().unwrap().clone_into(&mut site.team);
        let things = json!({"slug": "things", "singular_label": "Thing", "plural_label": "Things",
            "fields": [{"slug": "files", "label": "Files", "type": "file"}]});
        let made = site.caller(&session).send("POST", "/object-types", Some(things)).await.unwrap();
        assert_eq!(made.0, 201, "{}", made.1);
        site
    }

    fn arguments(&self) -> [String; 5] {
        let ([port, files_port], data) = (self.ports, self.directory.0.to_str().unwrap());
        let [program, seed] = ["engine", "--seed=none"].map(str::to_owned);
        [
            program,
            seed,
            format!("--port={port}"),
            format!("--files-port={files_port}"),
            format!("--data={data}"),
        ]
    }

    /// The system as a process.
    pub(super) fn process(&self) -> Engine {
        let arguments = self.arguments();
        process::start(&arguments.iter().skip(1).map(String::as_str).collect::<Vec<_>>())
    }

    /// The system in this process, whose clock can be moved.
    pub(super) async fn running(&self) -> Running {
        process::running(&self.arguments()).await
    }

    fn caller(&self, credential: &str) -> Caller {
        let (url, team) = (self.url.clone(), self.team.clone());
        Caller { client: client(), url, team, credential: credential.to_owned() }
    }

    /// The owner of the team, who has not signed in yet.
    pub(super) fn owner(&self) -> Caller {
        self.caller("")
    }
}

impl Caller {
    /// Signs in as the owner; whether there was an answer.
    pub(super) async fn sign_in(&mut self) -> bool {
        let body = json!({"email": OWNER});
        let asked = self.client.post(format!("{}/local/session", self.url)).json(&body);
        let Some(answer) = answered(asked).await else { return false };
        let Ok(body) = answer.json::<Value>().await else { return false };
        body["session"].as_str().unwrap().clone_into(&mut self.credential);
        true
    }

    /// Takes a new token of the owner, as each may begin a limited number of uploads in an hour; whether there was an answer.
    pub(super) async fn take_token(&mut self, name: &str) -> bool {
        if !self.sign_in().await {
            return false;
        }
        let permissions = [
            "upload",
            "object:create",
            "object:read",
            "object:update",
            "object:delete",
            "object:force-delete",
        ];
        let body = json!({"name": name, "permissions": permissions});
        let url = format!("{}/v1/tokens", self.url);
        let asked = self.client.post(url).bearer_auth(&self.credential).json(&body);
        let Some(answer) = answered(asked).await else { return false };
        let status = answer.status();
        let Ok(body) = answer.json::<Value>().await else { return false };
        assert!(status == 201 || status == 503, "{status} {body}");
        body["token"].as_str().is_some_and(|token| {
            token.clone_into(&mut self.credential);
            true
        })
    }

    /// Sends a request about the team; status and body of the answer, or nothing if none came.
    pub(super) async fn send(&self, method: &str, path: &str, body: Option<Value>) -> Option<(u16, Value)> {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let url = format!("{}/v1/teams/{}{path}", self.url, self.team);
        let request = self.client.request(method, url).bearer_auth(&self.credential);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = answered(request).await?;
        let (status, body) = (answer.status().as_u16(), answer.bytes().await.ok()?);
        Some((status, serde_json::from_slice(&body).unwrap_or_default()))
    }

    /// Sends bytes as a signed request says.
    pub(super) async fn put(&self, signed: &Value, bytes: Vec<u8>) -> Option<u16> {
        let request = self.client.put(signed["url"].as_str().unwrap()).body(bytes);
        // The client counts by itself.
        let headers =
            signed["headers"].as_object().unwrap().iter().filter(|(name, _)| *name != "content-length");
        let request =
            headers.fold(request, |request, (name, value)| request.header(name, value.as_str().unwrap()));
        Some(answered(request).await?.status().as_u16())
    }

    /// The bytes behind a signed URL.
    pub(super) async fn fetch(&self, url: &str) -> Option<(u16, Vec<u8>)> {
        let answer = answered(self.client.get(url)).await?;
        let status = answer.status().as_u16();
        Some((status, answer.bytes().await.ok()?.to_vec()))
    }

    pub(super) async fn get(&self, path: &str) -> Value {
        let (status, body) = self.send("GET", path, None).await.unwrap();
        assert_eq!(status, 200, "{body}");
        body
    }

    /// All that a list has, page by page.
    pub(super) async fn all(&self, path: &str) -> Vec<Value> {
        let mut pages = Pages::default();
        while let Some(cursor) = pages.next() {
            pages.take(&self.get(&format!("{path}limit=100{cursor}")).await);
        }
        pages.all
    }
}
