//! A million entries in minutes: written by the very code that the relay writes them with, as transactions of many.

use std::{ops::Range, sync::Arc};

use audit::{AuditLog, KEEP_DAYS, expires};
use table::{Table, Tables};
use tokio::task::JoinSet;

use super::log_profile::LogProfile;
use crate::{database::Database, place::Place, progress::Progress};

/// Entries of one transaction: DynamoDB takes no more.
const BATCH: usize = 100;
/// Transactions on their way at once: while one is written, the next ones are made.
const AT_ONCE: usize = 4;

/// Writes all of it, the oldest first, through another opening of the database in this place, one that does not wait for
/// the disk.
pub(super) async fn fill(place: &Place, profile: &Arc<LogProfile>) -> anyhow::Result<()> {
    let database = Database::to_be_filled(&place.files()?).await?;
    let tables = Tables::on_aws(&database.config())?;
    let log = AuditLog::new(&tables);
    let mut progress = Progress::new(format!("filling the log of {}", profile.size), profile.size);
    let (mut writing, mut done) = (JoinSet::new(), 0);
    for from in (0..profile.size).step_by(BATCH).rev() {
        if writing.len() == AT_ONCE
            && let Some(written) = writing.join_next().await
        {
            done += written??;
            progress.tell(done);
        }
        let ages = from..(from + BATCH).min(profile.size);
        writing.spawn(write(tables.activity.clone(), log.clone(), profile.clone(), ages));
    }
    while let Some(written) = writing.join_next().await {
        written??;
    }
    Ok(())
}

async fn write(
    activity: Table,
    log: AuditLog,
    profile: Arc<LogProfile>,
    ages: Range<usize>,
) -> anyhow::Result<usize> {
    let count = ages.len();
    let put = |age| {
        let entry = profile.entry(age)?;
        Ok(log.put(&profile.team, &entry, expires(entry.at, KEEP_DAYS))?)
    };
    let writes = ages.rev().map(put).collect::<anyhow::Result<_>>()?;
    activity.transact(writes).await.map_err(base::Error::from)?;
    Ok(count)
}
