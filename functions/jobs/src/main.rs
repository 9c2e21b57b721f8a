//! The Lambda function that does jobs.

use std::sync::Arc;

use jobs::{Event, Worker};
use shared::{batch::BatchAnswer, jobs::job_queue, serve::Handling};

#[tokio::main(flavor = "current_thread")]
async fn main() -> shared::serve::Ended {
    shared::serve::serve_events(|config, platform| {
        let worker = Worker::new(platform, Arc::new(job_queue(config)?));
        Ok(move |event: Event| -> Handling<BatchAnswer> {
            let worker = worker.clone();
            Box::pin(async move { worker.handle(event).await })
        })
    })
    .await
}
