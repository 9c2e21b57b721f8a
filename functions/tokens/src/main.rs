//! The Lambda function of the tokens family.

#[tokio::main(flavor = "current_thread")]
async fn main() -> shared::serve::LambdaResult {
    shared::serve::serve(tokens::routes(), tokens::Store::new).await
}
