//! What a function with keys stands on: the tables, the clock and the key ring.

use std::{future::Future, ops::Deref, pin::Pin, sync::Arc, time::Duration};

use anyhow::Context as _;
use table::{Key, Table, Tables, aws, config::Config};

use crate::{KeySource, Keys};

/// So long a start waits for what it connects to.
const WARM_MAX: Duration = Duration::from_secs(5);

/// The tables and the keys.
#[derive(Clone)]
pub struct Platform {
    /// The tables and the clock.
    pub tables: Tables,
    /// The key ring.
    pub keys: Keys,
}

impl Deref for Platform {
    type Target = Tables;

    fn deref(&self) -> &Tables {
        &self.tables
    }
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
        Ok(Self { tables: Tables::on_aws(config)?, keys: Keys::new(keys) })
    }

    /// Fetches the key ring and connects to DynamoDB, at once, while the function starts and has the whole processor.
    /// What fails here is tried again when it is needed, and what takes too long as well: Lambda gives a start ten seconds.
    pub async fn warm(&self, table: &Table, key: Key) {
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
