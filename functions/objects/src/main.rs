//! The Lambda function of the objects family.

#[tokio::main(flavor = "current_thread")]
async fn main() -> shared::serve::LambdaResult {
    shared::serve::serve(objects::routes(), objects::Store::new).await
}
