//! The Lambda function of the webhooks family.

use std::sync::Arc;

use shared::{config::Config, delivery::retry_queue, delivery::target::TargetRules};

#[tokio::main(flavor = "current_thread")]
async fn main() -> shared::serve::LambdaResult {
    let config = Config::from_env();
    let retries = Arc::new(retry_queue(&config)?);
    let rules = TargetRules::of(&config);
    shared::serve::serve(webhooks::routes(), |platform| webhooks::Store::new(platform, retries, rules)).await
}
