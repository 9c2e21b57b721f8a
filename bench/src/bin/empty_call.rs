//! The least function with the database call of a decision in each answer, through the client that every function uses.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};
use table::{aws, config::Config};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = Config::from_env();
    let (client, table) = (&aws::dynamodb(&config)?, &config.tables.identity);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        let keys = event.payload["call"]["RequestItems"][table]["Keys"].as_array();
        let keys = keys.into_iter().flatten().map(key).collect();
        let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build()?;
        let answer = client.batch_get_item().request_items(table, wanted).send().await?;
        let items = answer.responses.unwrap_or_default().into_values().flatten().count();
        Ok::<Value, Error>(json!({ "items": items }))
    }))
    .await
}

fn key(key: &Value) -> HashMap<String, AttributeValue> {
    let text = |name: &str| AttributeValue::S(key[name]["S"].as_str().unwrap_or_default().to_owned());
    ["pk", "sk"].map(|name| (name.to_owned(), text(name))).into()
}
