//! The platform of every function: the tables, the keys, the clock.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use anyhow::Context as _;

use crate::{
    aws,
    clock::Clock,
    config::Config,
    keys::{KeySource, Keys},
    table::{Key, Table},
};

/// So long a start waits for what it connects to.
const WARM_MAX: Duration = Duration::from_secs(5);

/// The tables, the keys, the clock.
#[derive(Clone)]
pub struct Platform {
    /// Users, teams, memberships, invitations, tokens.
    pub identity: Table,
    /// Object types and all else that a team sets up.
    pub workspace: Table,
    /// Objects and what keeps their fields unique.
    pub objects: Table,
    /// What happened, and the records of idempotent requests.
    pub activity: Table,
    /// The key ring.
    pub keys: Keys,
    /// The clock.
    pub clock: Clock,
}

impl Platform {
    /// The platform in the cloud.
    ///
    /// # Errors
    /// When the environment lacks what the clients need.
    pub fn on_aws(config: &Config) -> anyhow::Result<Self> {
        let secret = config.key_ring_secret.clone().context("KEY_RING_SECRET is not set")?;
        let keys = SecretsManager { client: aws::secrets_manager(config)?, secret };
        Self::new(config, Arc::new(keys))
    }

    /// The platform with another place for the key ring.
    ///
    /// # Errors
    /// When the environment lacks what the clients need.
    pub fn new(config: &Config, keys: Arc<dyn KeySource>) -> anyhow::Result<Self> {
        let client = aws::dynamodb(config)?;
        let table = |name: &str| Table::new(client.clone(), name);
        Ok(Self {
            identity: table(&config.tables.identity),
            workspace: table(&config.tables.workspace),
            objects: table(&config.tables.objects),
            activity: table(&config.tables.activity),
            keys: Keys::new(keys),
            clock: Clock::default(),
        })
    }

    /// The platform in the cloud, of a function that needs no keys.
    ///
    /// # Errors
    /// When the environment lacks what the clients need.
    pub(crate) fn without_keys(config: &Config) -> anyhow::Result<Self> {
        Self::new(config, Arc::new(NoKeys))
    }

    /// Fetches the key ring and connects to DynamoDB, at once, while the function starts and has the whole processor.
    /// What fails here is tried again when it is needed, and what takes too long as well: Lambda gives a start ten seconds.
    pub(crate) async fn warm(&self, table: &Table, key: Key) {
        let connecting = async { tokio::join!(self.keys.ring(), table.get(key)) };
        let Ok((ring, item)) = tokio::time::timeout(WARM_MAX, connecting).await else {
            tracing::warn!("the key ring or DynamoDB did not answer at the start");
            return;
        };
        if let Err(error) = ring {
            tracing::warn!(cause = format!("{error:#}"), "the key ring could not be fetched at the start");
        }
        if let Err(error) = item {
            tracing::warn!(code = error.code.name(), "DynamoDB could not be reached at the start");
        }
    }
}

/// No key ring at all.
struct NoKeys;

impl KeySource for NoKeys {
    fn fetch(&self) -> Pin<Box<dyn Future<Output = anyhow::Result<String>> + Send + '_>> {
        Box::pin(async { anyhow::bail!("this function has no key ring") })
    }
}

/// The key ring in AWS Secrets Manager.
struct SecretsManager {
    client: aws_sdk_secretsmanager::Client,
    secret: String,
}

impl KeySource for SecretsManager {
    fn fetch(&self) -> Pin<Box<dyn Future<Output = anyhow::Result<String>> + Send + '_>> {
        Box::pin(async {
            let answer = self.client.get_secret_value().secret_id(&self.secret).send().await?;
            answer.secret_string.context("the key ring secret holds no text")
        })
    }
}
