//! A service that writes back what it is told: it is told once of each change, and of nothing that it has done itself.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use shared::Permission::{ObjectCreate, ObjectRead, ObjectUpdate};
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
    /// What is written back is sent with it, as soon as there is one.
    writer: Arc<Mutex<Option<(Api, String)>>>,
}

impl Receiver {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (send, events) = unbounded_channel();
        let writer: Arc<Mutex<Option<(Api, String)>>> = Arc::default();
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

async fn receive(mut stream: TcpStream, (api, path): (Api, String), send: UnboundedSender<(Value, Value)>) {
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
    let answer = api.put(&path, fields).await.expect(200);
    stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await.unwrap();
    send.send((event, answer)).unwrap();
}

#[tokio::test]
async fn writing_back_what_one_is_told_ends_after_one_round() {
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
    let mut receiver = Receiver::start().await;
    let token = world.owner.token(&[ObjectRead, ObjectCreate, ObjectUpdate]).await;
    *receiver.writer.lock().unwrap() = Some((token, format!("{path}?match=key")));
    let webhook =
        json!({"name": "Echo", "url": receiver.url, "topics": ["object.created", "object.updated"]});
    let webhooks = format!("/v1/teams/{}/webhooks", world.team);
    let webhook = api.post(&webhooks, webhook).await.expect(201)["id"].clone();

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
    let deliveries = format!("{webhooks}/{}/deliveries?limit=100", webhook.as_str().unwrap());
    assert_eq!(api.get(&deliveries).await.expect(200)["data"].as_array().unwrap().len(), 4);
}
