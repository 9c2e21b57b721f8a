//! The least function with one database call in each answer, through the client that every function uses.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};
use shared::{aws, config::Config};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = Config::from_env();
    let (client, table) = (&aws::dynamodb(&config)?, &config.tables.identity);
    lambda_runtime::run(service_fn(async |_: LambdaEvent<Value>| {
        let key = ["pk", "sk"].map(|name| (name.to_owned(), AttributeValue::S("bench".to_owned())));
        let read = client.get_item().table_name(table).set_key(Some(HashMap::from(key)));
        let item = read.consistent_read(true).send().await?.item;
        Ok::<Value, Error>(json!(item.is_some()))
    }))
    .await
}
