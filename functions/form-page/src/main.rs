//! The Lambda function of the pages of forms.

#[tokio::main(flavor = "current_thread")]
async fn main() -> table::lambda::LambdaResult {
    api::serve::serve(form_page::routes(), form_page::Store::new).await
}
