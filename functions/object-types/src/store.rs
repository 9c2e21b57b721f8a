//! The storage of object types: in their team's partition, with a unique entry for each slug.

use std::sync::Arc;

use api::{
    Member,
    extract::{IfMatch, Page},
};
use base::{
    Code, Error, Fault, Result, Timestamp, Violation,
    clock::Clock,
    id::{JobId, ObjectTypeId, TeamId},
    text::Slug,
};
use records::object_type::{
    ObjectType, PROPAGATION_SECONDS, StoredObjectType, find, no_such_type, release_slug, take_slug,
};
use resources::TrashFilter;
use resources::jobs::{Job, JobMessage, JobSubject, Jobs, StoredJob};
use resources::{TRASH_SECONDS, workspace_partition};
use table::Tables;
use table::{Attempt, Condition, Item, Table, TableQuery, Write, WriteError, attribute, queue::Queue, retry};

use crate::{
    change::Draft,
    count_limit::{count_one, recount, slug_taken_write},
    migration::plan_migration,
    object_type::NewObjectType,
    view::{ObjectTypeView, jobs_of},
};

/// The object types.
#[derive(Clone)]
pub struct Store {
    pub(crate) workspace: Table,
    pub(crate) objects: Table,
    pub(crate) clock: Clock,
    pub(crate) jobs: Jobs,
}

impl Store {
    /// The object types of the tables, with messages about jobs by this queue.
    pub fn new(tables: &Tables, queue: Arc<dyn Queue<JobMessage>>) -> Self {
        let jobs = Jobs::new(tables, queue);
        let Tables { workspace, objects, clock, .. } = tables.clone();
        Self { workspace, objects, clock, jobs }
    }

    /// Makes a type, whose relationships may point at itself.
    pub(crate) async fn create(&self, by: &Member, mut new: NewObjectType) -> Result<ObjectTypeView> {
        let id = ObjectTypeId::new();
        let with_pointer = |(index, field)| (format!("/fields/{index}"), field);
        let fields = new.fields.iter_mut().enumerate().map(with_pointer).collect();
        self.resolve(&by.team, (&id, &new.slug), fields).await?;
        self.insert(by, id, new).await
    }

    /// Writes a new type; its slug is taken in the same write.
    pub(crate) async fn insert(
        &self,
        by: &Member,
        id: ObjectTypeId,
        new: NewObjectType,
    ) -> Result<ObjectTypeView> {
        let NewObjectType { slug, singular_label, plural_label, item_label_fields, fields } = new;
        let now = self.clock.now();
        let searchable = fields.iter().filter(|field| field.searchable).map(|field| field.slug.clone());
        let slots = searchable.zip(1..).collect();
        let object_type = ObjectType {
            id,
            slug,
            singular_label,
            plural_label,
            item_label_fields,
            fields,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        let stored = StoredObjectType {
            team: by.team.clone(),
            object_type,
            slots,
            actor: by.actor(),
            revision: 1,
            stamped: Some(now),
            trashed_at: None,
            migrations: [].into(),
            deletion: None,
        };
        let StoredObjectType { object_type, .. } = &stored;
        let writes = vec![
            self.workspace.put_item(stored.key(), stored.to_item()?).when(Condition::ItemMissing),
            take_slug(&self.workspace, &by.team, (&object_type.id, &object_type.slug), now)?,
            stored.stamp(&self.workspace)?,
            count_one(&self.workspace, &by.team),
        ];
        let (slug, count) = (1, 3);
        let writes = &writes;
        retry("object type", || async move {
            match self.workspace.transact(writes.clone()).await {
                Err(WriteError::ConditionFailed(failed)) if failed.at(count) && !failed.at(slug) => {
                    recount(&self.workspace, &by.team).await?;
                    Ok(Attempt::Conflict)
                }
                Err(WriteError::ConditionFailed(_)) => Err(slug_taken()),
                outcome => Attempt::of(outcome),
            }
        })
        .await?;
        Ok(ObjectTypeView::of(stored, &[], by))
    }

    pub(crate) async fn list(
        &self,
        by: &Member,
        page: &Page<TrashFilter>,
    ) -> Result<(Vec<ObjectTypeView>, Option<Item>)> {
        let name = "trashed_at".to_owned();
        let is_listed = if page.filter.trashed.is_some() {
            Condition::Above(name, attribute(&self.clock.now().plus_seconds(-TRASH_SECONDS))?)
        } else {
            Condition::AttributeMissing(name)
        };
        let query = TableQuery::partition(workspace_partition(&by.team)).prefix("TYPE#");
        let query = query.filter(is_listed).after(page.after.clone()).limit(page.limit);
        let found = self.workspace.query(query).await?;
        let types = found.items.iter().map(StoredObjectType::from_item).collect::<Result<Vec<_>>>()?;
        let jobs: Vec<&JobId> = types.iter().flat_map(jobs_of).collect();
        let jobs = self.jobs.get_many(&jobs).await?;
        Ok((types.into_iter().map(|stored| ObjectTypeView::of(stored, &jobs, by)).collect(), found.next))
    }

    pub(crate) async fn read(&self, by: &Member, id_or_slug: &str, trashed: bool) -> Result<ObjectTypeView> {
        let stored = self.stored(&by.team, id_or_slug, trashed).await?;
        self.view(stored, by).await
    }

    /// The type as it is stored, in the trash or not in it.
    pub(crate) async fn stored(
        &self,
        team: &TeamId,
        id_or_slug: &str,
        trashed: bool,
    ) -> Result<StoredObjectType> {
        let stored = self.find(team, id_or_slug).await?;
        if stored.is_hidden() == trashed { Ok(stored) } else { Err(no_such_type()) }
    }

    /// The type, in the trash or not; none whose time in the trash is over.
    pub(crate) async fn find(&self, team: &TeamId, id_or_slug: &str) -> Result<StoredObjectType> {
        let stored = find(&self.workspace, team, id_or_slug).await?;
        if stored.is_trash_over(self.clock.now()) { Err(no_such_type()) } else { Ok(stored) }
    }

    /// The type with the progress of its jobs.
    pub(crate) async fn view(&self, stored: StoredObjectType, by: &Member) -> Result<ObjectTypeView> {
        let jobs = self.jobs.get_many(&jobs_of(&stored).collect::<Vec<_>>()).await?;
        Ok(ObjectTypeView::of(stored, &jobs, by))
    }

    /// Changes a type as the draft has it. Existing objects are migrated by a job, which starts when the change
    /// has propagated to every function.
    pub(crate) async fn change(
        &self,
        by: &Member,
        id_or_slug: &str,
        if_match: &IfMatch,
        draft: impl Fn(&ObjectType) -> Result<Draft>,
    ) -> Result<StoredObjectType> {
        let draft = &draft;
        let (changed, job) = retry("object type", || async move {
            let old = self.stored(&by.team, id_or_slug, false).await?;
            let mut draft = if_match.settled(old.object_type.version, draft(&old.object_type))?;
            self.resolve_new(&by.team, &old.object_type, &mut draft).await?;
            if draft.is_nothing(&old) {
                return Ok(Attempt::Done((old, None)));
            }
            let (new, writes, job) = self.prepare(by, &old, draft).await?;
            match self.workspace.transact(writes).await {
                Err(WriteError::ConditionFailed(refused)) if !refused.at(0) => Err(slug_taken()),
                outcome => Ok(Attempt::of(outcome)?.with((new, job))),
            }
        })
        .await?;
        if let Some(job) = &job {
            self.jobs.send(job).await;
        }
        Ok(changed)
    }

    /// Finds the type that a new field points at.
    async fn resolve_new(&self, team: &TeamId, old: &ObjectType, draft: &mut Draft) -> Result<()> {
        let ObjectType { id, slug, fields, .. } = &mut draft.object_type;
        let new = fields.iter_mut().filter(|field| old.field(field.slug.as_str()).is_none());
        self.resolve(team, (id, slug), new.map(|field| (String::new(), field)).collect()).await
    }

    /// The type as the draft has it, and the writes that make it so; that of the type itself is the first.
    async fn prepare(
        &self,
        by: &Member,
        old: &StoredObjectType,
        draft: Draft,
    ) -> Result<(StoredObjectType, Vec<Write>, Option<StoredJob>)> {
        let now = self.clock.now();
        let (mut new, mut job) = (old.clone(), None);
        if let Some(slug) = &draft.field {
            job = self.prepare_migration(by, &mut new, &draft.object_type, slug, now).await?;
        }
        let version = old.object_type.version + 1;
        new.object_type = ObjectType { version, updated_at: now, ..draft.object_type };
        new.actor = by.actor();
        let mut writes = Vec::from(new.write(&self.workspace, now)?);
        if new.object_type.slug != old.object_type.slug {
            let ObjectType { id, slug, .. } = &new.object_type;
            writes.push(take_slug(&self.workspace, &by.team, (id, slug), now)?);
            writes.push(release_slug(&self.workspace, old, now)?);
            writes.push(slug_taken_write(&self.workspace, &by.team));
        }
        if let Some(job) = &job {
            writes.push(job.write(&self.workspace)?);
        }
        Ok((new, writes, job))
    }

    /// Plans the migration that the change of a field needs, and its job. A change that existing objects
    /// violate is refused, as far as that is found in the time of a request; the job finds the rest.
    async fn prepare_migration(
        &self,
        by: &Member,
        new: &mut StoredObjectType,
        object_type: &ObjectType,
        slug: &Slug,
        now: Timestamp,
    ) -> Result<Option<StoredJob>> {
        let due = now.plus_seconds(PROPAGATION_SECONDS);
        let (job, subject) =
            (Job::Backfill { field: slug.clone() }, JobSubject::ObjectType(object_type.id.clone()));
        let job = StoredJob::new((&by.team, subject), job, (now, due), by.actor());
        let field = object_type.field(slug.as_str());
        let plan = plan_migration(new, slug, field, &job.id)?;
        if let Some(field) = field.filter(|_| plan.may_be_violated) {
            self.refuse_if_violated(by, (new, object_type), field).await?;
        }
        Ok(plan.migration.map(|migration| {
            new.migrations.insert(slug.clone(), migration);
            job
        }))
    }
}

pub(crate) fn slug_taken() -> Error {
    let detail = "The team has an object type of this slug already.";
    Error::new(Code::SlugTaken, detail).with_faults(vec![Fault::new("/slug", Violation::SlugTaken, detail)])
}
