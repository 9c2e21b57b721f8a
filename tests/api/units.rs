//! What a write of an object costs in the database, counted by a proxy in front of it: which calls that write there are.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
};

use crate::harness::{Api, System, World, system};

/// What stands before the name of an operation in a request.
const TARGET: &str = "x-amz-target: DynamoDB_20120810.";
/// Operations that can write, whether they do or are refused: DynamoDB charges for both.
const WRITING: [&str; 5] = ["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"];

/// The operations that went through, in their order.
type Operations = Arc<Mutex<Vec<String>>>;

/// A proxy in front of the database at that URL, which notes the operations.
async fn proxy(database: &str) -> (String, Operations) {
    let database = database.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let operations = Operations::default();
    let noted = operations.clone();
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let (from_client, to_client) = client.into_split();
            let (from_database, to_database) = TcpStream::connect(&database).await.unwrap().into_split();
            tokio::spawn(pass(from_client, to_database, Some(noted.clone())));
            tokio::spawn(pass(from_database, to_client, None));
        }
    });
    (url, operations)
}

/// Passes bytes on until either side ends.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, operations: Option<Operations>) {
    let (mut buffer, mut unread) = (vec![0; 64 * 1024], String::new());
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if let Some(operations) = &operations {
            unread.push_str(&String::from_utf8_lossy(&buffer[..read]));
            while let Some((name, behind)) = next_operation(&unread) {
                operations.lock().unwrap().push(name);
                unread = behind;
            }
        }
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
    operations: Operations,
}

impl Counted {
    async fn new() -> Self {
        let (url, operations) = proxy(&system().dynamodb).await;
        let options = vec![format!("--dynamodb={url}"), "--without-relay".to_owned()];
        let system = tokio::task::spawn_blocking(|| System::with(options)).await.unwrap();
        Self { world: World::at(&Api::at(&system.url)).await, operations }
    }

    /// What a request writes by.
    async fn writing(&self, method: &str, behind: &str, body: Value) -> (Value, Vec<String>) {
        let path = format!("{}{behind}", self.world.contacts());
        self.operations.lock().unwrap().clear();
        let answer = self.world.owner.api.send(method, &path, Some(body.to_string())).await;
        assert!(answer.status < 300, "{}", answer.text);
        let seen = self.operations.lock().unwrap().clone();
        assert!(!seen.is_empty(), "the gate reads");
        (answer.json(), seen.into_iter().filter(|name| WRITING.contains(&name.as_str())).collect())
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
