//! The Lambda function of the webhooks family.

use std::sync::Arc;

use delivery::{retry_queue, target::TargetRules};
use table::config::Config;

#[tokio::main(flavor = "current_thread")]
async fn main() -> table::lambda::LambdaResult {
    let config = Config::from_env();
    let retries = Arc::new(retry_queue(&config)?);
    let rules = TargetRules::of(&config);
    api::serve::serve(webhooks::routes(), |platform| webhooks::Store::new(platform, retries, rules)).await
}
