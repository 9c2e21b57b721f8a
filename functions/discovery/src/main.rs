//! The Lambda function of the discovery family.

#[tokio::main(flavor = "current_thread")]
async fn main() -> shared::serve::LambdaResult {
    shared::serve::serve_public(discovery::routes(), |_| ()).await
}
