//! The Lambda function of the console.

#[tokio::main(flavor = "current_thread")]
async fn main() -> table::lambda::LambdaResult {
    api::serve::serve_public(console::routes(), console::Store::new).await
}
