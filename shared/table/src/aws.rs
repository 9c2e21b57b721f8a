//! Clients of AWS, built for a short cold start: credentials from the environment, few roots, no configuration files.

use std::time::Duration;

use anyhow::Context as _;
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, retry::RetryConfig, timeout::TimeoutConfig};
use aws_smithy_http_client::{
    Builder, Connector,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use crate::config::Config;

/// The roots that all endpoints of AWS chain to (Amazon Trust Services and Starfield Services G2). The system's 145
/// roots would cost 7 ms of every cold start.
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon_roots.pem");

/// The client of DynamoDB.
///
/// # Errors
/// When the environment lacks the region or the credentials.
pub fn dynamodb(config: &Config) -> anyhow::Result<aws_sdk_dynamodb::Client> {
    let mut settings = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(config.region.clone()))
        .credentials_provider(credentials(config)?)
        .http_client(http_client(config.dynamodb_endpoint.as_deref())?)
        .retry_config(RetryConfig::standard().with_max_attempts(4))
        .timeout_config(timeouts());
    settings.set_endpoint_url(config.dynamodb_endpoint.clone());
    Ok(aws_sdk_dynamodb::Client::from_conf(settings.build()))
}

/// The client of Secrets Manager.
///
/// # Errors
/// When the environment lacks the region or the credentials.
pub fn secrets_manager(config: &Config) -> anyhow::Result<aws_sdk_secretsmanager::Client> {
    let mut settings = aws_sdk_secretsmanager::Config::builder()
        .behavior_version(aws_sdk_secretsmanager::config::BehaviorVersion::latest())
        .region(aws_sdk_secretsmanager::config::Region::new(config.region.clone()))
        .credentials_provider(credentials(config)?)
        .http_client(http_client(config.secrets_manager_endpoint.as_deref())?)
        .retry_config(aws_sdk_secretsmanager::config::retry::RetryConfig::standard().with_max_attempts(4))
        .timeout_config(timeouts());
    settings.set_endpoint_url(config.secrets_manager_endpoint.clone());
    Ok(aws_sdk_secretsmanager::Client::from_conf(settings.build()))
}

/// The client of SQS.
///
/// # Errors
/// When the environment lacks the region or the credentials.
pub fn sqs(config: &Config) -> anyhow::Result<aws_sdk_sqs::Client> {
    let mut settings = aws_sdk_sqs::Config::builder()
        .behavior_version(aws_sdk_sqs::config::BehaviorVersion::latest())
        .region(aws_sdk_sqs::config::Region::new(config.region.clone()))
        .credentials_provider(credentials(config)?)
        .http_client(http_client(config.sqs_endpoint.as_deref())?)
        .retry_config(aws_sdk_sqs::config::retry::RetryConfig::standard().with_max_attempts(4))
        .timeout_config(timeouts());
    settings.set_endpoint_url(config.sqs_endpoint.clone());
    Ok(aws_sdk_sqs::Client::from_conf(settings.build()))
}

/// A connector that trusts what the system trusts, for addresses outside AWS.
///
/// # Errors
/// When TLS cannot be set up.
pub fn connector_with_system_roots() -> anyhow::Result<Connector> {
    let tls = TlsContext::builder().with_trust_store(TrustStore::default()).build()?;
    Ok(Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls).build())
}

/// The credentials in the environment.
///
/// # Errors
/// When there are none.
pub fn credentials(config: &Config) -> anyhow::Result<Credentials> {
    let keys =
        config.credentials.as_ref().context("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set")?;
    Ok(Credentials::new(&keys.id, &keys.secret, keys.session.clone(), None, "environment"))
}

/// A client of HTTP that trusts Amazon, or what the system trusts where a stand-in has another address.
///
/// # Errors
/// When TLS cannot be set up.
pub fn http_client(endpoint: Option<&str>) -> anyhow::Result<SharedHttpClient> {
    // A stand-in's certificate is signed by whom the system trusts, or nobody is asked: plain HTTP.
    let roots = match endpoint {
        Some(_) => TrustStore::default(),
        None => TrustStore::empty().with_pem_certificate(AMAZON_ROOTS),
    };
    let tls = TlsContext::builder().with_trust_store(roots).build()?;
    Ok(Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls).build_https())
}

/// All calls of an invocation together are bounded by its deadline.
fn timeouts() -> TimeoutConfig {
    timeouts_of(Duration::from_secs(2))
}

/// There is room for four attempts that take so long.
pub fn timeouts_of(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(attempt)
        .operation_timeout(attempt * 4 + Duration::from_secs(1))
        .build()
}
