//! The entries by which forms are found: one for each key, under its hash. An entry has the version of its form, so that whoever
//! has the form in memory knows with one small read whether it is still as it was.

use base::{
    Result, Timestamp,
    id::{FormId, ObjectTypeId, TeamId},
    public_key::PublicKey,
};
use keys::{KeyRing, KeyedHash};
use serde::{Deserialize, Serialize};
use table::{Key, Table, Write, decode};

use crate::{PreviousKey, StoredForm};

/// The entry of a key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyEntry {
    /// The team.
    pub team: TeamId,
    /// The form.
    pub form: FormId,
    /// The type of the objects that it makes.
    pub object_type: ObjectTypeId,
    /// The version of the form.
    pub version: u64,
    /// Until when the form is found by this key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// When the table removes it, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<i64>,
}

/// The entry of a key that somebody has sent, if there is one.
///
/// # Errors
/// 503 when the database is busy or away.
pub async fn find_key(
    workspace: &Table,
    ring: &KeyRing,
    key: &PublicKey,
    now: Timestamp,
) -> Result<Option<KeyEntry>> {
    let hashes = ring.candidate_hashes(key.reveal());
    let found = match hashes.iter().collect::<Vec<_>>().as_slice() {
        [one] => workspace.get(entry_key(one)).await?,
        several => workspace.get_many(several.iter().map(|hash| entry_key(hash)).collect()).await?.pop(),
    };
    let entry: Option<KeyEntry> = found.map(decode).transpose()?;
    Ok(entry.filter(|entry| entry.until.is_none_or(|until| now < until)))
}

fn entry_key(hash: &KeyedHash) -> Key {
    Key::new(format!("FORMKEY#{}", hash.text()), "FORM")
}

impl StoredForm {
    /// The writes of the entries of its keys.
    pub(crate) fn entry_writes(&self, workspace: &Table) -> Result<Vec<Write>> {
        let mut writes = vec![workspace.put(entry_key(&self.key.hash), &self.entry(None))?];
        if let Some(PreviousKey { key, until }) = &self.previous {
            let entry = workspace.put(entry_key(&key.hash), &self.entry(Some(*until)))?;
            writes.push(entry);
        }
        Ok(writes)
    }

    /// The writes that put the entries of its keys in the place of those of the form before.
    pub(crate) fn entry_changes(&self, before: &Self, workspace: &Table) -> Result<Vec<Write>> {
        let kept: Vec<_> = self.hashes().collect();
        let ended = before.hashes().filter(|hash| !kept.contains(hash));
        let mut writes: Vec<_> = ended.map(|hash| workspace.delete(entry_key(hash))).collect();
        writes.extend(self.entry_writes(workspace)?);
        Ok(writes)
    }

    /// The writes that remove the entries of its keys.
    pub(crate) fn entry_removals(&self, workspace: &Table) -> Vec<Write> {
        self.hashes().map(|hash| workspace.delete(entry_key(hash))).collect()
    }

    fn hashes(&self) -> impl Iterator<Item = &KeyedHash> {
        std::iter::once(&self.key)
            .chain(self.previous.iter().map(|previous| &previous.key))
            .map(|key| &key.hash)
    }

    fn entry(&self, until: Option<Timestamp>) -> KeyEntry {
        KeyEntry {
            team: self.team.clone(),
            form: self.id.clone(),
            object_type: self.form.object_type.clone(),
            version: self.version,
            until,
            expires: until.map(|until| until.seconds() + 1),
        }
    }
}
