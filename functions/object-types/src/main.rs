//! The Lambda function of the object types family.

use std::sync::Arc;

use resources::jobs::job_queue;
use table::config::Config;

#[tokio::main(flavor = "current_thread")]
async fn main() -> table::lambda::LambdaResult {
    let queue = Arc::new(job_queue(&Config::from_env())?);
    api::serve::serve(object_types::routes(), |platform| object_types::Store::new(platform, queue)).await
}
