//! The Lambda function of the audit logs family.

#[tokio::main(flavor = "current_thread")]
async fn main() -> shared::serve::LambdaResult {
    shared::serve::serve(audit_logs::routes(), audit_logs::Store::new).await
}
