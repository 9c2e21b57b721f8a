//! The Lambda function that turns stream records into audit entries and webhook events, and signs retries.

use relay::{Event, Queues, Relay};
use shared::{Platform, partial_batch::PartialBatchResponse, serve::HandlerFuture};

#[tokio::main(flavor = "current_thread")]
async fn main() -> shared::serve::LambdaResult {
    // It signs requests with the keys of webhooks, which are sealed, and so needs the key ring.
    shared::serve::serve_events(|config, _| {
        let relay = Relay::new(&Platform::on_aws(config)?, config, Queues::on_aws(config)?);
        Ok(move |event: Event| -> HandlerFuture<PartialBatchResponse> {
            let relay = relay.clone();
            Box::pin(async move { Ok(relay.handle(event).await) })
        })
    })
    .await
}
