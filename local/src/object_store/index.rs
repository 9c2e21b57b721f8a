//! The index: which file holds the object of a key now, and what else is known of it.

use std::{collections::HashMap, path::Path};

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::durability::Durability;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS objects (
        key TEXT PRIMARY KEY NOT NULL, file TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
        content_type TEXT, sha256 TEXT, metadata TEXT NOT NULL, last_modified INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS uploads (
        id TEXT PRIMARY KEY NOT NULL, key TEXT NOT NULL, content_type TEXT, metadata TEXT NOT NULL,
        started INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS parts (
        upload TEXT NOT NULL, number INTEGER NOT NULL, file TEXT NOT NULL, size INTEGER NOT NULL,
        md5 BLOB NOT NULL, sha256 TEXT, last_modified INTEGER NOT NULL, PRIMARY KEY (upload, number)
    ) STRICT, WITHOUT ROWID;";
const COLUMNS: &str = "key, file, size, etag, content_type, sha256, metadata, last_modified";

/// What clients tell of an object, by the names of their own.
pub(super) type Metadata = HashMap<String, String>;

/// An object as it is indexed.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) key: String,
    pub(super) file: String,
    pub(super) size: i64,
    pub(super) etag: String,
    pub(super) content_type: Option<String>,
    /// In base64, if the client told it.
    pub(super) sha256: Option<String>,
    pub(super) metadata: Metadata,
    /// In milliseconds of Unix.
    pub(super) last_modified: i64,
}

/// Opens the index, and makes it if there is none.
///
/// # Errors
/// When it cannot be opened, because another process has it open for example.
pub(super) fn open(path: &Path, durability: Durability) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    // One process only: a second one would remove the files that the first one is writing.
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // With less than FULL a loss of power takes back what was acknowledged: in a log, NORMAL waits only at checkpoints.
    let synchronous = match durability {
        Durability::Disk => "FULL",
        Durability::Process => "OFF",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.execute_batch(SCHEMA)?;
    // Takes the lock now instead of at the first write.
    connection.execute_batch("BEGIN EXCLUSIVE; COMMIT")?;
    Ok(connection)
}

/// The object of a key.
pub(super) fn object(connection: &Connection, key: &str) -> rusqlite::Result<Option<Object>> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM objects WHERE key = ?1"))?;
    statement.query_row([key], object_of).optional()
}

/// The objects of a prefix after a key, in the order of their keys.
pub(super) fn objects(
    connection: &Connection,
    prefix: &str,
    after: &str,
    count: usize,
) -> rusqlite::Result<Vec<Object>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM objects WHERE key >= ?1 AND key <> ?2 ORDER BY key"
    ))?;
    // One bound, so that each page is found at once.
    let rows = statement.query_map([prefix.max(after), after], object_of)?;
    let in_prefix =
        |row: &rusqlite::Result<Object>| row.as_ref().map_or(true, |object| object.key.starts_with(prefix));
    rows.take_while(in_prefix).take(count).collect()
}

/// Makes this the object of its key.
pub(super) fn put(connection: &Connection, object: &Object) -> rusqlite::Result<()> {
    let Object { key, file, size, etag, content_type, sha256, metadata, last_modified } = object;
    let mut statement = connection.prepare_cached(&format!(
        "INSERT OR REPLACE INTO objects ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
    ))?;
    let metadata = metadata_text(metadata);
    statement.execute(params![key, file, size, etag, content_type, sha256, metadata, last_modified])?;
    Ok(())
}

/// Removes the object of a key, and tells its file.
pub(super) fn delete(connection: &Connection, key: &str) -> rusqlite::Result<Option<String>> {
    let mut statement = connection.prepare_cached("DELETE FROM objects WHERE key = ?1 RETURNING file")?;
    statement.query_row([key], |row| row.get(0)).optional()
}

/// All files that an object or a part names.
pub(super) fn files(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare("SELECT file FROM objects UNION ALL SELECT file FROM parts")?;
    statement.query_map([], |row| row.get(0))?.collect()
}

/// The text that is stored of metadata.
pub(super) fn metadata_text(metadata: &Metadata) -> String {
    serde_json::json!(metadata).to_string()
}

/// The metadata of a stored text.
///
/// # Errors
/// When this is no such text.
pub(super) fn metadata_of(row: &Row<'_>, column: &str) -> rusqlite::Result<Metadata> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, error.into())
    })
}

fn object_of(row: &Row<'_>) -> rusqlite::Result<Object> {
    Ok(Object {
        key: row.get("key")?,
        file: row.get("file")?,
        size: row.get("size")?,
        etag: row.get("etag")?,
        content_type: row.get("content_type")?,
        sha256: row.get("sha256")?,
        metadata: metadata_of(row, "metadata")?,
        last_modified: row.get("last_modified")?,
    })
}
