//! The system under test, started once, and people, teams and tokens in it; no test meets another's.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
};

use base::{Permission, clock::Clock};
use bucket::Bucket;
use clap::Parser as _;
use reqwest::{Client, Method, header::HeaderMap};
use serde_json::{Value, json};

use crate::document;

/// The engine to put the tables in, if not the embedded one.
const DYNAMODB: &str = "TEST_DYNAMODB";

/// Where a system is, and its clock.
pub(crate) struct System {
    pub(crate) url: String,
    pub(crate) dynamodb: String,
    pub(crate) bucket: Bucket,
    pub(crate) clock: Clock,
}

/// The system that the tests share, started at the first call and ended with the process.
pub(crate) fn system() -> &'static System {
    static SYSTEM: OnceLock<System> = OnceLock::new();
    SYSTEM.get_or_init(|| System::on(another_engine(), true))
}

impl System {
    /// A system of one's own, for who moves its clock. It ends with the process.
    pub(crate) fn start() -> Self {
        // Where tables are shared, so are changes: those that the shared system tells.
        Self::on(another_engine(), false)
    }

    /// The same with tables of its own, whatever the engine: for who moves the clock by weeks, at which what others have in
    /// the trash would be destroyed.
    pub(crate) fn isolated() -> Self {
        Self::on(None, true)
    }

    fn on(engine: Option<String>, has_relay: bool) -> Self {
        let without_relay = (!has_relay && engine.is_some()).then(|| "--without-relay".to_owned());
        Self::with(engine.map(|url| format!("--dynamodb={url}")).into_iter().chain(without_relay).collect())
    }

    /// A system of one's own with these options.
    pub(crate) fn with(options: Vec<String>) -> Self {
        let (send, receive) = mpsc::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut args =
                    vec!["engine".to_owned(), "--in-memory".into(), "--port=0".into(), "--seed=none".into()];
                // All tests come from one address, and many of them send bad credentials.
                args.push(format!("--failures-per-minute={}", u32::MAX));
                args.extend(options);
                let running = local::start(local::Options::parse_from(args)).await.unwrap();
                let (url, dynamodb) = (running.url().to_owned(), running.dynamodb_url().to_owned());
                let (bucket, clock) = (running.bucket().clone(), running.clock().clone());
                send.send(Self { url, dynamodb, bucket, clock }).ok().unwrap();
                std::future::pending::<()>().await;
            });
        });
        receive.recv().expect("the system starts")
    }
}

/// The engine that holds the tables, if not the embedded one.
pub(crate) fn another_engine() -> Option<String> {
    std::env::var(DYNAMODB).ok()
}

/// A number that no other test has.
pub(crate) fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    // Another engine may keep its tables between runs.
    static BEGIN: OnceLock<u64> = OnceLock::new();
    let begin = BEGIN.get_or_init(|| u64::try_from(base::Timestamp::now().millis()).unwrap() * 100_000);
    begin + NEXT.fetch_add(1, Ordering::Relaxed)
}

/// An answer, whole.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// The body; the test ends here if the status is another one.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.json()
    }

    /// The body as JSON; null if there is none.
    pub(crate) fn json(&self) -> Value {
        if self.text.is_empty() { Value::Null } else { serde_json::from_str(&self.text).expect(&self.text) }
    }

    /// Refused with this status and code, in the form that every refusal has.
    #[track_caller]
    pub(crate) fn expect_problem(self, status: u16, code: &str) -> Value {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text);
        let request_id = self.header("x-request-id");
        let body = self.expect(status);
        assert_eq!((&body["code"], &body["status"]), (&json!(code), &json!(status)), "{body}");
        assert_eq!(body["request_id"], json!(request_id));
        assert!(!request_id.is_empty());
        assert!(
            body["title"].is_string() && body["type"] == "about:blank" && body["errors"].is_array(),
            "{body}"
        );
        body
    }

    pub(crate) fn header(&self, name: &str) -> String {
        self.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }
}

/// Somebody who calls the API.
#[derive(Clone)]
pub(crate) struct Api {
    url: String,
    client: Client,
    credential: Option<String>,
    headers: Vec<(String, String)>,
}

/// What asks as it is told, and follows no redirect.
pub(crate) fn browser() -> Client {
    Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

impl Api {
    pub(crate) fn anonymous() -> Self {
        Self::at(&system().url)
    }

    /// Nobody yet, at another system.
    pub(crate) fn at(url: &str) -> Self {
        Self { url: url.to_owned(), client: Client::new(), credential: None, headers: Vec::new() }
    }

    pub(crate) fn with(credential: &str) -> Self {
        Self::anonymous().and(credential)
    }

    /// The same with this credential.
    pub(crate) fn and(&self, credential: &str) -> Self {
        Self { credential: Some(credential.to_owned()), ..self.clone() }
    }

    /// The same caller from another address of this machine.
    pub(crate) fn from(&self, address: [u8; 4]) -> Self {
        let client = Client::builder().local_address(std::net::IpAddr::from(address)).build().unwrap();
        Self { client, ..self.clone() }
    }

    /// The same caller with one more header.
    pub(crate) fn header(&self, name: &str, value: &str) -> Self {
        let mut with = self.clone();
        with.headers.push((name.to_owned(), value.to_owned()));
        with
    }

    pub(crate) fn credential(&self) -> &str {
        self.credential.as_deref().unwrap_or_default()
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<String>) -> Answer {
        let verb = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.client.request(verb, format!("{}{path}", self.url));
        if let Some(credential) = &self.credential {
            request = request.bearer_auth(credential);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let content_type = headers.get("content-type").map(|value| value.to_str().unwrap());
        assert!(
            document::tells_of(method, path, status, content_type),
            "no word of {status} with {content_type:?} in the document: {method} {path}"
        );
        Answer { status, headers, text: response.text().await.unwrap() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, Some(body.to_string())).await
    }

    /// Sends a body as it is, under the content type that was set.
    pub(crate) async fn sending(&self, path: &str, body: &str) -> Answer {
        let mut request = browser().post(format!("{}{path}", self.url)).body(body.to_owned());
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, text: response.text().await.unwrap() }
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.send("PUT", path, Some(body.to_string())).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send("PATCH", path, Some(body.to_string())).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None).await
    }
}

/// A person with a session.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) api: Api,
    pub(crate) email: String,
    pub(crate) id: String,
}

impl Person {
    pub(crate) async fn new() -> Self {
        Self::at(&Api::anonymous()).await
    }

    /// Somebody new at the system of that caller.
    pub(crate) async fn at(api: &Api) -> Self {
        Self::called(api, &format!("Person{}@Example.com", unique()), "A Person").await
    }

    /// Somebody with that address and name.
    pub(crate) async fn called(api: &Api, email: &str, name: &str) -> Self {
        let body = json!({"email": email, "name": name});
        let session = api.post("/local/session", body).await.expect(201)["session"].clone();
        let api = api.and(session.as_str().unwrap());
        let id = api.get("/v1/me").await.expect(200)["user"]["id"].as_str().unwrap().to_owned();
        Self { api, email: email.to_owned(), id }
    }

    /// A new token with these permissions.
    pub(crate) async fn token(&self, permissions: &[Permission]) -> Api {
        self.token_with(json!({"permissions": permissions})).await
    }

    /// A new token of this kind.
    pub(crate) async fn token_with(&self, mut about: Value) -> Api {
        about["name"] = json!(format!("token {}", unique()));
        self.api.and(self.api.post("/v1/tokens", about).await.expect(201)["token"].as_str().unwrap())
    }

    /// A new team of this owner.
    pub(crate) async fn team(&self) -> String {
        let body = json!({"name": "A Team", "slug": format!("team-{}", unique())});
        self.api.post("/v1/teams", body).await.expect(201)["id"].as_str().unwrap().to_owned()
    }
}

/// A team with an owner and contacts.
pub(crate) struct World {
    pub(crate) owner: Person,
    pub(crate) team: String,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::at(&Api::anonymous()).await
    }

    /// The same at the system of that caller.
    pub(crate) async fn at(api: &Api) -> Self {
        Self::of(Person::at(api).await, contacts()).await
    }

    /// A team of that owner with objects of that type.
    pub(crate) async fn of(owner: Person, of_type: Value) -> Self {
        let team = owner.team().await;
        let world = Self { owner, team };
        world.owner.api.post(&world.types(), of_type).await.expect(201);
        world
    }

    pub(crate) fn types(&self) -> String {
        format!("/v1/teams/{}/object-types", self.team)
    }

    pub(crate) fn contacts(&self) -> String {
        format!("/v1/teams/{}/objects/contacts", self.team)
    }

    pub(crate) fn members(&self) -> String {
        format!("/v1/teams/{}/members", self.team)
    }

    pub(crate) fn invitations(&self) -> String {
        format!("/v1/teams/{}/invitations", self.team)
    }

    /// Somebody new who joins with this role.
    pub(crate) async fn member(&self, role: &str) -> Person {
        let person = Person::new().await;
        self.join(&person, role).await;
        person
    }

    pub(crate) async fn join(&self, person: &Person, role: &str) {
        let invitation = json!({"email": person.email, "role": role});
        let secret = self.owner.api.post(&self.invitations(), invitation).await.expect(201)["secret"].clone();
        person.api.post("/v1/invitations/accept", json!({"secret": secret})).await.expect(201);
    }

    /// A new contact, as the owner sees it.
    pub(crate) async fn contact(&self, fields: Value) -> Value {
        self.owner.api.post(&self.contacts(), json!({"fields": fields})).await.expect(201)
    }

    /// All contacts that are not in the trash, as the owner sees them.
    pub(crate) async fn all_contacts(&self) -> Vec<Value> {
        let list = self.owner.api.get(&format!("{}?limit=100", self.contacts())).await.expect(200);
        list["data"].as_array().unwrap().clone()
    }
}

/// Contacts, with a field of each type.
pub(crate) fn contacts() -> Value {
    json!({
        "slug": "contacts",
        "singular_label": "Contact",
        "plural_label": "Contacts",
        "item_label_fields": ["name"],
        "fields": [
            {"slug": "email", "label": "E-mail", "type": "email", "unique": true, "searchable": true},
            {"slug": "name", "label": "Name", "type": "name", "searchable": true},
            {"slug": "company", "label": "Company", "type": "text", "settings": {"max_length": 100}},
            {"slug": "notes", "label": "Notes", "type": "textarea"},
            {"slug": "amount", "label": "Amount", "type": "number", "searchable": true},
            {"slug": "stage", "label": "Stage", "type": "dropdown", "default": "New", "settings": {"options": ["New", "Won", "Lost"]}},
            {"slug": "newsletter", "label": "Newsletter", "type": "checkbox"},
            {"slug": "since", "label": "Since", "type": "date"},
            {"slug": "number", "label": "Customer number", "type": "text", "unique": true},
        ],
    })
}

/// An address that no other test has.
pub(crate) fn an_email() -> String {
    format!("contact{}@example.com", unique())
}
