//! The stream API of an engine, over HTTP. What it tells of a record is what Lambda tells, so it is handed on as it is.

use anyhow::{Context as _, bail};
use http::{Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

const TARGET: &str = "DynamoDBStreams_20120810";
/// Engines on one machine take any credentials, but look for some.
const CREDENTIALS: &str = "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=local";

/// And for the day that they are of.
const DATE: &str = "20260101T000000Z";

/// The API of one engine.
pub(crate) struct Api {
    authority: String,
}

/// Where to begin.
#[derive(Clone, Copy)]
pub(crate) enum Begin<'a> {
    /// With the first record there is.
    First,
    /// Behind this one.
    Behind(&'a str),
}

impl Api {
    pub(crate) fn new(url: &str) -> Self {
        Self { authority: url.trim_start_matches("http://").to_owned() }
    }

    /// The name of a table's stream, if it has one.
    pub(crate) async fn stream(&self, table: &str) -> anyhow::Result<Option<String>> {
        let streams = self.call("ListStreams", json!({"TableName": table})).await?;
        Ok(streams["Streams"][0]["StreamArn"].as_str().map(str::to_owned))
    }

    /// The stream of a table, and where it is to be read on. Engines on one machine keep a stream in one piece.
    pub(crate) async fn iterator(&self, table: &str, begin: Begin<'_>) -> anyhow::Result<(String, String)> {
        let arn = self.stream(table).await?.context("the table has no stream")?;
        let stream = self.call("DescribeStream", json!({"StreamArn": arn})).await?;
        let shards = stream["StreamDescription"]["Shards"].as_array().context("the stream has no pieces")?;
        let shard = shards.last().and_then(|shard| shard["ShardId"].as_str());
        let mut asked = json!({"StreamArn": arn, "ShardId": shard.context("the stream has no pieces")?});
        match begin {
            Begin::First => asked["ShardIteratorType"] = json!("TRIM_HORIZON"),
            Begin::Behind(number) => {
                asked["ShardIteratorType"] = json!("AFTER_SEQUENCE_NUMBER");
                asked["SequenceNumber"] = json!(number);
            }
        }
        let answer = self.call("GetShardIterator", asked).await?;
        let iterator = answer["ShardIterator"].as_str().context("the stream cannot be read")?;
        Ok((arn, iterator.to_owned()))
    }

    /// The next records, and where to go on.
    pub(crate) async fn records(
        &self,
        iterator: &str,
        most: usize,
    ) -> anyhow::Result<(Vec<Value>, Option<String>)> {
        let mut answer = self.call("GetRecords", json!({"ShardIterator": iterator, "Limit": most})).await?;
        let next = answer["NextShardIterator"].as_str().map(str::to_owned);
        let Value::Array(records) = answer["Records"].take() else { bail!("the stream told no records") };
        Ok((records, next))
    }

    async fn call(&self, operation: &str, body: Value) -> anyhow::Result<Value> {
        let request = Request::post("/")
            .header(header::HOST, &self.authority)
            .header(header::CONTENT_TYPE, "application/x-amz-json-1.0")
            .header(header::AUTHORIZATION, CREDENTIALS)
            .header("x-amz-date", DATE)
            .header("x-amz-target", format!("{TARGET}.{operation}"));
        let stream = TcpStream::connect(&self.authority).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let response = sender.send_request(request.body(Full::new(Bytes::from(body.to_string())))?).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        connection.abort();
        if !status.is_success() {
            bail!("{operation}: {status} {}", String::from_utf8_lossy(&body));
        }
        Ok(serde_json::from_slice(&body)?)
    }
}

/// Whether a table has a stream.
///
/// # Errors
/// When the engine cannot be reached or refuses.
pub(crate) async fn is_streamed(dynamodb_url: &str, table: &str) -> anyhow::Result<bool> {
    Ok(Api::new(dynamodb_url).stream(table).await?.is_some())
}
