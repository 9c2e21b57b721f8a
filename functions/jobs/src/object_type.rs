//! Destroys a type: its objects, their unique entries and its counters are removed, and then the type itself.

use std::sync::Arc;

use base::{
    Result,
    id::{ObjectId, ObjectTypeId},
    text::Slug,
};
use records::{
    object_type::{StoredObjectType, object_type_slug_key},
    objects::named_uploads,
};
use resources::{jobs::StoredJob, resource::Resource as _};
use table::{Item, Key, Table, applied, concurrent::concurrent, number, text};
use upload::{References, Referrer};

use crate::{AT_ONCE, Scan, Slice, Worker};

impl Worker {
    pub(crate) async fn destroy_type(
        &self,
        job: &mut StoredJob,
        object_type: &ObjectTypeId,
    ) -> Result<Slice> {
        let stored = StoredObjectType::find(&self.tables.workspace, &job.team, object_type.as_str()).await?;
        let is_mine = |stored: &StoredObjectType| {
            stored.deletion.as_ref().is_some_and(|deletion| deletion.job == job.id)
        };
        let Some(mut stored) = stored.filter(is_mine) else { return self.discard(job).await };
        if !self.is_irreversible(&mut stored).await? {
            return Ok(Slice::More);
        }
        let stored = Arc::new(stored);
        let mut scan = Scan::new(stored.partition());
        // What is removed is not found again, so each batch begins at the front.
        while let Some(items) = scan.next(&self.tables.objects, None).await? {
            job.done += u64::try_from(items.len()).unwrap_or_default();
            self.remove_all(&stored, items).await?;
        }
        if !scan.is_at_end || !self.remove_rest(&stored).await? {
            return Ok(Slice::More);
        }
        self.end(stored, job).await
    }

    /// Whether the type cannot be restored any more. Where its time in the trash is over, it is marked so
    /// first: a concurrent restore comes before that or is refused.
    async fn is_irreversible(&self, stored: &mut StoredObjectType) -> Result<bool> {
        match &mut stored.deletion {
            Some(deletion) if !deletion.is_irreversible => deletion.is_irreversible = true,
            _ => return Ok(true),
        }
        let writes = stored.write(&self.tables.workspace, self.tables.clock.now())?;
        applied(self.tables.workspace.transact(writes.into()).await)
    }

    /// Removes objects with their unique entries.
    async fn remove_all(&self, stored: &Arc<StoredObjectType>, items: Vec<Item>) -> Result<()> {
        let remove = |item| {
            let (objects, stored) = (self.tables.objects.clone(), stored.clone());
            let references = self.references.clone();
            async move {
                release_uploads(&references, &stored, &item).await?;
                remove(&objects, &stored, &item).await
            }
        };
        concurrent(AT_ONCE, items.into_iter().map(remove)).await.into_iter().collect()
    }

    /// Removes what is left in the partitions of unique entries and counters; whether all of it is gone.
    async fn remove_rest(&self, stored: &Arc<StoredObjectType>) -> Result<bool> {
        let slugs = stored.object_type.fields.iter().map(|field| &field.slug).chain(stored.migrations.keys());
        for slug in slugs {
            for partition in [stored.unique_partition(slug), stored.counter_partition(slug)] {
                let mut scan = Scan::new(partition);
                while let Some(items) = scan.next(&self.tables.objects, None).await? {
                    self.remove_all(stored, items).await?;
                }
                if !scan.is_at_end {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Removes the type, its stamp, its slug and the job, in one write.
    async fn end(&self, stored: Arc<StoredObjectType>, job: &StoredJob) -> Result<Slice> {
        let writes = vec![
            self.tables.workspace.delete(stored.key()).when(stored.is_unchanged()),
            self.tables.workspace.delete(stored.stamp_key()),
            self.tables.workspace.delete(object_type_slug_key(&stored.team, &stored.object_type.slug)),
            StoredJob::removal(&self.tables.workspace, &job.id),
        ];
        Ok(if applied(self.tables.workspace.transact(writes).await)? { Slice::Ended } else { Slice::More })
    }
}

/// What an object names is named by it no more. Of objects that go with their type the relay is not told.
async fn release_uploads(references: &References, stored: &StoredObjectType, item: &Item) -> Result<()> {
    let object = text(item, "sk").and_then(ObjectId::parse);
    let Some((object, version)) = object.zip(number(item, "version")) else { return Ok(()) };
    for (field, upload) in named_uploads(item) {
        let (team, object_type) = (stored.team.clone(), stored.object_type.id.clone());
        let by = Referrer { team, object_type, object: object.clone(), field, version };
        references.remove(&upload, &by).await?;
    }
    Ok(())
}

async fn remove(objects: &Table, stored: &StoredObjectType, item: &Item) -> Result<()> {
    let held = item.get("unique").and_then(|unique| unique.as_m().ok()).into_iter().flatten();
    for (slug, key) in held {
        if let (Some(slug), Ok(key)) = (Slug::parse(slug), key.as_s()) {
            objects.write(objects.delete(Key::new(stored.unique_partition(&slug), key))).await?;
        }
    }
    if let Some(key) = Key::of(item) {
        objects.write(objects.delete(key)).await?;
    }
    Ok(())
}
