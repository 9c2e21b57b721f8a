//! An object type as the caller may see it: its definition, and the migrations of its objects.

use api::Member;
use base::{
    Permission, Timestamp,
    id::{JobId, ObjectId, ObjectTypeId},
    text::Slug,
};
use records::object_type::{Field, Migration, ObjectType, StoredObjectType};
use resources::jobs::{Findings, StoredJob};
use schemars::JsonSchema;
use serde::Serialize;

/// An object type.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ShownType")]
pub(crate) struct ObjectTypeView {
    /// Its id.
    pub(crate) id: ObjectTypeId,
    /// Its name in URLs, unique in the team.
    slug: Slug,
    /// What one is called.
    singular_label: String,
    /// What several are called.
    plural_label: String,
    /// The fields whose values, joined by spaces, name an object.
    item_label_fields: Vec<Slug>,
    /// Its fields, in order.
    fields: Vec<FieldView>,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// Grows by one with each change that a client makes.
    pub(crate) version: u64,
    /// When it was moved to the trash.
    trashed_at: Option<Timestamp>,
    /// The job that destroys it, while that is running.
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<Progress>,
}

/// A field, and the migration of existing objects that a change of it has started.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ShownField")]
struct FieldView {
    #[serde(flatten)]
    field: Field,
    /// Of a searchable or unique field: whether it can be filtered, sorted and matched by.
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<MigrationStatus>,
    /// Whether existing objects keep to the rules of the field after a change; left out if they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<MigrationStatus>,
}

/// The progress of the migration of a field.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Standing")]
struct MigrationStatus {
    state: MigrationState,
    /// How many objects are done, while it is running; only for callers who may read objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<u64>,
    /// How many objects conflict with the change; only for callers who may read objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<u64>,
    /// Some of these objects, those with the same value together; only for callers who may read objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    objects: Option<Vec<ObjectId>>,
    /// The code of an error that keeps the migration from going on. It is retried.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// The state of the migration of a field.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "WorkState")]
enum MigrationState {
    /// All existing objects are done.
    Ready,
    /// It is running.
    Building,
    /// It is done, but some objects conflict with the change.
    Failed,
}

/// The progress of a job.
#[derive(Serialize, JsonSchema)]
struct Progress {
    kind: Kind,
    /// How many objects are done; only for callers who may read objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<u64>,
    state: JobState,
    /// The code of the error that keeps it from going on. It is retried.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// What a job does.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "JobKind")]
enum Kind {
    /// The type is removed with all its objects.
    Destroy,
}

/// The state of a job.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "JobState")]
enum JobState {
    /// It is running.
    Running,
    /// It has failed several times in one place.
    Failed,
}

/// The jobs whose progress is shown with the type.
pub(crate) fn jobs_of(stored: &StoredObjectType) -> impl Iterator<Item = &JobId> {
    let migrating = stored
        .migrations
        .values()
        .filter(|migration| migration.conflicts.is_none())
        .map(|migration| &migration.job);
    migrating.chain(
        stored.deletion.iter().filter(|deletion| deletion.is_irreversible).map(|deletion| &deletion.job),
    )
}

impl ObjectTypeView {
    /// The type with the progress of its jobs, as the caller may see it.
    pub(crate) fn of(stored: StoredObjectType, jobs: &[StoredJob], by: &Member) -> Self {
        let StoredObjectType { object_type, migrations, deletion, trashed_at, .. } = stored;
        let ObjectType {
            id,
            slug,
            singular_label,
            plural_label,
            item_label_fields,
            fields,
            created_at,
            updated_at,
            version,
        } = object_type;
        let may_read = by.may(Permission::ObjectRead);
        let view = |field: Field| {
            let migration = migrations.get(&field.slug).map(|migration| MigrationView {
                migration,
                job: job(jobs, &migration.job),
                may_read,
            });
            FieldView::of(field, migration.as_ref())
        };
        let fields = fields.into_iter().map(view).collect();
        let job = deletion
            .filter(|deletion| deletion.is_irreversible)
            .map(|deletion| progress(job(jobs, &deletion.job), may_read));
        Self {
            id,
            slug,
            singular_label,
            plural_label,
            item_label_fields,
            fields,
            created_at,
            updated_at,
            version,
            trashed_at,
            job,
        }
    }
}

/// The migration of a field, with its job while that is running.
struct MigrationView<'a> {
    migration: &'a Migration,
    job: Option<&'a StoredJob>,
    may_read: bool,
}

impl FieldView {
    fn of(field: Field, view: Option<&MigrationView<'_>>) -> Self {
        let has_index = field.searchable || field.unique;
        let index = view.filter(|view| view.migration.indexes || view.migration.enforces_unique);
        let index = index.map(|view| view.status(records::object_type::MigrationConflicts::in_index));
        let index = has_index.then(|| index.unwrap_or_else(MigrationStatus::ready));
        let check = view.filter(|view| view.migration.checks);
        let check = check.map(|view| view.status(|conflicts| &conflicts.contradictions));
        Self { field, index, check: check.filter(|check| check.state != MigrationState::Ready) }
    }
}

impl MigrationView<'_> {
    fn status(
        &self,
        found: impl Fn(&records::object_type::MigrationConflicts) -> &Findings,
    ) -> MigrationStatus {
        match &self.migration.conflicts {
            Some(conflicts) if found(conflicts).count == 0 => MigrationStatus::ready(),
            Some(conflicts) => {
                let Findings { count, objects } = found(conflicts).clone();
                let (found, objects) = (self.may_read.then_some(count), self.may_read.then_some(objects));
                MigrationStatus { state: MigrationState::Failed, found, objects, ..MigrationStatus::ready() }
            }
            None => {
                let error = self.job.filter(|job| job.is_failing()).and_then(|job| job.error.clone());
                let done = self.may_read.then(|| self.job.map_or(0, |job| job.done));
                MigrationStatus { state: MigrationState::Building, done, error, ..MigrationStatus::ready() }
            }
        }
    }
}

impl MigrationStatus {
    fn ready() -> Self {
        Self { state: MigrationState::Ready, done: None, found: None, objects: None, error: None }
    }
}

fn job<'a>(jobs: &'a [StoredJob], id: &JobId) -> Option<&'a StoredJob> {
    jobs.iter().find(|job| job.id == *id)
}

fn progress(job: Option<&StoredJob>, may_read: bool) -> Progress {
    let is_failing = job.is_some_and(StoredJob::is_failing);
    Progress {
        kind: Kind::Destroy,
        done: may_read.then(|| job.map_or(0, |job| job.done)),
        state: if is_failing { JobState::Failed } else { JobState::Running },
        error: job.filter(|_| is_failing).and_then(|job| job.error.clone()),
    }
}
