//! Backfill of one field: brings every existing object in line with the field's current definition.

use std::sync::Arc;

use base::{
    Code, Result,
    id::{ObjectId, ObjectTypeId},
    text::Slug,
};
use records::object_type::{MigrationConflicts, StoredObjectType};
use resources::jobs::StoredJob;
use resources::resource::Resource as _;
use table::{
    Attempt, AttributeValue, Condition, Item, Key, Write, WriteError, attribute, concurrent::concurrent,
    retry, text,
};

use crate::{
    AT_ONCE, Scan, Slice, Worker, last,
    plan::{ObjectSnapshot, Plan},
};

/// One run over some objects.
struct Run {
    worker: Worker,
    stored: StoredObjectType,
    field: Slug,
    actor: AttributeValue,
    checks: bool,
}

/// The findings about one object.
#[derive(Default)]
struct Found {
    /// The object that has the same value.
    duplicate: Option<ObjectId>,
    contradicts: bool,
    is_too_large: bool,
}

impl Worker {
    pub(crate) async fn backfill(
        &self,
        job: &mut StoredJob,
        object_type: &ObjectTypeId,
        field: &Slug,
    ) -> Result<Slice> {
        let stored = StoredObjectType::find(&self.tables.workspace, &job.team, object_type.as_str()).await?;
        let Some(stored) = stored.filter(|stored| is_wanted(stored, job, field)) else {
            return self.discard(job).await;
        };
        let mut scan = Scan::new(stored.partition());
        let run = Arc::new(Run {
            worker: self.clone(),
            checks: stored.migrations.get(field).is_some_and(|migration| migration.checks),
            actor: attribute(&job.actor)?,
            field: field.clone(),
            stored,
        });
        while let Some(items) = scan.next(&self.tables.objects, run.after(job)).await? {
            job.after = last(&items).or(job.after.take());
            run.clone().backfill_all(items, job).await?;
        }
        if scan.is_at_end { self.finish(job, object_type, field).await } else { Ok(Slice::More) }
    }

    /// Stores at the type that the migration is done, or what stood in the way, and ends the job.
    async fn finish(&self, job: &StoredJob, object_type: &ObjectTypeId, field: &Slug) -> Result<Slice> {
        retry("object type", || async move {
            let stored =
                StoredObjectType::find(&self.tables.workspace, &job.team, object_type.as_str()).await?;
            let Some(mut stored) = stored.filter(|stored| is_wanted(stored, job, field)) else {
                return self.discard(job).await.map(Attempt::Done);
            };
            let StoredJob { duplicates, contradictions, too_large, .. } = job.clone();
            let conflicts = MigrationConflicts { duplicates, contradictions, too_large };
            if conflicts.is_empty() {
                stored.migrations.remove(field);
            } else if let Some(migration) = stored.migrations.get_mut(field) {
                migration.slot = None;
                migration.conflicts = Some(conflicts);
            }
            let mut writes = Vec::from(stored.write(&self.tables.workspace, self.tables.clock.now())?);
            writes.push(StoredJob::removal(&self.tables.workspace, &job.id));
            Ok(Attempt::of(self.tables.workspace.transact(writes).await)?.with(Slice::Ended))
        })
        .await
    }
}

/// Whether the type still waits for this very job.
fn is_wanted(stored: &StoredObjectType, job: &StoredJob, field: &Slug) -> bool {
    let is_being_destroyed = stored.deletion.as_ref().is_some_and(|deletion| deletion.is_irreversible);
    let migration = stored.migrations.get(field);
    !is_being_destroyed
        && migration.is_some_and(|migration| migration.job == job.id && migration.conflicts.is_none())
}

impl Run {
    /// The key behind which the job goes on.
    fn after(&self, job: &StoredJob) -> Option<Item> {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let (pk, sk) = (self.stored.partition(), job.after.as_ref()?);
        Some([("pk".to_owned(), text(&pk)), ("sk".to_owned(), text(sk))].into())
    }

    /// Backfills these objects, some at a time.
    async fn backfill_all(self: Arc<Self>, items: Vec<Item>, job: &mut StoredJob) -> Result<()> {
        let backfill = |item| {
            let run = self.clone();
            async move { run.backfill_one(item).await }
        };
        for outcome in concurrent(AT_ONCE, items.into_iter().map(backfill)).await {
            let Some((id, found)) = outcome? else { continue };
            job.done += 1;
            if let Some(other) = found.duplicate {
                job.duplicates.add([other, id.clone()]);
            }
            if found.contradicts {
                job.contradictions.add([id.clone()]);
            }
            if found.is_too_large {
                job.too_large.add([id]);
            }
        }
        Ok(())
    }

    /// Backfills an object, on the condition that it is still as it was read; it is read again if not.
    async fn backfill_one(&self, item: Item) -> Result<Option<(ObjectId, Found)>> {
        let Some(id) = text(&item, "sk").map(str::to_owned) else { return Ok(None) };
        let (id, mut known) = (&id, Some(item));
        retry("object", || {
            let known = known.take();
            async move {
                let item = match known {
                    Some(item) => Some(item),
                    None => self.worker.tables.objects.get(Key::new(self.stored.partition(), id)).await?,
                };
                let now = self.worker.tables.clock.now();
                let Some(snapshot) = item.as_ref().and_then(|item| ObjectSnapshot::of(item, now)) else {
                    return Ok(Attempt::Done(None));
                };
                let plan = snapshot.plan(&self.stored, &self.field);
                let contradicts = self.checks && snapshot.contradicts(&self.stored, &self.field);
                let found = match self.write(&snapshot, plan).await {
                    Ok(duplicate) => Found { duplicate, contradicts, is_too_large: false },
                    // The others are not to wait for it.
                    Err(WriteError::Failed(error)) if error.code == Code::InvalidData => {
                        Found { duplicate: None, contradicts, is_too_large: true }
                    }
                    Err(WriteError::Failed(error)) => return Err(error),
                    Err(WriteError::ConditionFailed(_)) => return Ok(Attempt::Conflict),
                };
                Ok(Attempt::Done(Some((snapshot.id.clone(), found))))
            }
        })
        .await
    }

    /// Writes what is planned. If another object owns the unique value, the rest is written, and that object is
    /// returned.
    async fn write(&self, snapshot: &ObjectSnapshot<'_>, plan: Plan) -> Result<Option<ObjectId>, WriteError> {
        if plan.is_empty() {
            return Ok(None);
        }
        let objects = &self.worker.tables.objects;
        let mut writes = vec![self.update(snapshot, &plan)];
        if let Some(key) = &plan.claim {
            let is_free =
                Condition::Any(vec![Condition::ItemMissing, Condition::is_text("id", snapshot.id.as_str())]);
            let entry = [("id".to_owned(), attribute(&snapshot.id)?)].into();
            writes.push(objects.put_item(self.entry_key(key), entry).when(is_free));
        }
        if let Some(key) = &plan.release {
            let is_mine =
                Condition::Any(vec![Condition::ItemMissing, Condition::is_text("id", snapshot.id.as_str())]);
            writes.push(objects.delete(self.entry_key(key)).when(is_mine));
        }
        let refused = match objects.transact(writes).await {
            Err(WriteError::ConditionFailed(refused)) if !refused.at(0) => refused,
            outcome => return outcome.map(|()| None),
        };
        if plan.claim.is_none() || !refused.at(1) {
            // The unique entry that it releases is another object's by now, so there is none to remove.
            objects.write(self.update(snapshot, &plan)).await?;
            return Ok(None);
        }
        let owner = refused.item(1).and_then(|entry| text(entry, "id")).and_then(ObjectId::parse);
        let rest = plan.without_unique_entry();
        if !rest.is_empty() {
            objects.write(self.update(snapshot, &rest)).await?;
        }
        Ok(owner)
    }

    /// The update of an object. Its version grows only if its unique entry changes, so that concurrent changes
    /// of the entry conflict; the values of the object stay the same.
    fn update(&self, snapshot: &ObjectSnapshot<'_>, plan: &Plan) -> Write {
        let key = Key::new(self.stored.partition(), snapshot.id.as_str());
        let mut write = self.worker.tables.objects.update(key).set("actor", self.actor.clone());
        for (name, value) in &plan.set {
            write = write.set(name, value.clone());
        }
        for name in &plan.remove {
            write = write.remove(name);
        }
        if plan.moves_unique_entry {
            write = write.add("version", 1);
        }
        let is_unchanged = Condition::is_number("version", snapshot.version)
            .and(Condition::AttributeMissing("destroyed".to_owned()));
        write.when(is_unchanged)
    }

    fn entry_key(&self, key: &str) -> Key {
        Key::new(self.stored.unique_partition(&self.field), key)
    }
}
