//! The Lambda function that runs jobs.

use std::sync::Arc;

use bucket::Bucket;
use jobs::{Event, Worker};
use resources::jobs::job_queue;
use table::lambda::HandlerFuture;
use table::partial_batch::PartialBatchResponse;

#[tokio::main(flavor = "current_thread")]
async fn main() -> table::lambda::LambdaResult {
    table::lambda::serve_events(|config, tables| {
        let worker = Worker::new(tables, Bucket::on_aws(config)?, Arc::new(job_queue(config)?));
        Ok(move |event: Event| -> HandlerFuture<PartialBatchResponse> {
            let worker = worker.clone();
            Box::pin(async move { worker.handle(event).await })
        })
    })
    .await
}
