//! Uploads in parts, as they are indexed.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::index::{self, Metadata};

const UPLOAD: &str = "id, key, content_type, metadata, started";
const PART: &str = "number, file, size, md5, sha256, last_modified";

/// An upload that is neither completed nor aborted.
#[derive(Clone, Debug)]
pub(super) struct Upload {
    pub(super) id: String,
    pub(super) key: String,
    pub(super) content_type: Option<String>,
    pub(super) metadata: Metadata,
    /// In milliseconds of Unix.
    pub(super) started: i64,
}

/// A part that was sent.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) number: i32,
    pub(super) file: String,
    pub(super) size: i64,
    pub(super) md5: Vec<u8>,
    /// In base64, if the client told it.
    pub(super) sha256: Option<String>,
    /// In milliseconds of Unix.
    pub(super) last_modified: i64,
}

/// Starts an upload.
pub(super) fn start(connection: &Connection, upload: &Upload) -> rusqlite::Result<()> {
    let Upload { id, key, content_type, metadata, started } = upload;
    let mut statement =
        connection.prepare_cached(&format!("INSERT INTO uploads ({UPLOAD}) VALUES (?1, ?2, ?3, ?4, ?5)"))?;
    statement.execute(params![id, key, content_type, index::metadata_text(metadata), started])?;
    Ok(())
}

/// An upload of a key.
pub(super) fn upload(connection: &Connection, id: &str, key: &str) -> rusqlite::Result<Option<Upload>> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {UPLOAD} FROM uploads WHERE id = ?1 AND key = ?2"))?;
    statement.query_row([id, key], upload_of).optional()
}

/// The uploads of a prefix after one of them, in the order of their keys.
pub(super) fn uploads(
    connection: &Connection,
    prefix: &str,
    after: (&str, &str),
    count: usize,
) -> rusqlite::Result<Vec<Upload>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {UPLOAD} FROM uploads WHERE key >= ?1 AND (key, id) > (?2, ?3) ORDER BY key, id"
    ))?;
    let rows = statement.query_map([prefix, after.0, after.1], upload_of)?;
    let in_prefix = |upload: &Upload| upload.key.starts_with(prefix);
    rows.filter(|row| row.as_ref().map_or(true, in_prefix)).take(count).collect()
}

/// Ends an upload, and tells the files of its parts.
pub(super) fn end(connection: &Connection, id: &str) -> rusqlite::Result<Vec<String>> {
    connection.prepare_cached("DELETE FROM uploads WHERE id = ?1")?.execute([id])?;
    let mut statement = connection.prepare_cached("DELETE FROM parts WHERE upload = ?1 RETURNING file")?;
    statement.query_map([id], |row| row.get(0))?.collect()
}

/// Makes this the part of its number, and tells the file of an earlier one.
pub(super) fn put(connection: &Connection, upload: &str, part: &Part) -> rusqlite::Result<Option<String>> {
    let Part { number, file, size, md5, sha256, last_modified } = part;
    let earlier = connection
        .prepare_cached("DELETE FROM parts WHERE upload = ?1 AND number = ?2 RETURNING file")?
        .query_row(params![upload, number], |row| row.get(0))
        .optional()?;
    let mut statement = connection
        .prepare_cached(&format!("INSERT INTO parts (upload, {PART}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"))?;
    statement.execute(params![upload, number, file, size, md5, sha256, last_modified])?;
    Ok(earlier)
}

/// The parts of an upload after a number, in their order.
pub(super) fn parts(
    connection: &Connection,
    upload: &str,
    after: i32,
    count: usize,
) -> rusqlite::Result<Vec<Part>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {PART} FROM parts WHERE upload = ?1 AND number > ?2 ORDER BY number"
    ))?;
    statement.query_map(params![upload, after], part_of)?.take(count).collect()
}

fn upload_of(row: &Row<'_>) -> rusqlite::Result<Upload> {
    Ok(Upload {
        id: row.get("id")?,
        key: row.get("key")?,
        content_type: row.get("content_type")?,
        metadata: index::metadata_of(row, "metadata")?,
        started: row.get("started")?,
    })
}

fn part_of(row: &Row<'_>) -> rusqlite::Result<Part> {
    Ok(Part {
        number: row.get("number")?,
        file: row.get("file")?,
        size: row.get("size")?,
        md5: row.get("md5")?,
        sha256: row.get("sha256")?,
        last_modified: row.get("last_modified")?,
    })
}
