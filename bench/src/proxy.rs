//! A proxy in front of the database that keeps what was asked, and asks what it cost.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use hyper::{Request, Response, body::Bytes, header};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::http::{Connection, answer, serve};

/// What the target of a call of the database itself begins with; its streams have another.
const DATABASE: &str = "DynamoDB_20120810.";
/// The calls that read and write items: they tell what they are charged, if asked.
const CHARGED: [&str; 9] = [
    "GetItem",
    "BatchGetItem",
    "Query",
    "Scan",
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "TransactGetItems",
    "TransactWriteItems",
];
/// Longer than the embedded database takes, so that calls at the same time overlap as they would over a network.
const NETWORK: Duration = Duration::from_millis(4);
/// Long enough for what goes on beside an answer.
const AFTERWARDS: Duration = Duration::from_millis(25);

/// Longer than the relay takes to look again; and how often that is waited for at the most.
const QUIET: Duration = Duration::from_millis(150);
const QUIET_MAX: u32 = 40;

/// What the proxy does beside passing on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProxyMode {
    /// Asks for the consumed capacity, keeps the answers, and takes as long as a network.
    Count,
    /// Keeps the requests as they are, to be sent again.
    Record,
}

/// One call of the database.
pub(crate) struct Call {
    /// When it came.
    pub(crate) started: Instant,
    /// When it was answered.
    pub(crate) ended: Instant,
    /// Such as `GetItem`.
    pub(crate) operation: String,
    /// The body as it came.
    pub(crate) request: Bytes,
    /// The body of the answer; empty if it was not asked what it cost.
    pub(crate) answer: Bytes,
    /// Whether it did what it was to do.
    pub(crate) is_done: bool,
}

/// A running proxy; dropping it ends it.
pub(crate) struct Proxy {
    /// `host:port`.
    pub(crate) address: String,
    state: Arc<State>,
    server: JoinHandle<()>,
}

struct State {
    upstream: String,
    mode: ProxyMode,
    idle: Mutex<Vec<Connection>>,
    calls: Mutex<Vec<Call>>,
}

impl Proxy {
    /// Starts one in front of the database at `host:port`.
    pub(crate) async fn start(upstream: &str, mode: ProxyMode) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let (idle, calls) = (Mutex::default(), Mutex::default());
        let state = Arc::new(State { upstream: upstream.to_owned(), mode, idle, calls });
        let shared = state.clone();
        let handler = move |request| {
            let state = shared.clone();
            async move { state.pass(request).await.unwrap_or_else(|error| answer(502, format!("{error:#}"))) }
        };
        Ok(Self { address, state, server: tokio::spawn(serve(listener, handler)) })
    }

    /// The URL for clients.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The calls since the last time, in the order in which they came.
    pub(crate) fn take(&self) -> Vec<Call> {
        let mut calls = std::mem::take(&mut *self.state.calls.lock().unwrap_or_else(PoisonError::into_inner));
        calls.sort_by_key(|call| call.started);
        calls
    }

    /// What something comes to, and the calls behind it.
    pub(crate) async fn during<T>(
        &self,
        work: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<(T, Vec<Call>)> {
        self.quiet().await;
        let done = work.await?;
        // What goes on beside an answer has to end before it can be counted.
        tokio::time::sleep(AFTERWARDS).await;
        Ok((done, self.take()))
    }
}

impl Proxy {
    /// Waits until nothing is asked any more: the relay looks at changes some time after their answers.
    async fn quiet(&self) {
        for _ in 0..QUIET_MAX {
            self.take();
            tokio::time::sleep(QUIET).await;
            if self.take().is_empty() {
                return;
            }
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl State {
    async fn pass(&self, request: Request<Bytes>) -> anyhow::Result<Response<Bytes>> {
        let started = Instant::now();
        let target =
            request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        let Some(operation) = target.strip_prefix(DATABASE).map(str::to_owned) else {
            return self.forward(request).await;
        };
        let body = request.body().clone();
        let is_counted = self.mode == ProxyMode::Count && CHARGED.contains(&operation.as_str());
        let request = if is_counted {
            tokio::time::sleep(NETWORK).await;
            asking_for_capacity(request)?
        } else {
            request
        };
        let response = self.forward(request).await?;
        let answer = if is_counted { response.body().clone() } else { Bytes::new() };
        let is_done = response.status().is_success();
        let call = Call { started, ended: Instant::now(), operation, request: body, answer, is_done };
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
        Ok(response)
    }

    async fn forward(&self, request: Request<Bytes>) -> anyhow::Result<Response<Bytes>> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => Connection::open(&self.upstream).await?,
        };
        let response = connection.send(request).await.context("asking the database behind the proxy")?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        Ok(response)
    }
}

/// The same request, that also wants to know what each table and index was charged.
fn asking_for_capacity(request: Request<Bytes>) -> anyhow::Result<Request<Bytes>> {
    let (mut head, body) = request.into_parts();
    let mut body: Value = serde_json::from_slice(&body).context("reading a request to the database")?;
    if let Some(members) = body.as_object_mut() {
        members.insert("ReturnConsumedCapacity".to_owned(), "INDEXES".into());
    }
    let body = Bytes::from(serde_json::to_vec(&body)?);
    head.headers.insert(header::CONTENT_LENGTH, body.len().into());
    Ok(Request::from_parts(head, body))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{database::Database, http::answer as respond};

    async fn call(proxy: &Proxy, target: &str, body: &Value) -> Response<Bytes> {
        let request = Request::post("/").header(header::HOST, &proxy.address).header("x-amz-target", target);
        let request = request
            .header(header::CONTENT_TYPE, "application/x-amz-json-1.0")
            .header(header::AUTHORIZATION, "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=a")
            .header("x-amz-date", "20260101T000000Z")
            .body(Bytes::from(body.to_string()))
            .unwrap();
        let mut connection = Connection::open(&proxy.address).await.unwrap();
        connection.send(request).await.unwrap_or_else(|error| respond(500, error.to_string()))
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_a_call_was_charged_is_kept_although_nobody_asked() {
        let database = Database::start(None).await.unwrap();
        let proxy = Proxy::start(&database.address, ProxyMode::Count).await.unwrap();
        let keys = json!([{ "AttributeName": "pk", "KeyType": "HASH" }]);
        let table = json!({
            "TableName": "table", "BillingMode": "PAY_PER_REQUEST", "KeySchema": keys,
            "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
        });
        assert_eq!(call(&proxy, "DynamoDB_20120810.CreateTable", &table).await.status(), 200);
        let item = json!({ "TableName": "table", "Item": { "pk": { "S": "a" }, "text": { "S": "b".repeat(1500) } } });
        assert_eq!(call(&proxy, "DynamoDB_20120810.PutItem", &item).await.status(), 200);
        assert_eq!(call(&proxy, "DynamoDBStreams_20120810.ListStreams", &json!({})).await.status(), 200);
        let calls = proxy.take();
        assert_eq!(
            calls.iter().map(|call| call.operation.as_str()).collect::<Vec<_>>(),
            ["CreateTable", "PutItem"]
        );
        let charged: Value = serde_json::from_slice(&calls[1].answer).unwrap();
        assert_eq!(charged["ConsumedCapacity"]["CapacityUnits"], 2.0);
        assert_eq!(calls[1].request, item.to_string());
        assert!(proxy.take().is_empty());
    }
}
