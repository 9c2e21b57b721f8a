//! The Lambda function of the forms family.

#[tokio::main(flavor = "current_thread")]
async fn main() -> table::lambda::LambdaResult {
    api::serve::serve(forms::routes(), forms::Store::new).await
}
