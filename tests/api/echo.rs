//! A service that writes back what it is told: it is told once of each change, and of nothing that it has done itself.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use base::Permission::{ObjectCreate, ObjectRead, ObjectUpdate};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

use crate::{
    field_types::everything,
    harness::{Api, System, World},
};

/// A receiver that upserts the fields of each event by the key, and passes on the event with the answer.
struct Receiver {
    url: String,
    events: UnboundedReceiver<(Value, Value)>,
    seen: HashSet<String>,
    /// What is written back is sent by it, as soon as there is one.
    writer: Arc<Mutex<Option<Writer>>>,
}

/// Who writes back, and where to.
#[derive(Clone)]
struct Writer {
    api: Api,
    path: String,
    /// Whether only to the version that the event tells of.
    is_careful: bool,
}

impl Receiver {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (send, events) = unbounded_channel();
        let writer: Arc<Mutex<Option<Writer>>> = Arc::default();
        let as_writer = writer.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let writer = as_writer.lock().unwrap().clone().expect("it is known who writes back");
                tokio::spawn(receive(stream, writer, send.clone()));
            }
        });
        Self { url, events, seen: HashSet::new(), writer }
    }

    /// The next event that was not told before: one may come twice, as an answer can be lost.
    async fn next(&mut self) -> (Value, Value) {
        loop {
            let (event, answer) = self.events.recv().await.unwrap();
            if self.seen.insert(event["data"]["event_id"].as_str().unwrap().to_owned()) {
                return (event, answer);
            }
        }
    }
}

async fn receive(mut stream: TcpStream, writer: Writer, send: UnboundedSender<(Value, Value)>) {
    let mut request = Vec::new();
    let event: Value = loop {
        let mut buffer = [0; 4096];
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(read > 0, "a request ended early");
        request.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&request);
        let body = text.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str(body).ok());
        if let Some(event) = body {
            break event;
        }
    };
    let fields = json!({"fields": event["data"]["object"]["fields"]});
    let Writer { api, path, is_careful } = writer;
    let answer = if is_careful {
        let version = format!("\"{}\"", event["data"]["version"]);
        let answer = api.header("if-match", &version).put(&path, fields).await;
        assert!([200, 412].contains(&answer.status), "{}", answer.text);
        answer.json()
    } else {
        api.put(&path, fields).await.expect(200)
    };
    stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await.unwrap();
    send.send((event, answer)).unwrap();
}

/// A type with every kind of field, and a webhook whose receiver writes back.
struct Echo {
    world: World,
    path: String,
    /// The path of the webhook.
    webhook: String,
    receiver: Receiver,
    system: System,
}

impl Echo {
    async fn new(is_careful: bool) -> Self {
        let system = System::with(vec!["--allow-private-webhooks".to_owned()]);
        let world = World::at(&Api::at(&system.url)).await;
        let api = &world.owner.api;
        let mut all = everything();
        all["fields"].as_array_mut().unwrap().extend([
            json!({"slug": "key", "label": "Key", "type": "text", "unique": true}),
            json!({"slug": "made", "label": "Made", "type": "date", "semantics": "date-created"}),
            json!({"slug": "once", "label": "Once", "type": "text", "locked": "once_set"}),
        ]);
        api.post(&world.types(), all).await.expect(201);
        let path = format!("/v1/teams/{}/objects/everything", world.team);
        let receiver = Receiver::start().await;
        let token = world.owner.token(&[ObjectRead, ObjectCreate, ObjectUpdate]).await;
        let writer = Writer { api: token, path: format!("{path}?match=key"), is_careful };
        *receiver.writer.lock().unwrap() = Some(writer);
        let webhook =
            json!({"name": "Echo", "url": receiver.url, "topics": ["object.created", "object.updated"]});
        let webhooks = format!("/v1/teams/{}/webhooks", world.team);
        let made = api.post(&webhooks, webhook).await.expect(201);
        let webhook = format!("{webhooks}/{}", made["id"].as_str().unwrap());
        Self { world, path, webhook, receiver, system }
    }
}

#[tokio::test]
async fn writing_back_what_one_is_told_ends_after_one_round() {
    let Echo { world, path, webhook, mut receiver, system: _system } = Echo::new(false).await;
    let api = &world.owner.api;
    let fields = json!({"fields": {"key": "a", "once": "set", "number": 1.50, "dropdown": "Won", "money": {"amount": "1.0"},
        "checkboxes": ["New", "Lost"], "time": "2026-11-23T10:00:00+02:00", "composite": {"width": 2.0}}});
    let made = api.post(&path, fields).await.expect(201);
    let object = format!("{path}/{}", made["id"].as_str().unwrap());
    let mut told = vec![receiver.next().await];
    for number in [2, 3] {
        api.patch(&object, json!({"fields": {"number": number}})).await.expect(200);
        told.push(receiver.next().await);
    }

    // Each event was written back and was no change: what follows from a version that never was is never sent.
    for (version, (event, answer)) in (1..).zip(&told) {
        assert_eq!(
            (&event["data"]["version"], &answer["version"]),
            (&json!(version), &json!(version)),
            "{event}"
        );
        assert_eq!(answer["fields"], event["data"]["object"]["fields"]);
    }
    assert_eq!(api.get(&object).await.expect(200)["version"], json!(3));
    // Another object is told of last, behind all that was before.
    api.post(&path, json!({"fields": {"key": "last"}})).await.expect(201);
    assert_eq!(receiver.next().await.0["data"]["object"]["fields"]["key"], json!("last"));
    let deliveries = format!("{webhook}/deliveries?limit=100");
    assert_eq!(api.get(&deliveries).await.expect(200)["data"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn writing_back_to_the_version_of_the_event_ends_after_a_burst_and_undoes_nothing() {
    const BURST: u64 = 10;
    let Echo { world, path, webhook, mut receiver, system: _system } = Echo::new(true).await;
    let api = &world.owner.api;
    let made = api.post(&path, json!({"fields": {"key": "a", "number": 0}})).await.expect(201);
    let object = format!("{path}/{}", made["id"].as_str().unwrap());
    for number in 1..=BURST {
        api.patch(&object, json!({"fields": {"number": number}})).await.expect(200);
    }
    for version in 1..=BURST + 1 {
        let (event, answer) = receiver.next().await;
        assert_eq!(event["data"]["version"], json!(version));
        let is_kept = answer["version"] == json!(version) || answer["code"] == json!("stale");
        assert!(is_kept, "{answer}");
    }
    let now = api.get(&object).await.expect(200);
    assert_eq!((&now["version"], &now["fields"]["number"]), (&json!(BURST + 1), &json!(BURST)));
    api.post(&path, json!({"fields": {"key": "last"}})).await.expect(201);
    assert_eq!(receiver.next().await.0["data"]["object"]["fields"]["key"], json!("last"));
    let deliveries = api.get(&format!("{webhook}/deliveries?limit=100")).await.expect(200);
    assert_eq!(deliveries["data"].as_array().unwrap().len() as u64, 1 + BURST + 1);
}
