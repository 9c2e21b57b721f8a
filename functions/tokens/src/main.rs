//! The Lambda function of the tokens family.

#[tokio::main(flavor = "current_thread")]
async fn main() -> table::lambda::LambdaResult {
    api::serve::serve(tokens::routes(), tokens::Store::new).await
}
