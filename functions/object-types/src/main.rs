//! The Lambda function of the object types family.

use std::sync::Arc;

use shared::{config::Config, jobs::job_queue};

#[tokio::main(flavor = "current_thread")]
async fn main() -> shared::serve::LambdaResult {
    let queue = Arc::new(job_queue(&Config::from_env())?);
    shared::serve::serve(object_types::routes(), |platform| object_types::Store::new(platform, queue)).await
}
