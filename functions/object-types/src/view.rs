//! An object type as the caller may see it: its definition, and the migrations of its objects.

use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    Member, Permission, Timestamp,
    id::{JobId, ObjectId, ObjectTypeId},
    jobs::{Findings, StoredJob},
    object_type::{Field, Migration, ObjectType, StoredObjectType},
    text::Slug,
};

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
    /// Its destruction, while it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<Progress>,
}

/// A field, and the work on older objects that a change of it has left.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ShownField")]
struct FieldView {
    #[serde(flatten)]
    field: Field,
    /// Of a searchable or unique field: whether it can be filtered, sorted and matched by.
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<MigrationStatus>,
    /// Whether older objects keep to the rules of the field, after a change by which they may not; left out if they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<MigrationStatus>,
}

/// How far the work on a field is.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Standing")]
struct MigrationStatus {
    state: MigrationState,
    /// The objects that are done, while it goes on, for who may read objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<u64>,
    /// How many objects stand in the way, for who may read objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<u64>,
    /// Some of these objects, for who may read them; those with the same value stand together.
    #[serde(skip_serializing_if = "Option::is_none")]
    objects: Option<Vec<ObjectId>>,
    /// The code of an error that keeps the work from going on. It is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// How the work on a field stands.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "WorkState")]
enum MigrationState {
    /// All older objects are done.
    Ready,
    /// They are being done.
    Building,
    /// They are done, but for some that stand in the way.
    Failed,
}

/// How far a job is.
#[derive(Serialize, JsonSchema)]
struct Progress {
    kind: Kind,
    /// The objects that are done, for who may read objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<u64>,
    state: JobState,
    /// The code of the error that keeps it from going on. It is tried again.
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

/// Whether a job comes on.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "JobState")]
enum JobState {
    /// It does.
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
        let index = index.map(|view| view.status(shared::object_type::MigrationConflicts::in_index));
        let index = has_index.then(|| index.unwrap_or_else(MigrationStatus::ready));
        let check = view.filter(|view| view.migration.checks);
        let check = check.map(|view| view.status(|conflicts| &conflicts.contradictions));
        Self { field, index, check: check.filter(|check| check.state != MigrationState::Ready) }
    }
}

impl MigrationView<'_> {
    fn status(
        &self,
        found: impl Fn(&shared::object_type::MigrationConflicts) -> &Findings,
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
