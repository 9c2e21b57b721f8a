//! A field has changed: every older object is made to agree with it as it is now, whatever the change was.

use std::sync::Arc;

use shared::{
    Code, Result,
    id::{ObjectId, ObjectTypeId},
    jobs::StoredJob,
    object_type::{Failed, StoredObjectType},
    table::{Attempt, AttributeValue, Item, Key, When, Write, WriteError, attribute, retry, text},
    text::Slug,
};
use tokio::task::JoinSet;

use crate::{
    AT_ONCE, Slice, Walk, Worker, last,
    plan::{Plan, Seen},
};

/// One run over some objects.
struct Run {
    worker: Worker,
    stored: StoredObjectType,
    field: Slug,
    actor: AttributeValue,
    checks: bool,
}

/// What was found out about an object.
#[derive(Default)]
struct Found {
    /// The object that has the same value.
    duplicate: Option<ObjectId>,
    contradicts: bool,
    is_too_large: bool,
}

impl Worker {
    pub(crate) async fn settle(
        &self,
        job: &mut StoredJob,
        object_type: &ObjectTypeId,
        field: &Slug,
    ) -> Result<Slice> {
        let stored = self.object_type(&job.team, object_type).await?;
        let Some(stored) = stored.filter(|stored| is_wanted(stored, job, field)) else {
            return self.drop(job).await;
        };
        let mut walk = Walk::new(stored.partition());
        let run = Arc::new(Run {
            worker: self.clone(),
            checks: stored.work.get(field).is_some_and(|work| work.checks),
            actor: attribute(&job.actor)?,
            field: field.clone(),
            stored,
        });
        while let Some(items) = walk.next(&self.objects, run.after(job)).await? {
            job.after = last(&items).or(job.after.take());
            run.clone().each(items, job).await?;
        }
        if walk.is_at_end { self.finish(job, object_type, field).await } else { Ok(Slice::More) }
    }

    /// Notes at the type that the work is done, or what stood in the way, and ends the job.
    async fn finish(&self, job: &StoredJob, object_type: &ObjectTypeId, field: &Slug) -> Result<Slice> {
        retry("object type", || async move {
            let stored = self.object_type(&job.team, object_type).await?;
            let Some(mut stored) = stored.filter(|stored| is_wanted(stored, job, field)) else {
                return self.drop(job).await.map(Attempt::Done);
            };
            let StoredJob { duplicates, contradictions, too_large, .. } = job.clone();
            let failed = Failed { duplicates, contradictions, too_large };
            if failed.is_nothing() {
                stored.work.remove(field);
            } else if let Some(work) = stored.work.get_mut(field) {
                work.slot = None;
                work.failed = Some(failed);
            }
            let mut writes = Vec::from(stored.write(&self.workspace, self.clock.now())?);
            writes.push(StoredJob::removal(&self.workspace, &job.id));
            Ok(Attempt::of(self.workspace.transact(writes).await)?.with(Slice::Ended))
        })
        .await
    }
}

/// Whether the type still waits for this very job.
fn is_wanted(stored: &StoredObjectType, job: &StoredJob, field: &Slug) -> bool {
    let is_over = stored.end.as_ref().is_some_and(|end| end.is_final);
    let work = stored.work.get(field);
    !is_over && work.is_some_and(|work| work.job == job.id && work.failed.is_none())
}

impl Run {
    /// Where the job goes on.
    fn after(&self, job: &StoredJob) -> Option<Item> {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let (pk, sk) = (self.stored.partition(), job.after.as_ref()?);
        Some([("pk".to_owned(), text(&pk)), ("sk".to_owned(), text(sk))].into())
    }

    /// Settles these objects, some at a time.
    async fn each(self: Arc<Self>, items: Vec<Item>, job: &mut StoredJob) -> Result<()> {
        let mut running = JoinSet::new();
        let mut items = items.into_iter();
        loop {
            while running.len() < AT_ONCE
                && let Some(item) = items.next()
            {
                let run = self.clone();
                running.spawn(async move { run.one(item).await });
            }
            let Some(outcome) = running.join_next().await else { return Ok(()) };
            let Some((id, found)) = outcome.map_err(anyhow::Error::from)?? else { continue };
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
    }

    /// Settles an object, under the condition that it is still as it was read; it is read again if not.
    async fn one(&self, item: Item) -> Result<Option<(ObjectId, Found)>> {
        let Some(id) = text(&item, "sk").map(str::to_owned) else { return Ok(None) };
        let (id, mut known) = (&id, Some(item));
        retry("object", || {
            let known = known.take();
            async move {
                let item = match known {
                    Some(item) => Some(item),
                    None => self.worker.objects.get(Key::new(self.stored.partition(), id)).await?,
                };
                let now = self.worker.clock.now();
                let Some(seen) = item.as_ref().and_then(|item| Seen::of(item, now)) else {
                    return Ok(Attempt::Done(None));
                };
                let plan = seen.plan(&self.stored, &self.field);
                let contradicts = self.checks && seen.contradicts(&self.stored, &self.field);
                let found = match self.write(&seen, plan).await {
                    Ok(duplicate) => Found { duplicate, contradicts, is_too_large: false },
                    // The others are not to wait for it.
                    Err(WriteError::Failed(error)) if error.code == Code::InvalidData => {
                        Found { duplicate: None, contradicts, is_too_large: true }
                    }
                    Err(WriteError::Failed(error)) => return Err(error),
                    Err(WriteError::Refused(_)) => return Ok(Attempt::Conflict),
                };
                Ok(Attempt::Done(Some((seen.id.clone(), found))))
            }
        })
        .await
    }

    /// Writes what is planned. If another object has the value, the rest is written, and it is told which one.
    async fn write(&self, seen: &Seen<'_>, plan: Plan) -> Result<Option<ObjectId>, WriteError> {
        if plan.is_empty() {
            return Ok(None);
        }
        let objects = &self.worker.objects;
        let mut writes = vec![self.update(seen, &plan)];
        if let Some(key) = &plan.take {
            let is_free = When::Any(vec![When::Absent, When::is_text("id", seen.id.as_str())]);
            let guard = [("id".to_owned(), attribute(&seen.id)?)].into();
            writes.push(objects.put_item(self.guard(key), guard).when(is_free));
        }
        if let Some(key) = &plan.release {
            let is_mine = When::Any(vec![When::Absent, When::is_text("id", seen.id.as_str())]);
            writes.push(objects.delete(self.guard(key)).when(is_mine));
        }
        let refused = match objects.transact(writes).await {
            Err(WriteError::Refused(refused)) if !refused.at(0) => refused,
            outcome => return outcome.map(|()| None),
        };
        if plan.take.is_none() || !refused.at(1) {
            // The guard that it gave up is another one's by now, so there is none to remove.
            objects.write(self.update(seen, &plan)).await?;
            return Ok(None);
        }
        let holder = refused.item(1).and_then(|guard| text(guard, "id")).and_then(ObjectId::parse);
        let rest = plan.without_guards();
        if !rest.is_empty() {
            objects.write(self.update(seen, &rest)).await?;
        }
        Ok(holder)
    }

    /// The update of an object. Its version grows only if its guards move, as who moves them too must notice; what it
    /// holds is the same.
    fn update(&self, seen: &Seen<'_>, plan: &Plan) -> Write {
        let key = Key::new(self.stored.partition(), seen.id.as_str());
        let mut write = self.worker.objects.update(key).set("actor", self.actor.clone());
        for (name, value) in &plan.set {
            write = write.set(name, value.clone());
        }
        for name in &plan.remove {
            write = write.remove(name);
        }
        if plan.moves_guards {
            write = write.add("version", 1);
        }
        let is_unchanged = When::is_number("version", seen.version).and(When::Unset("destroyed".to_owned()));
        write.when(is_unchanged)
    }

    fn guard(&self, key: &str) -> Key {
        Key::new(self.stored.guards(&self.field), key)
    }
}
