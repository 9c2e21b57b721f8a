//! The Lambda function of the teams family.

#[tokio::main(flavor = "current_thread")]
async fn main() -> table::lambda::LambdaResult {
    api::serve::serve(teams::routes(), teams::Store::new).await
}
