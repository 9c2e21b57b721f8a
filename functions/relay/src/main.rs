//! The Lambda function that turns stream records into audit entries and webhook events, and signs retries.

use keys::Platform;
use relay::{Event, Queues, Relay};
use table::lambda::HandlerFuture;
use table::partial_batch::PartialBatchResponse;

#[tokio::main(flavor = "current_thread")]
async fn main() -> table::lambda::LambdaResult {
    // It signs requests with the keys of webhooks, which are sealed, and so needs the key ring.
    table::lambda::serve_events(|config, _| {
        let relay = Relay::new(&Platform::on_aws(config)?, config, Queues::on_aws(config)?);
        Ok(move |event: Event| -> HandlerFuture<PartialBatchResponse> {
            let relay = relay.clone();
            Box::pin(async move { Ok(relay.handle(event).await) })
        })
    })
    .await
}
