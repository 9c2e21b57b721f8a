//! The Lambda function of the object types family.

#[tokio::main(flavor = "current_thread")]
async fn main() -> shared::serve::Ended {
    shared::serve::serve(object_types::routes(), object_types::Store::new).await
}
