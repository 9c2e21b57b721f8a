//! The database calls behind the requests, recorded once and played to a database of its own: the rate of the engine alone.

use std::{path::Path, sync::Arc};

use aws_sdk_dynamodb::Client as Dynamo;
use aws_smithy_types::body::SdkBody;
use hyper::{body::Bytes, header::CONTENT_LENGTH};
use table::{
    aws,
    config::{AccessKeys, Config},
};

use super::{
    series::Worker,
    shape::{Client, Created, Shape},
};
use crate::{
    database::Database,
    engine::Engine,
    fixture::Fixture,
    proxy::{Call, Proxy, ProxyMode},
    report::progress,
};

/// The calls from the making of the tables on.
pub(crate) struct Recording {
    preparation: Vec<Call>,
    /// The calls of each request of each shape.
    shapes: Vec<(Shape, Arc<Vec<Vec<Call>>>)>,
}

/// A database that has played the preparation.
pub(crate) struct Playback<'a> {
    recording: &'a Recording,
    client: Dynamo,
    _database: Database,
}

impl Recording {
    /// Lets an engine serve the requests one by one, and listens to its database.
    pub(crate) async fn record(engine: &Path, requests: usize) -> anyhow::Result<Self> {
        progress("recording the database calls behind the requests");
        let database = Database::start(None).await?;
        let proxy = Proxy::start(&database.address, ProxyMode::Record).await?;
        let engine = Engine::start(engine, &["--in-memory", "--dynamodb", &proxy.url()]).await?;
        let fixture = Fixture::set_up(&engine.address, "recording").await?;
        let created = Created::default();
        warm_up(&fixture, &created).await?;
        let preparation = proxy.take();
        let mut shapes = Vec::new();
        for shape in Shape::ALL {
            let mut client = Client::connect(shape, &fixture, &created).await?;
            let mut groups = Vec::new();
            for number in 0..shape.count(requests) {
                client.work(number).await?;
                groups.push(proxy.take());
            }
            shapes.push((shape, Arc::new(groups)));
        }
        Ok(Self { preparation, shapes })
    }

    /// Prepares a new database as the recorded one was before the requests.
    pub(crate) async fn open(&self, data: Option<&Path>) -> anyhow::Result<Playback<'_>> {
        let database = Database::start(data).await?;
        let client = client(&database)?;
        for recorded in &self.preparation {
            send(&client, recorded).await?;
        }
        Ok(Playback { recording: self, client, _database: database })
    }
}

impl Playback<'_> {
    /// Those who play the calls behind the requests of a shape; the shapes must be played in their order.
    pub(crate) fn players(&self, shape: Shape, count: usize) -> Vec<Player> {
        let groups = self.recording.groups(shape);
        (0..count).map(|_| Player { client: self.client.clone(), groups: groups.clone() }).collect()
    }
}

impl Recording {
    fn groups(&self, shape: Shape) -> Arc<Vec<Vec<Call>>> {
        let recorded = self.shapes.iter().find(|(recorded, _)| *recorded == shape);
        recorded.map(|(_, groups)| groups.clone()).unwrap_or_default()
    }

    /// Calls of the database behind a request, on average.
    #[expect(clippy::cast_precision_loss, reason = "counts of calls are far below 2^52")]
    pub(crate) fn calls_per_request(&self, shape: Shape) -> f64 {
        let groups = self.groups(shape);
        groups.iter().map(Vec::len).sum::<usize>() as f64 / groups.len().max(1) as f64
    }
}

/// Sends what makes everything ready: kept connections, the object type in memory, the first use of each token noted.
pub(crate) async fn warm_up(fixture: &Fixture, created: &Created) -> anyhow::Result<()> {
    for shape in [Shape::List, Shape::Refused] {
        let mut client = Client::connect(shape, fixture, created).await?;
        for number in 0..20 {
            client.work(number).await?;
        }
    }
    Ok(())
}

fn client(database: &Database) -> anyhow::Result<Dynamo> {
    let keys = AccessKeys { id: "bench".to_owned(), secret: "bench".to_owned(), session: None };
    aws::dynamodb(&Config {
        region: "us-east-1".to_owned(),
        credentials: Some(keys),
        dynamodb_endpoint: Some(database.url()),
        ..Config::default()
    })
}

/// Plays the calls of one request after the other.
pub(crate) struct Player {
    client: Dynamo,
    groups: Arc<Vec<Vec<Call>>>,
}

impl Worker for Player {
    async fn work(&mut self, number: usize) -> anyhow::Result<()> {
        for call in &self.groups[number] {
            send(&self.client, call).await?;
        }
        Ok(())
    }
}

/// Sends a recorded call through the SDK: its signing, its connections and its reading of the answer are a part of the rate.
/// The SDK asks some calls for a table; the recorded body says which it is.
async fn send(client: &Dynamo, call: &Call) -> anyhow::Result<()> {
    macro_rules! with_body {
        ($operation:ident $(.$required:ident)?) => {{
            let body = call.request.clone();
            let recorded = client.$operation()$(.$required("recorded"))?.customize().mutate_request(move |request| {
                let length = body.len().to_string();
                request.headers_mut().insert(CONTENT_LENGTH.as_str(), length);
                *request.body_mut() = SdkBody::from(Bytes::clone(&body));
            });
            recorded.send().await.map(drop).map_err(anyhow::Error::from)
        }};
    }
    let result = match call.operation.as_str() {
        "BatchGetItem" => with_body!(batch_get_item),
        "BatchWriteItem" => with_body!(batch_write_item),
        "CreateTable" => with_body!(create_table.table_name),
        "DeleteItem" => with_body!(delete_item.table_name),
        "DescribeTable" => with_body!(describe_table.table_name),
        "DescribeTimeToLive" => with_body!(describe_time_to_live.table_name),
        "GetItem" => with_body!(get_item.table_name),
        "ListTables" => with_body!(list_tables),
        "PutItem" => with_body!(put_item.table_name),
        "Query" => with_body!(query.table_name),
        "Scan" => with_body!(scan.table_name),
        "TransactGetItems" => with_body!(transact_get_items),
        "TransactWriteItems" => with_body!(transact_write_items),
        "UpdateItem" => with_body!(update_item.table_name),
        "UpdateTimeToLive" => with_body!(update_time_to_live.table_name),
        other => anyhow::bail!(
            "the engine makes the call {other}, which the benchmark cannot play yet; add it in tape.rs"
        ),
    };
    anyhow::ensure!(
        result.is_ok() == call.is_done,
        "{} ended otherwise than when it was recorded: {result:?}",
        call.operation
    );
    Ok(())
}
