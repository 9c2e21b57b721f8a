//! The environment, read once.

use std::env;

use tracing_subscriber::filter::LevelFilter;

/// What a function is told by its environment.
#[derive(Clone, Default)]
pub struct Config {
    /// The AWS region.
    pub region: String,
    /// The credentials of the function's role.
    pub credentials: Option<AccessKeys>,
    /// Another address of DynamoDB, for stand-ins.
    pub dynamodb_endpoint: Option<String>,
    /// Another address of Secrets Manager, for stand-ins.
    pub secrets_manager_endpoint: Option<String>,
    /// Another address of SQS, for stand-ins.
    pub sqs_endpoint: Option<String>,
    /// Another address of S3, for stand-ins.
    pub s3_endpoint: Option<String>,
    /// The bucket that files lie in.
    pub bucket: Option<String>,
    /// The queue of jobs.
    pub job_queue_url: Option<String>,
    /// The queue of requests to webhooks.
    pub request_queue_url: Option<String>,
    /// The queue of requests to webhooks that fail.
    pub slow_request_queue_url: Option<String>,
    /// The queue of deliveries that are to be tried again.
    pub retry_queue_url: Option<String>,
    /// The queue of changes that could not be told.
    pub parked_queue_url: Option<String>,
    /// Hosts that webhooks may be sent to whatever their addresses are, with commas between.
    pub webhook_allowed_hosts: Option<String>,
    /// Whether webhooks may be sent to in the clear.
    pub webhook_allows_http: bool,
    /// How often a team may ask one host by its webhooks in a second, if not the default number.
    pub webhook_requests_per_second: Option<u32>,
    /// The names of the tables.
    pub tables: TableNames,
    /// The secret that holds the key ring.
    pub key_ring_secret: Option<String>,
    /// The OpenID Connect issuer of sessions.
    pub oidc_issuer: Option<String>,
    /// The audience that sessions are for.
    pub oidc_audience: Option<String>,
    /// Where the issuer's configuration is, if not under the issuer.
    pub oidc_discovery_url: Option<String>,
    /// The origins whose pages may call the API, with commas between; every one if there is none.
    pub allowed_origins: Option<String>,
    /// Where people sign in, if not at the issuer.
    pub oidc_sign_in_url: Option<String>,
    /// The routes of another API, for an authorizer that stands in front of it.
    pub routes: Option<String>,
    /// How many bad credentials an address may send a minute, if not the default number.
    pub failures_per_minute: Option<u32>,
}

/// Credentials. They have no `Debug`, so that no log line can hold them by accident.
#[derive(Clone)]
pub struct AccessKeys {
    /// The access key's id.
    pub id: String,
    /// The secret access key.
    pub secret: String,
    /// The session token of temporary credentials.
    pub session: Option<String>,
}

/// The names of the four tables.
#[derive(Clone)]
pub struct TableNames {
    /// Users, teams, memberships, invitations, tokens.
    pub identity: String,
    /// Object types and all else that a team sets up.
    pub workspace: String,
    /// Objects and what keeps their fields unique.
    pub objects: String,
    /// What happened, and the records of idempotent requests.
    pub activity: String,
}

impl Default for TableNames {
    fn default() -> Self {
        let [identity, workspace, objects, activity] =
            ["identity", "workspace", "objects", "activity"].map(str::to_owned);
        Self { identity, workspace, objects, activity }
    }
}

impl Config {
    /// How much our own code logs.
    pub fn log_level() -> LevelFilter {
        env::var("LOG_LEVEL").ok().and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO)
    }

    /// Reads the environment. An empty variable counts as absent, as templates cannot leave one out.
    pub fn from_env() -> Self {
        let get = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let names = TableNames::default();
        let endpoint = get("AWS_ENDPOINT_URL");
        Self {
            region: get("AWS_REGION").unwrap_or_else(|| "us-east-1".to_owned()),
            credentials: get("AWS_ACCESS_KEY_ID")
                .zip(get("AWS_SECRET_ACCESS_KEY"))
                .map(|(id, secret)| AccessKeys { id, secret, session: get("AWS_SESSION_TOKEN") }),
            dynamodb_endpoint: get("AWS_ENDPOINT_URL_DYNAMODB").or_else(|| endpoint.clone()),
            secrets_manager_endpoint: get("AWS_ENDPOINT_URL_SECRETS_MANAGER").or_else(|| endpoint.clone()),
            sqs_endpoint: get("AWS_ENDPOINT_URL_SQS").or_else(|| endpoint.clone()),
            s3_endpoint: get("AWS_ENDPOINT_URL_S3").or(endpoint),
            bucket: get("BUCKET"),
            job_queue_url: get("JOB_QUEUE_URL"),
            request_queue_url: get("REQUEST_QUEUE_URL"),
            slow_request_queue_url: get("SLOW_REQUEST_QUEUE_URL"),
            retry_queue_url: get("RETRY_QUEUE_URL"),
            parked_queue_url: get("PARKED_QUEUE_URL"),
            webhook_allowed_hosts: get("WEBHOOK_ALLOWED_HOSTS"),
            webhook_allows_http: get("WEBHOOK_ALLOWS_HTTP").is_some_and(|value| value == "true"),
            webhook_requests_per_second: get("WEBHOOK_REQUESTS_PER_SECOND")
                .and_then(|number| number.parse().ok()),
            tables: TableNames {
                identity: get("TABLE_IDENTITY").unwrap_or(names.identity),
                workspace: get("TABLE_WORKSPACE").unwrap_or(names.workspace),
                objects: get("TABLE_OBJECTS").unwrap_or(names.objects),
                activity: get("TABLE_ACTIVITY").unwrap_or(names.activity),
            },
            key_ring_secret: get("KEY_RING_SECRET"),
            oidc_issuer: get("OIDC_ISSUER"),
            oidc_audience: get("OIDC_AUDIENCE"),
            oidc_discovery_url: get("OIDC_DISCOVERY_URL"),
            allowed_origins: get("ALLOWED_ORIGINS"),
            oidc_sign_in_url: get("OIDC_SIGN_IN_URL"),
            routes: get("ROUTES"),
            failures_per_minute: get("FAILURES_PER_MINUTE").and_then(|number| number.parse().ok()),
        }
    }
}
