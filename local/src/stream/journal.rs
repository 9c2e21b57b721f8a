//! A second connection to the file of the embedded engine: the index that its streams lack, how far the relay came, and
//! what it could not tell.
//!
//! The engine counts the next number of a stream from the records that are there, and looks through all of them at each
//! write; it never removes one. With the index it looks one up, and what was handled is removed here.

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use anyhow::{Context as _, anyhow};
use dynoxide::{Database, storage::Storage};
use uuid::Uuid;

/// Exactly what the engine looks up.
const INDEX: &str = "CREATE INDEX IF NOT EXISTS engine_stream_records ON _stream_records \
    (table_name, CAST(sequence_number AS INTEGER), shard_id)";
const NOTES: &str = "CREATE TABLE IF NOT EXISTS engine_relay (table_name TEXT PRIMARY KEY, reached TEXT NOT NULL) WITHOUT ROWID; \
    CREATE TABLE IF NOT EXISTS engine_parked (place INTEGER PRIMARY KEY, record TEXT NOT NULL)";
/// Records that are removed together.
const TRIM: usize = 500;

/// The journal of a file.
pub(crate) struct Journal(Mutex<Storage>);

impl Journal {
    /// Opens it, before the engine opens the file.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub(crate) fn open(file: &Path) -> anyhow::Result<Self> {
        let path = file
            .to_str()
            .with_context(|| format!("{} is not UTF-8: choose another --data", file.display()))?;
        let storage = indexed(path)?;
        storage.conn().execute_batch(NOTES)?;
        // What is lost here when the machine stops is only looked at again.
        storage.conn().pragma_update(None, "synchronous", "NORMAL")?;
        Ok(Self(Mutex::new(storage)))
    }

    /// The last record of a table that was handled.
    pub(super) fn reached(&self, table: &str) -> anyhow::Result<Option<String>> {
        let storage = self.storage();
        let mut statement =
            storage.conn().prepare("SELECT reached FROM engine_relay WHERE table_name = ?1")?;
        let mut rows = statement.query([table])?;
        Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
    }

    /// Notes that all up to this record are handled, and removes some of them, in one transaction. The newest record of a
    /// table stays, as the engine counts on from it.
    pub(super) fn note(&self, table: &str, reached: &str) -> anyhow::Result<()> {
        // The API tells a number with a 1 and zeros before it.
        let number: i64 = reached.get(1..).unwrap_or_default().parse().context("a number of a record")?;
        let storage = self.storage();
        let transaction = storage.conn().unchecked_transaction()?;
        transaction.execute("INSERT OR REPLACE INTO engine_relay VALUES (?1, ?2)", (table, reached))?;
        transaction.execute(
            "DELETE FROM _stream_records WHERE id IN (
                SELECT id FROM _stream_records
                WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) <= ?2 AND CAST(sequence_number AS INTEGER) <
                    (SELECT MAX(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = ?1)
                ORDER BY CAST(sequence_number AS INTEGER) LIMIT ?3)",
            (table, number, TRIM),
        )?;
        Ok(transaction.commit()?)
    }

    /// Keeps a record that could not be told.
    pub(super) fn park(&self, record: &str) -> anyhow::Result<()> {
        self.storage().conn().execute("INSERT INTO engine_parked (record) VALUES (?1)", [record])?;
        Ok(())
    }

    /// The records that could not be told, with their places.
    pub(super) fn parked(&self) -> anyhow::Result<Vec<(i64, String)>> {
        let storage = self.storage();
        let mut statement =
            storage.conn().prepare("SELECT place, record FROM engine_parked ORDER BY place")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Forgets a record that was told after all.
    pub(super) fn unpark(&self, place: i64) -> anyhow::Result<()> {
        self.storage().conn().execute("DELETE FROM engine_parked WHERE place = ?1", [place])?;
        Ok(())
    }

    fn storage(&self) -> MutexGuard<'_, Storage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An engine in memory with the index. Nobody else can reach a database in memory, but one can begin as a copy of another.
///
/// # Errors
/// When there is no memory to be had.
pub(crate) fn in_memory() -> anyhow::Result<Database> {
    let template = format!("file:{}?mode=memory&cache=shared", Uuid::new_v4());
    let _kept_until_copied = indexed(&template)?;
    let database = Database::memory().map_err(|error| anyhow!("{error}"))?;
    database.restore_from(&template).map_err(|error| anyhow!("{error}"))?;
    Ok(database)
}

fn indexed(path: &str) -> anyhow::Result<Storage> {
    let storage = Storage::new(path).map_err(|error| anyhow!("cannot open {path}: {error}"))?;
    storage.conn().execute_batch(INDEX).with_context(|| format!("cannot prepare {path}"))?;
    Ok(storage)
}

#[cfg(test)]
mod tests;
