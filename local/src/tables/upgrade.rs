//! What tables that were made before lack.

use anyhow::Context as _;
use aws_sdk_dynamodb::{
    Client,
    error::{ProvideErrorMetadata as _, SdkError},
    types::{
        AttributeDefinition, AttributeValue, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndexUpdate,
        ScalarAttributeType,
    },
};

use super::{IndexDefinition, TableDefinition, stream};
use crate::stream_api::is_streamed;

/// Gives a table the indexes and the stream that it lacks. Whether it has them is asked one by one: the embedded engine
/// counts all items of a table that it describes.
pub(super) async fn upgrade(client: &Client, url: &str, table: &TableDefinition) -> anyhow::Result<()> {
    for index in table.indexes {
        if !has(client, table, index)
            .await
            .with_context(|| format!("looking for the index {}", index.name))?
        {
            tracing::info!(table = table.name, index = index.name, "making an index");
            add(client, table, index).await.with_context(|| format!("making the index {}", index.name))?;
        }
    }
    if table.is_streamed && !is_streamed(url, table.name).await.context("looking for the stream")? {
        let request = client.update_table().table_name(table.name).stream_specification(stream()?);
        request.send().await.context("making the stream")?;
    }
    Ok(())
}

async fn has(client: &Client, table: &TableDefinition, index: &IndexDefinition) -> anyhow::Result<bool> {
    let request = client.query().table_name(table.name).index_name(index.name).limit(1);
    let request = request.key_condition_expression("#h = :h").expression_attribute_names("#h", index.hash);
    let request = request.expression_attribute_values(":h", AttributeValue::S("-".to_owned()));
    match request.send().await.map_err(SdkError::into_service_error) {
        Err(error) if error.code() == Some("ValidationException") => Ok(false),
        outcome => Ok(outcome.map(|_| true)?),
    }
}

async fn add(client: &Client, table: &TableDefinition, index: &IndexDefinition) -> anyhow::Result<()> {
    let built = index.build()?;
    let create = CreateGlobalSecondaryIndexAction::builder()
        .index_name(index.name)
        .set_key_schema(Some(built.key_schema))
        .set_projection(built.projection);
    let mut request = client.update_table().table_name(table.name).global_secondary_index_updates(
        GlobalSecondaryIndexUpdate::builder().create(create.build()?).build(),
    );
    for name in ["pk", "sk", index.hash, index.range].into_iter().collect::<std::collections::BTreeSet<_>>() {
        let kind = ScalarAttributeType::S;
        let attribute = AttributeDefinition::builder().attribute_name(name).attribute_type(kind);
        request = request.attribute_definitions(attribute.build()?);
    }
    request.send().await?;
    Ok(())
}
