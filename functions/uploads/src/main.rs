//! The Lambda function of the uploads family.

use std::sync::Arc;

use bucket::Bucket;
use resources::jobs::job_queue;
use table::config::Config;

#[tokio::main(flavor = "current_thread")]
async fn main() -> table::lambda::LambdaResult {
    let config = Config::from_env();
    let (bucket, queue) = (Bucket::on_aws(&config)?, Arc::new(job_queue(&config)?));
    api::serve::serve(uploads::routes(), |platform| uploads::Store::new(platform, bucket, queue)).await
}
