//! The Lambda function that runs jobs.

use std::sync::Arc;

use jobs::{Event, Worker};
use shared::{jobs::job_queue, partial_batch::PartialBatchResponse, serve::HandlerFuture};

#[tokio::main(flavor = "current_thread")]
async fn main() -> shared::serve::LambdaResult {
    shared::serve::serve_events(|config, platform| {
        let worker = Worker::new(platform, Arc::new(job_queue(config)?));
        Ok(move |event: Event| -> HandlerFuture<PartialBatchResponse> {
            let worker = worker.clone();
            Box::pin(async move { worker.handle(event).await })
        })
    })
    .await
}
