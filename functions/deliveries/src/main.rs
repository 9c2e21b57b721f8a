//! The Lambda function that sends requests to the receivers of webhooks.

use deliveries::{Event, Queues, Settings, Worker};
use table::lambda::HandlerFuture;
use table::partial_batch::PartialBatchResponse;

#[tokio::main(flavor = "current_thread")]
async fn main() -> table::lambda::LambdaResult {
    table::lambda::serve_events(|config, tables| {
        let worker = Worker::new(tables, Queues::on_aws(config)?, Settings::of(config))?;
        Ok(move |event: Event| -> HandlerFuture<PartialBatchResponse> {
            let worker = worker.clone();
            Box::pin(async move { Ok(worker.handle(event).await) })
        })
    })
    .await
}
