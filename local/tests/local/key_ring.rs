//! Changing the key of the key ring: nothing stops working, and what still needs the old one is told.

use std::{fs, path::Path, time::Duration};

use axum::{Json, Router, routing::post};
use local::Running;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::{
    http::{client, new_team, send, session, start},
    process::{Directory, command, on},
};

const KEY_RING: &str = "key-ring.json";
/// So often it is looked for what is written beside an answer, each time after a tenth of a second.
const LOOKS_MAX: usize = 1_200;

/// A person at a system.
struct Person {
    url: String,
    session: String,
}

impl Person {
    async fn new(url: &str, email: &str) -> Self {
        Self { url: url.to_owned(), session: session(url, email).await }
    }

    fn post(&self, path: &str, body: Value) -> RequestBuilder {
        client().post(format!("{}{path}", self.url)).bearer_auth(&self.session).json(&body)
    }

    /// Id and text of a new token.
    async fn token(&self, name: &str) -> (String, String) {
        let body = json!({"name": name, "permissions": ["object:read"]});
        let (status, made) = send(self.post("/v1/tokens", body)).await;
        assert_eq!(status, 201, "{made}");
        (text(&made["id"]), text(&made["token"]))
    }

    /// The text of a token after a rotation that ends with the first use of the new secret.
    async fn rotated(&self, id: &str, overlap_seconds: u32) -> String {
        let body = json!({"overlap_seconds": overlap_seconds, "until": "first_use"});
        let (status, made) = send(self.post(&format!("/v1/tokens/{id}/rotate"), body)).await;
        assert_eq!(status, 200, "{made}");
        text(&made["token"])
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The status that a token is answered.
async fn used(url: &str, token: &str) -> u16 {
    send(client().get(format!("{url}/v1/me")).bearer_auth(token)).await.0
}

fn ring(data: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(data.join(KEY_RING)).unwrap()).unwrap()
}

fn keep(data: &Path, ring: &Value) {
    fs::create_dir_all(data).unwrap();
    let draft = data.join("key-ring.draft");
    fs::write(&draft, ring.to_string()).unwrap();
    fs::rename(draft, data.join(KEY_RING)).unwrap();
}

fn with_k2(mut ring: Value) -> Value {
    ring["k2"] = json!("the second key, which has more than 32 characters");
    ring["current"] = json!("k2");
    ring
}

fn without_k1(mut ring: Value) -> Value {
    ring.as_object_mut().unwrap().remove("k1");
    ring
}

/// What `engine keys` says.
fn keys(arguments: &[&str]) -> String {
    let output = command(&[&["keys"], arguments].concat()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A line of its table: current, tokens, invitations, remembered.
fn row(listed: &str, key: &str) -> String {
    let line = listed
        .lines()
        .find(|line| line.starts_with(&format!("{key} ")))
        .unwrap_or_else(|| panic!("{listed}"));
    line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
}

/// Secrets of every kind, hashed with the first key.
struct Secrets {
    /// The id of the token that is not used until the end.
    idle_id: String,
    idle: String,
    busy: String,
    /// The secret in use of a token that is being rotated, and the one to follow.
    rotating: String,
    next: String,
    renewed: String,
    /// They count no more: one was rotated away, one revoked.
    ended: [String; 2],
    invitation: Value,
}

impl Secrets {
    async fn new(ada: &Person) -> Self {
        let ((_, busy), (idle_id, idle)) = (ada.token("busy").await, ada.token("idle").await);
        let (id, rotating) = ada.token("rotating").await;
        let next = ada.rotated(&id, 3_600).await;
        let (id, reused) = ada.token("renewed").await;
        let renewed = ada.rotated(&id, 0).await;
        let (id, revoked) = ada.token("revoked").await;
        send(client().delete(format!("{}/v1/tokens/{id}", ada.url)).bearer_auth(&ada.session)).await;
        all_are_answered(200, &ada.url, &[&busy, &rotating, &renewed]).await;
        let team = text(&send(new_team(&ada.url, &ada.session, "ada")).await.1["id"]);
        let invitation = json!({"email": "bob@example.com", "role": "member"});
        let (_, made) = send(ada.post(&format!("/v1/teams/{team}/invitations"), invitation)).await;
        let (ended, invitation) = ([reused, revoked], made["secret"].clone());
        Self { idle_id, idle, busy, rotating, next, renewed, ended, invitation }
    }
}

async fn all_are_answered(status: u16, url: &str, tokens: &[&String]) {
    for token in tokens {
        assert_eq!(used(url, token).await, status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_takes_over_use_by_use_and_the_old_one_can_go() {
    let data = Directory::new();
    let told = || keys(&["--data", data.0.to_str().unwrap()]);
    let engine = on(&data.0);
    let secrets = Secrets::new(&Person::new(&engine.url, "ada@example.com").await).await;
    let Secrets { idle_id, idle, busy, rotating, next, renewed, ended: [reused, revoked], invitation } =
        &secrets;
    engine.end();
    assert_eq!(row(&told(), "k1"), "yes 4 1 0 0 2");

    keep(&data.0, &with_k2(ring(&data.0)));
    assert_eq!(
        (row(&told(), "k1"), row(&told(), "k2")),
        ("no 4 1 0 0 2".to_owned(), "yes 0 0 0 0 0".to_owned())
    );
    let engine = system(&data.0, &[]).await;
    all_are_answered(200, engine.url(), &[busy, renewed, rotating, next]).await;
    // The rotation has ended with the first use of the new secret.
    all_are_answered(401, engine.url(), &[reused, revoked, rotating]).await;
    let (_, new) = Person::new(engine.url(), "ada@example.com").await.token("new").await;
    until_listed(&engine, &ring(&data.0), "k2", "yes 4 0 ").await;
    engine.shutdown().await;
    let listed = told();
    assert_eq!(row(&listed, "k1"), "no 1 1 0 0 2", "{listed}");
    assert!(row(&listed, "k2").starts_with("yes 4 0 "), "{listed}");
    assert!(listed.contains(&format!("  {idle_id} of usr_")) && listed.contains(", never used"), "{listed}");
    assert!(listed.contains("k1 is needed (tokens: 1, invitations: 1, webhooks: 0, forms: 0)"), "{listed}");

    let engine = system(&data.0, &[]).await;
    all_are_answered(200, engine.url(), &[idle]).await;
    let bob = Person::new(engine.url(), "bob@example.com").await;
    let (status, body) = send(bob.post("/v1/invitations/accept", json!({"secret": invitation}))).await;
    assert_eq!(status, 201, "{body}");
    until_listed(&engine, &ring(&data.0), "k1", "no 0 0 ").await;
    engine.shutdown().await;
    let listed = told();
    assert!(
        row(&listed, "k1").starts_with("no 0 0 ") && listed.contains("k1 can be removed, if "),
        "{listed}"
    );

    keep(&data.0, &without_k1(ring(&data.0)));
    let engine = on(&data.0);
    all_are_answered(200, &engine.url, &[busy, idle, next, renewed, &new]).await;
    all_are_answered(401, &engine.url, &[reused, revoked, rotating]).await;
    engine.end();
    assert!(told().contains("k1 is not in the ring, and nothing needs it"), "{}", told());
}

/// A system in this process on that directory.
pub(crate) async fn system(data: &Path, more: &[&str]) -> Running {
    let arguments = ["engine", "--port=0", "--seed=none", "--data", data.to_str().unwrap()];
    let options = clap::Parser::parse_from(arguments.iter().chain(more));
    local::start(options).await.unwrap()
}

#[tokio::test]
async fn a_key_that_another_process_uses_already_is_fetched_while_running() {
    let (one, other) = (Directory::new(), Directory::new());
    let old = system(&one.0, &[]).await;
    let ada = Person::new(old.url(), "ada@example.com").await;
    let (id, first) = ada.token("first").await;
    assert_eq!(used(old.url(), &first).await, 200);

    keep(&one.0, &with_k2(ring(&one.0)));
    keep(&other.0, &ring(&one.0));
    let new = system(&other.0, &[&format!("--dynamodb={}", old.dynamodb_url())]).await;
    let ada = Person::new(new.url(), "ada@example.com").await;
    let (next, (_, second)) = (ada.rotated(&id, 3_600).await, ada.token("second").await);

    for token in [&first, &second, &next] {
        assert_eq!(used(old.url(), token).await, 200);
    }
    new.shutdown().await;
    old.shutdown().await;
}

#[test]
fn a_directory_without_an_engine_is_told_and_not_made() {
    let data = Directory::new();
    let output = command(&["keys", "--data", data.0.to_str().unwrap()]).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(message.contains("no engine has run in") && message.contains("--data"), "{message}");
    assert!(!data.0.exists());
}

#[test]
fn the_directory_of_a_running_engine_is_left_alone() {
    let data = Directory::new();
    let _engine = on(&data.0);
    let output = command(&["keys", "--data", data.0.to_str().unwrap()]).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("in use by process"), "{message}");
    assert_eq!(output.status.code(), Some(1));
}

/// Secrets Manager, as far as a key ring needs it.
async fn secrets_manager(ring: Value) -> String {
    let answer = json!({"Name": "key-ring", "SecretString": ring.to_string()});
    let router = Router::new().route("/", post(async move || Json(answer)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
    url
}

/// What is told of the tables of a running system.
async fn listed(running: &Running, ring: Value) -> String {
    let mut command = command(&["keys", "--aws"]);
    command.env("AWS_ENDPOINT_URL_DYNAMODB", running.dynamodb_url()).env("AWS_REGION", "us-east-1");
    command.env("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets_manager(ring).await);
    command
        .env("AWS_ACCESS_KEY_ID", "any")
        .env("AWS_SECRET_ACCESS_KEY", "any")
        .env("KEY_RING_SECRET", "key-ring");
    command.env("TABLE_IDENTITY", "identity");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Waits until the line of a key begins so: some of what it counts is written beside answers.
async fn until_listed(running: &Running, ring: &Value, key: &str, begin: &str) {
    for _ in 0..LOOKS_MAX {
        if row(&listed(running, ring.clone()).await, key).starts_with(begin) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{key} never came to {begin}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_of_a_deployment_are_found_by_the_environment() {
    let running = start(&["--seed=none"]).await;
    for name in ["one", "two"] {
        Person::new(running.url(), "ada@example.com").await.token(name).await;
    }
    let ring = json!({"current": "k2", "k2": "a key that has more than 32 characters"});
    let listed = listed(&running, ring).await;
    assert_eq!(
        (row(&listed, "k1"), row(&listed, "k2")),
        ("no 2 0 0 0 0".to_owned(), "yes 0 0 0 0 0".to_owned()),
        "{listed}"
    );
    assert!(
        listed.contains(
            "k1 is not in the ring: what needs it (tokens: 2, invitations: 0, webhooks: 0, forms: 0) is refused"
        ),
        "{listed}"
    );
    running.shutdown().await;
}
