//! The Lambda function of the views family.

#[tokio::main(flavor = "current_thread")]
async fn main() -> table::lambda::LambdaResult {
    api::serve::serve(views::routes(), |platform| views::Store::new(platform)).await
}
