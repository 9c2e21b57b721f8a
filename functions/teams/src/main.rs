//! The Lambda function of the teams family.

#[tokio::main(flavor = "current_thread")]
async fn main() -> shared::serve::LambdaResult {
    shared::serve::serve(teams::routes(), teams::Store::new).await
}
