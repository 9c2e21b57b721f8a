//! The Lambda authorizer of the API.

#[tokio::main(flavor = "current_thread")]
async fn main() -> table::lambda::LambdaResult {
    gate::serve_authorizer().await
}
