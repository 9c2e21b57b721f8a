//! What a write of an object costs in the database, counted by a proxy in front of it: which calls that write there are.

mod views;

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
};

use crate::{
    harness::{Api, System, World, system},
    uploads,
};

/// What stands before the name of an operation in a request.
const TARGET: &str = "x-amz-target: DynamoDB_20120810.";
/// Operations that can write, whether they do or are refused: DynamoDB charges for both.
const WRITING: [&str; 5] = ["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"];

/// A call of the database.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) operation: String,
    /// What came behind the name of the operation, with the body.
    pub(crate) asked: String,
    /// The bytes of the answer.
    pub(crate) answered: usize,
}

/// The calls that went through, in their order.
pub(crate) type Calls = Arc<Mutex<Vec<Call>>>;

/// The calls of a connection are made one after the other: which one is the last.
type Last = Arc<Mutex<Option<usize>>>;

/// A proxy in front of the database at that URL, which notes the calls.
pub(crate) async fn proxy(database: &str) -> (String, Calls) {
    let database = database.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let calls = Calls::default();
    let noted = calls.clone();
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let (from_client, to_client) = client.into_split();
            let (from_database, to_database) = TcpStream::connect(&database).await.unwrap().into_split();
            let (last, noted) = (Last::default(), noted.clone());
            let (seen, of_last) = (noted.clone(), last.clone());
            tokio::spawn(pass(from_client, to_database, asked(noted, last)));
            tokio::spawn(pass(from_database, to_client, move |bytes: &[u8]| {
                let last = *of_last.lock().unwrap();
                if let Some(last) = last {
                    seen.lock().unwrap()[last].answered += bytes.len();
                }
            }));
        }
    });
    (url, calls)
}

/// Notes the calls in what a client sends.
fn asked(calls: Calls, last: Last) -> impl FnMut(&[u8]) + Send {
    let mut unread = String::new();
    move |bytes| {
        unread.push_str(&String::from_utf8_lossy(bytes));
        let (mut calls, mut last) = (calls.lock().unwrap(), last.lock().unwrap());
        while let Some((operation, behind)) = next_operation(&unread) {
            *last = Some(calls.len());
            calls.push(Call { operation, asked: String::new(), answered: 0 });
            unread = behind;
        }
        if let Some(last) = *last {
            calls[last].asked.clone_from(&unread);
        }
    }
}

/// Passes bytes on until either side ends, each time after they were noted.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut note: impl FnMut(&[u8])) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        note(&buffer[..read]);
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

/// The name of the next operation, and what comes behind it; none as long as the name is not there whole.
fn next_operation(text: &str) -> Option<(String, String)> {
    let at = text.to_lowercase().find(&TARGET.to_lowercase())? + TARGET.len();
    let (name, behind) = text[at..].split_once("\r\n")?;
    Some((name.to_owned(), behind.to_owned()))
}

/// Contacts of a system behind a proxy.
struct Counted {
    world: World,
    calls: Calls,
}

impl Counted {
    async fn new() -> Self {
        let (url, calls) = proxy(&system().dynamodb).await;
        let options = vec![format!("--dynamodb={url}"), "--without-relay".to_owned()];
        let system = tokio::task::spawn_blocking(|| System::with(options)).await.unwrap();
        Self { world: World::at(&Api::at(&system.url)).await, calls }
    }

    /// What a request writes by.
    async fn writing(&self, method: &str, behind: &str, body: Value) -> (Value, Vec<String>) {
        let path = format!("{}{behind}", self.world.contacts());
        let (answer, calls) = self.calling(method, &path, body).await;
        (answer, calls.into_iter().filter(|name| WRITING.contains(&name.as_str())).collect())
    }

    /// All calls of a request.
    async fn calling(&self, method: &str, path: &str, body: Value) -> (Value, Vec<String>) {
        let before = self.calls.lock().unwrap().len();
        let answer = self.world.owner.api.send(method, path, Some(body.to_string())).await;
        assert!(answer.status < 300, "{}", answer.text);
        let seen = self.calls.lock().unwrap()[before..].to_vec();
        assert!(!seen.is_empty(), "the gate reads");
        (answer.json(), seen.into_iter().map(|call| call.operation).collect())
    }
}

#[tokio::test]
async fn an_equal_upsert_writes_nothing_and_each_other_write_is_one_call() {
    let counted = Counted::new().await;
    let fields = |name: &str| json!({"email": "ada@example.com", "name": name, "amount": 1, "notes": "n"});
    let upsert = |name: &str| json!({"op": "upsert", "match": "email", "fields": fields(name)});
    let batch = |name: &str, atomic: bool| json!({"operations": [upsert(name)], "atomic": atomic});
    let put = |name: &str| json!({"fields": fields(name)});

    let (made, calls) = counted.writing("PUT", "?match=email", put("a")).await;
    assert_eq!(calls, ["TransactWriteItems"]);
    let at = format!("/{}", made["id"].as_str().unwrap());
    let rename = |name: &str| json!({"fields": {"name": name}});
    for (method, behind, body, expected) in [
        ("PUT", "?match=email", put("a"), vec![]),
        ("PUT", "?match=email", put("b"), vec!["UpdateItem"]),
        ("PUT", "?match=email", put("b"), vec![]),
        ("POST", "/batch", batch("b", false), vec![]),
        ("POST", "/batch", batch("b", true), vec![]),
        ("POST", "/batch", batch("c", false), vec!["UpdateItem"]),
        ("POST", "/batch", batch("d", true), vec!["TransactWriteItems"]),
        ("PUT", "?match=email", put("d"), vec![]),
        ("PATCH", &at, rename("e"), vec!["UpdateItem"]),
        // The condition tells: DynamoDB is asked once, and nothing is written.
        ("PATCH", &at, rename("e"), vec!["UpdateItem"]),
        ("PATCH", &at, put("e"), vec![]),
        ("POST", "", json!({"fields": {"name": "f"}}), vec!["PutItem"]),
    ] {
        let (_, calls) = counted.writing(method, behind, body.clone()).await;
        assert_eq!(calls, expected, "{method} {behind} {body}");
    }
    let contact = counted.world.owner.api.get(&format!("{}{at}", counted.world.contacts())).await.expect(200);
    assert_eq!((&contact["version"], &contact["fields"]["name"]), (&json!(5), &json!("e")));
}

#[tokio::test]
async fn an_object_that_names_files_costs_one_read_more_and_no_write() {
    let counted = Counted::new().await;
    let (world, owner) = (&counted.world, &counted.world.owner.api);
    let photos = json!({"slug": "photos", "label": "Photos", "type": "image"});
    owner.post(&format!("{}/contacts/fields", world.types()), photos).await.expect(201);
    let mut files = Vec::new();
    for number in 0..3 {
        files.push(uploads::sent(owner, world, &format!("{number}.png"), uploads::PNG).await["id"].clone());
    }
    // Whose type was read by now.
    let (_, _) = counted.writing("POST", "", json!({"fields": {"name": "first"}})).await;
    let (_, without) = counted.calling("POST", &world.contacts(), json!({"fields": {"name": "a"}})).await;
    let named = json!({"fields": {"name": "b", "photos": files}});
    let (made, with) = counted.calling("POST", &world.contacts(), named).await;
    let more =
        |calls: &[String]| calls.iter().filter(|name| *name != "BatchGetItem").cloned().collect::<Vec<_>>();
    assert_eq!(more(&with), more(&without), "nothing else is asked or written");
    assert_eq!(with.len(), without.len() + 1);

    let path = format!("{}/{}", world.contacts(), made["id"].as_str().unwrap());
    let (_, calls) = counted.calling("PATCH", &path, json!({"fields": {"photos": [files[1]]}})).await;
    let writes: Vec<_> = calls.iter().filter(|name| WRITING.contains(&name.as_str())).collect();
    assert_eq!(writes, ["UpdateItem"]);

    let told = json!({"filename": "c.png", "size": uploads::PNG.len()});
    let (_, begun) = counted.calling("POST", &uploads::uploads(world), told).await;
    let writes: Vec<_> = begun.into_iter().filter(|name| WRITING.contains(&name.as_str())).collect();
    assert_eq!(
        writes,
        ["UpdateItem", "TransactWriteItems", "TransactWriteItems"],
        "the rate, the job, the upload"
    );
}
