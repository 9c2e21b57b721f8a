//! Who has fetched an upload: one item for each person, token and hour, from which the relay makes an entry of the audit log.

use base::{Result, Timestamp, actor::Actor, id::UploadId};
use serde::{Deserialize, Serialize};
use table::{Condition, Item, Key, Table, applied, decode};

use crate::StoredUpload;

const HOUR_SECONDS: i64 = 60 * 60;
/// The relay gets it from the stream within seconds; it is kept for a week in case the relay stands still.
const KEEP_SECONDS: i64 = 7 * 24 * HOUR_SECONDS;

/// An upload was fetched, for the first time in an hour.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Download {
    /// The upload.
    pub upload: UploadId,
    /// Its name.
    pub filename: String,
    /// When somebody got the URL.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// When this ends, in seconds since 1970.
    expires: i64,
}

impl Download {
    /// What the sort keys begin with.
    pub const PREFIX: &'static str = "DOWNLOAD#";

    /// Stores that somebody fetches the upload, unless it is stored for this hour.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn store(workspace: &Table, upload: &StoredUpload, actor: Actor, at: Timestamp) -> Result<()> {
        let user = actor.user.as_ref().map_or("", |user| user.as_str());
        let who = actor.token.as_ref().map_or(user, |token| token.as_str());
        let hour = at.seconds().div_euclid(HOUR_SECONDS);
        let key = Key::new(
            resources::workspace_partition(&upload.team),
            format!("{}{hour}#{}#{who}", Self::PREFIX, upload.id),
        );
        let expires = at.seconds() + KEEP_SECONDS;
        let (upload, filename) = (upload.id.clone(), upload.body.filename.clone());
        let download = Self { upload, filename, at, actor, expires };
        let write = workspace.put(key, &download)?.when(Condition::ItemMissing);
        applied(workspace.write(write).await).map(drop)
    }

    /// The one in an item.
    ///
    /// # Errors
    /// 500: what is stored always has its form.
    pub fn from_item(item: &Item) -> Result<Self> {
        decode(item.clone())
    }
}
