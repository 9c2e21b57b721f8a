//! The Lambda function of the discovery family.

#[tokio::main(flavor = "current_thread")]
async fn main() -> table::lambda::LambdaResult {
    api::serve::serve_public(discovery::routes(), |_| ()).await
}
