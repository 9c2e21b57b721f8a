//! The Lambda function that sends requests to the receivers of webhooks.

use deliveries::{Event, Queues, Settings, Worker};
use shared::{partial_batch::PartialBatchResponse, serve::HandlerFuture};

#[tokio::main(flavor = "current_thread")]
async fn main() -> shared::serve::LambdaResult {
    shared::serve::serve_events(|config, platform| {
        let worker = Worker::new(platform, Queues::on_aws(config)?, Settings::of(config))?;
        Ok(move |event: Event| -> HandlerFuture<PartialBatchResponse> {
            let worker = worker.clone();
            Box::pin(async move { Ok(worker.handle(event).await) })
        })
    })
    .await
}
