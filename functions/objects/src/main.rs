//! The Lambda function of the objects family.

#[tokio::main(flavor = "current_thread")]
async fn main() -> table::lambda::LambdaResult {
    api::serve::serve(objects::routes(), |platform| objects::Store::new(platform)).await
}
