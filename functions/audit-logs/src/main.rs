//! The Lambda function of the audit logs family.

#[tokio::main(flavor = "current_thread")]
async fn main() -> table::lambda::LambdaResult {
    api::serve::serve(audit_logs::routes(), |platform| audit_logs::Store::new(platform)).await
}
