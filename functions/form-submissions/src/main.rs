//! The Lambda function of public forms.

#[tokio::main(flavor = "current_thread")]
async fn main() -> table::lambda::LambdaResult {
    api::serve::serve(form_submissions::routes(), form_submissions::Store::new).await
}
