//! The storage of object types: in their team's partition, with a unique entry for each slug.

use std::sync::Arc;

use api::{
    Member,
    extract::{IfMatch, Page},
};
use audit::Kind;
use base::{
    Code, Error, Fault, Result, Timestamp, Violation,
    clock::Clock,
    id::{JobId, ObjectTypeId, TeamId},
    text::Slug,
};
use records::object_type::{ObjectType, PROPAGATION_SECONDS, StoredObjectType, release_slug, take_slug};
use resources::jobs::{Job, JobMessage, JobSubject, Jobs, StoredJob};
use resources::{
    TrashFilter,
    resource::{Change, Resource as _, Resources},
};
use table::{Attempt, Condition, Item, Table, Tables, WriteError, queue::Queue, retry};

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
    pub(crate) types: Resources<StoredObjectType>,
    pub(crate) workspace: Table,
    pub(crate) objects: Table,
    pub(crate) clock: Clock,
    pub(crate) jobs: Jobs,
}

impl Store {
    /// The object types of the tables, with messages about jobs by this queue.
    pub fn new(tables: &Tables, queue: Arc<dyn Queue<JobMessage>>) -> Self {
        let (types, jobs) = (Resources::new(tables), Jobs::new(tables, queue));
        let Tables { workspace, objects, clock, .. } = tables.clone();
        Self { types, workspace, objects, clock, jobs }
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
            added: [].into(),
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
        let (types, next) = self.types.list(by, page).await?;
        let jobs: Vec<&JobId> = types.iter().flat_map(jobs_of).collect();
        let jobs = self.jobs.get_many(&jobs).await?;
        Ok((types.into_iter().map(|stored| ObjectTypeView::of(stored, &jobs, by)).collect(), next))
    }

    pub(crate) async fn read(&self, by: &Member, id_or_slug: &str, trashed: bool) -> Result<ObjectTypeView> {
        let stored = self.types.read(&by.team, id_or_slug, trashed).await?;
        self.view(stored, by).await
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
        let changed = |old: StoredObjectType| async move {
            let mut draft = if_match.settled(old.object_type.version, draft(&old.object_type))?;
            self.resolve_new(&by.team, &old.object_type, &mut draft).await?;
            if draft.is_nothing(&old) { Ok(None) } else { self.prepare(by, &old, draft).await.map(Some) }
        };
        let (changed, job) = self.types.change_with_job(by, id_or_slug, if_match, changed).await?;
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

    /// The type as the draft has it, with the writes and the job that belong to the change.
    async fn prepare(
        &self,
        by: &Member,
        old: &StoredObjectType,
        draft: Draft,
    ) -> Result<Change<StoredObjectType>> {
        let now = self.clock.now();
        let (mut new, mut job) = (old.clone(), None);
        if let Some(slug) = &draft.field {
            job = self.prepare_migration(by, &mut new, &draft.object_type, slug, now).await?;
        }
        new.object_type = draft.object_type;
        new.note_added(old);
        let mut writes = Vec::new();
        if new.object_type.slug != old.object_type.slug {
            let ObjectType { id, slug, .. } = &new.object_type;
            writes.push(take_slug(&self.workspace, &by.team, (id, slug), now)?);
            writes.push(release_slug(&self.workspace, old, now)?);
            writes.push(slug_taken_write(&self.workspace, &by.team));
        }
        Ok(Change { after: new, writes, job, refusal: Some(slug_taken) })
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
        let (job, subject) = (
            Job::Backfill { field: slug.clone() },
            JobSubject::new(Kind::ObjectType, object_type.id.as_str()),
        );
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
