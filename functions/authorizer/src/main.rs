//! The Lambda authorizer of the API.

#[tokio::main(flavor = "current_thread")]
async fn main() -> shared::serve::LambdaResult {
    shared::serve::serve_authorizer().await
}
