//! The four tables, as `template.yaml` declares them, made where they are not there yet.

mod upgrade;

use std::time::Duration;

use anyhow::{Context as _, bail};
use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
        ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType, TableStatus,
        TimeToLiveSpecification, TimeToLiveStatus,
    },
};

/// How often a new table is asked whether it is ready, and how often in all.
const POLL: Duration = Duration::from_millis(100);
const POLLS_MAX: u32 = 600;

/// A table. Its keys are `pk` and `sk`, and so are all attributes of keys: texts.
#[derive(Debug)]
pub struct TableDefinition {
    /// Its name here; in the cloud it has the stack's.
    pub name: &'static str,
    /// The attribute that says when an item ends.
    pub expires: Option<&'static str>,
    /// Whether it has a stream, with the item before and after: those that the relay reads.
    pub is_streamed: bool,
    /// Its global secondary indexes.
    pub indexes: &'static [IndexDefinition],
}

/// A global secondary index.
#[derive(Debug)]
pub struct IndexDefinition {
    /// Its name.
    pub name: &'static str,
    /// The attribute that its partitions are made by.
    pub hash: &'static str,
    /// The attribute that it is sorted by.
    pub range: &'static str,
    /// The one attribute that it has besides the keys.
    pub includes: Option<&'static str>,
}

/// All tables.
pub const TABLES: &[TableDefinition] = &[
    TableDefinition { name: "identity", expires: Some("expires"), is_streamed: true, indexes: &[] },
    TableDefinition { name: "workspace", expires: Some("expires"), is_streamed: true, indexes: &[] },
    TableDefinition {
        name: "activity",
        expires: Some("expires"),
        is_streamed: false,
        indexes: &[
            audit("audit_user", "au"),
            audit("audit_subject", "as"),
            audit("audit_type", "ao"),
            audit("audit_event", "ae"),
            IndexDefinition { name: "open", hash: "open", range: "sk", includes: None },
        ],
    },
    TableDefinition {
        name: "objects",
        expires: Some("expires"),
        is_streamed: true,
        indexes: &[
            slot("s01"),
            slot("s02"),
            slot("s03"),
            slot("s04"),
            slot("s05"),
            slot("s06"),
            slot("s07"),
            slot("s08"),
            slot("s09"),
            slot("s10"),
            slot("s11"),
            slot("s12"),
            slot("s13"),
            slot("s14"),
            slot("s15"),
            slot("s16"),
            IndexDefinition { name: "updated", hash: "ix", range: "updated_at", includes: Some("q") },
            IndexDefinition { name: "trash", hash: "tx", range: "trashed_at", includes: None },
        ],
    },
];

/// An index of audit entries.
const fn audit(name: &'static str, hash: &'static str) -> IndexDefinition {
    IndexDefinition { name, hash, range: "sk", includes: Some("q") }
}

/// The index of one searchable field.
const fn slot(name: &'static str) -> IndexDefinition {
    IndexDefinition { name, hash: "ix", range: name, includes: Some("q") }
}

/// Makes the tables that are not there, and what others lack, and waits until all can be used.
///
/// # Errors
/// When the engine at this URL cannot be reached or refuses.
pub(crate) async fn create_absent(client: &Client, url: &str) -> anyhow::Result<()> {
    for table in TABLES {
        let is_new =
            create(client, table).await.with_context(|| format!("making the table {}", table.name))?;
        // The embedded engine counts all items of a table that it describes, which takes long where there are many.
        if is_new {
            wait(client, table).await.with_context(|| format!("waiting for the table {}", table.name))?;
        } else {
            upgrade::upgrade(client, url, table)
                .await
                .with_context(|| format!("bringing the table {} up to date", table.name))?;
        }
        tracing::debug!(table = table.name, is_new, "the table is there");
        expire(client, table)
            .await
            .with_context(|| format!("setting the expiry of the table {}", table.name))?;
    }
    Ok(())
}

/// Makes the table; false if it was there already.
async fn create(client: &Client, table: &TableDefinition) -> anyhow::Result<bool> {
    let mut request = client
        .create_table()
        .table_name(table.name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_key_schema(Some(keys("pk", "sk")?));
    for attribute in attributes(table) {
        let kind = ScalarAttributeType::S;
        let attribute =
            AttributeDefinition::builder().attribute_name(attribute).attribute_type(kind).build()?;
        request = request.attribute_definitions(attribute);
    }
    for index in table.indexes {
        request = request.global_secondary_indexes(index.build()?);
    }
    if table.is_streamed {
        request = request.stream_specification(stream()?);
    }
    match request.send().await.map_err(SdkError::into_service_error) {
        Err(error) if error.is_resource_in_use_exception() => Ok(false),
        outcome => Ok(outcome.map(|_| true)?),
    }
}

async fn wait(client: &Client, table: &TableDefinition) -> anyhow::Result<()> {
    for poll in 0..POLLS_MAX {
        let answer = client.describe_table().table_name(table.name).send().await?;
        match answer.table.and_then(|table| table.table_status) {
            Some(TableStatus::Active) => return Ok(()),
            // Each ten seconds a word, so that a slow engine is not taken for a dead one.
            status if poll % 100 == 99 => {
                tracing::info!(table = table.name, ?status, "waiting for the table");
            }
            _ => {}
        }
        tokio::time::sleep(POLL).await;
    }
    bail!("it was not ready in a minute")
}

async fn expire(client: &Client, table: &TableDefinition) -> anyhow::Result<()> {
    let Some(attribute) = table.expires else { return Ok(()) };
    let answer = client.describe_time_to_live().table_name(table.name).send().await?;
    let status = answer.time_to_live_description.and_then(|description| description.time_to_live_status);
    if matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)) {
        return Ok(());
    }
    let setting = TimeToLiveSpecification::builder().enabled(true).attribute_name(attribute).build()?;
    client.update_time_to_live().table_name(table.name).time_to_live_specification(setting).send().await?;
    Ok(())
}

/// A stream of both images.
fn stream() -> anyhow::Result<StreamSpecification> {
    let both = StreamViewType::NewAndOldImages;
    Ok(StreamSpecification::builder().stream_enabled(true).stream_view_type(both).build()?)
}

impl IndexDefinition {
    fn build(&self) -> anyhow::Result<GlobalSecondaryIndex> {
        let projection = match self.includes {
            Some(name) => {
                Projection::builder().projection_type(ProjectionType::Include).non_key_attributes(name)
            }
            None => Projection::builder().projection_type(ProjectionType::KeysOnly),
        };
        let index = GlobalSecondaryIndex::builder()
            .index_name(self.name)
            .set_key_schema(Some(keys(self.hash, self.range)?))
            .projection(projection.build());
        Ok(index.build()?)
    }
}

fn keys(hash: &str, range: &str) -> anyhow::Result<Vec<KeySchemaElement>> {
    let key = |name, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    Ok(vec![key(hash, KeyType::Hash)?, key(range, KeyType::Range)?])
}

/// The attributes of all keys of a table, each once.
fn attributes(table: &TableDefinition) -> Vec<&'static str> {
    let of_indexes = table.indexes.iter().flat_map(|index| [index.hash, index.range]);
    let mut attributes: Vec<_> = ["pk", "sk"].into_iter().chain(of_indexes).collect();
    attributes.sort_unstable();
    attributes.dedup();
    attributes
}
