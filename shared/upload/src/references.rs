//! Which values of objects name an upload, one item each. They follow from the stream of the objects, so whoever writes an object
//! pays nothing for them.

use base::{
    Result,
    id::{ObjectId, ObjectTypeId, TeamId, UploadId},
    text::Slug,
};
use resources::{
    jobs::{Job, JobSubject, StoredJob},
    resource::{Resource as _, Resources},
};
use serde::{Deserialize, Serialize};
use table::{Attempt, AttributeValue, Condition, Item, Key, TableQuery, Tables, applied, decode, retry};

use crate::{GRACE_SECONDS, StoredUpload, Usage};

/// What the sort keys begin with.
const PREFIX: &str = "REF#";

/// A field of an object that names uploads, or did.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Referrer {
    /// The team of both.
    pub team: TeamId,
    /// The type of the object.
    pub object_type: ObjectTypeId,
    /// The object.
    pub object: ObjectId,
    /// The field.
    pub field: Slug,
    /// The version of the object with which this is so.
    pub version: u64,
}

/// The references to uploads.
#[derive(Clone)]
pub struct References {
    tables: Tables,
}

impl References {
    /// The references in these tables.
    pub fn new(tables: &Tables) -> Self {
        Self { tables: tables.clone() }
    }

    /// Whether a value names the upload.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn is_used(&self, upload: &UploadId) -> Result<bool> {
        let query = TableQuery::partition(partition(upload)).prefix(PREFIX).limit(1);
        Ok(!self.tables.workspace.query(query).await?.items.is_empty())
    }

    /// One page of the fields that name the upload.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn list(
        &self,
        upload: &UploadId,
        after: Option<Item>,
        limit: usize,
    ) -> Result<(Vec<Referrer>, Option<Item>)> {
        let query = TableQuery::partition(partition(upload)).prefix(PREFIX).after(after).limit(limit);
        let found = self.tables.workspace.query(query).await?;
        Ok((found.items.into_iter().map(decode).collect::<Result<_>>()?, found.next))
    }

    /// Stores that the field names the upload, if it does not know better already. An upload of another team, or none, is
    /// named by nobody.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn add(&self, upload: &UploadId, by: &Referrer) -> Result<()> {
        let key = key(upload, by);
        let is_news = Condition::Any(vec![Condition::ItemMissing, is_older(by)]);
        applied(
            self.tables.workspace.write(self.tables.workspace.put(key.clone(), by)?.when(is_news)).await,
        )?;
        // It is looked at after that write: whoever finds it unused meanwhile looks once more after theirs.
        let Some(found) = StoredUpload::find(&self.tables.workspace, &by.team, upload.as_str()).await? else {
            return Ok(self.tables.workspace.write(self.tables.workspace.delete(key)).await.map(drop)?);
        };
        // Somebody has deleted it just before this was told.
        if found.state().is_purging() {
            return self.revive(&found).await.map(drop);
        }
        match found.body.usage {
            Usage::Used => Ok(()),
            Usage::Never | Usage::Unused { .. } => self.settle(&by.team, upload).await,
        }
    }

    /// Takes back that an upload was marked to be removed if nothing needs it. Returns false if it was marked for good, or another
    /// write came between.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn revive(&self, marked: &StoredUpload) -> Result<bool> {
        let Some(job) = marked.state().job().cloned() else { return Ok(false) };
        let mut body = marked.body.clone();
        body.expiry_job = body.expiry_job.filter(|expiry| *expiry != job);
        let live = marked.clone().with_body(body);
        if !Resources::new(&self.tables).revive(live, &job).await? {
            return Ok(false);
        }
        self.settle(&marked.team, &marked.id).await?;
        Ok(true)
    }

    /// Stores that the field does not name the upload any more, if it does not know better already.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn remove(&self, upload: &UploadId, by: &Referrer) -> Result<()> {
        let deletion = self.tables.workspace.delete(key(upload, by)).when(is_older(by));
        applied(self.tables.workspace.write(deletion).await)?;
        self.settle(&by.team, upload).await
    }

    /// Removes all of an upload that is no more; whether none is left.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn clear(&self, upload: &UploadId) -> Result<bool> {
        let found =
            self.tables.workspace.query(TableQuery::partition(partition(upload)).prefix(PREFIX)).await?;
        for item in &found.items {
            if let Some(key) = Key::of(item) {
                self.tables.workspace.write(self.tables.workspace.delete(key)).await?;
            }
        }
        Ok(found.next.is_none())
    }

    /// Brings what is stored of the upload in line with its references, until nothing is left to do: two who do so at once
    /// may each have seen what was before the other's write.
    ///
    /// # Errors
    /// 503 when the database is busy or away, or others keep writing.
    pub async fn settle(&self, team: &TeamId, id: &UploadId) -> Result<()> {
        retry(StoredUpload::NOUN, || async move {
            let found = StoredUpload::find(&self.tables.workspace, team, id.as_str()).await?;
            let Some(upload) = found.filter(|upload| !upload.state().is_purging()) else {
                return Ok(Attempt::Done(()));
            };
            let usage = match (upload.body.usage, self.is_used(id).await?) {
                (Usage::Never | Usage::Unused { .. }, true) => Usage::Used,
                (Usage::Used, false) => Usage::Unused { since: self.tables.clock.now() },
                _ => return Ok(Attempt::Done(())),
            };
            self.store(&upload, usage).await?;
            Ok(Attempt::Conflict)
        })
        .await
    }

    /// Stores the usage of an upload, with the job that removes it when it was unused for its time. Its version stays: nobody
    /// has changed it.
    async fn store(&self, upload: &StoredUpload, usage: Usage) -> Result<()> {
        let now = self.tables.clock.now();
        let mut body = upload.body.clone();
        body.usage = usage;
        let mut writes = Vec::new();
        if let (Some(until), None) = (body.kept_until(upload.created_at), &body.expiry_job) {
            let subject = JobSubject::new(StoredUpload::KIND, upload.id.as_str());
            let times = (now, until.plus_seconds(GRACE_SECONDS));
            let job = StoredJob::new((&upload.team, subject), Job::Reclaim, times, upload.actor.clone());
            body.expiry_job = Some(job.id.clone());
            writes.push(job.write(&self.tables.workspace)?);
        }
        let mut after = upload.clone().with_body(body);
        writes.extend(upload.replacement(&mut after, &self.tables.workspace, now)?);
        // Of two who do this at once one may be refused: it looks again in any case.
        applied(self.tables.workspace.transact(writes).await).map(drop)
    }
}

/// What was stored of an earlier version of the object, or of this one.
fn is_older(by: &Referrer) -> Condition {
    Condition::AtMost("version".to_owned(), AttributeValue::N(by.version.to_string()))
}

fn partition(upload: &UploadId) -> String {
    format!("UPLOAD#{}", upload.as_str())
}

fn key(upload: &UploadId, by: &Referrer) -> Key {
    Key::new(partition(upload), format!("{PREFIX}{}#{}", by.object.as_str(), by.field))
}
