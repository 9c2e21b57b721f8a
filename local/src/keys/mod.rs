//! `engine keys`: which keys of the key ring are needed, by what, and which can be removed.

mod report;
mod usage;

use std::{path::PathBuf, sync::Arc};

use anyhow::{anyhow, ensure};
use base::Error;
use clap::Args;
use keys::Platform;
use table::config::Config;

use crate::{
    data::Data,
    database::Database,
    key_ring::{KEY_RING, LocalKeyRing},
};

use self::usage::KeyUsage;

/// Whose keys to tell of.
#[derive(Clone, Debug, Args)]
pub struct KeysOptions {
    /// The directory of an engine that does not run now
    #[arg(long, value_name = "DIR", default_value = ".engine")]
    pub data: PathBuf,

    /// The tables and the key ring of a deployment, which the environment names as it does for the functions:
    /// `TABLE_IDENTITY`, `TABLE_WORKSPACE`, `KEY_RING_SECRET`, `AWS_REGION`, `AWS_ACCESS_KEY_ID`, …
    #[arg(long, conflicts_with = "data")]
    pub aws: bool,
}

/// Tells which keys are needed, by what, and which can be removed.
///
/// # Errors
/// When the tables or the key ring cannot be read.
pub async fn list(options: &KeysOptions) -> anyhow::Result<String> {
    if options.aws {
        return told(&Platform::on_aws(&Config::from_env())?).await;
    }
    let path = &options.data;
    ensure!(
        path.join(KEY_RING).exists(),
        "no engine has run in {}: choose its directory with --data",
        path.display()
    );
    let data = Data::open(path)?;
    let database = Database::start(data.file("database.sqlite")?.as_deref()).await?;
    let keys = LocalKeyRing::File(path.join(KEY_RING));
    let text = told(&Platform::new(&crate::config(database.url()), Arc::new(keys))?).await;
    database.stop().await;
    text
}

async fn told(platform: &Platform) -> anyhow::Result<String> {
    let ring = platform.keys.ring().await?;
    let mut usage = KeyUsage::new(platform.clock.now());
    for table in [&platform.identity, &platform.workspace] {
        let mut after = None;
        loop {
            let page = table.scan(after).await.map_err(unreadable)?;
            for item in page.items {
                usage.count(item).map_err(unreadable)?;
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(report::of(&ring, &usage))
}

fn unreadable(error: Error) -> anyhow::Error {
    // Its causes are for the log.
    drop(error.respond("keys"));
    anyhow!("the tables cannot be read")
}
