//! The Lambda function that looks at what was sent to the bucket. It has rights on the bucket and on nothing else: here bytes of
//! strangers are read.

use bucket::Bucket;
use media::{Event, Inspector};
use table::lambda::HandlerFuture;

#[tokio::main(flavor = "current_thread")]
async fn main() -> table::lambda::LambdaResult {
    table::lambda::serve_events_of(|config| {
        let inspector = Inspector::new(Bucket::on_aws(config)?);
        Ok(move |event: Event| -> HandlerFuture<()> {
            let inspector = inspector.clone();
            Box::pin(async move { inspector.handle(event).await })
        })
    })
    .await
}
