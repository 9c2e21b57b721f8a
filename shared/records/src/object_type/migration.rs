//! The migration of existing objects that a change of a field needs, as it is stored with the type.

use serde::{Deserialize, Serialize};

use base::id::JobId;
use resources::jobs::Findings;

/// What is to be done, or could not be done, about a field of existing objects.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "a change of a field may ask for each of these")]
pub struct Migration {
    /// The job that does it. The work of another job on the field does not count any more.
    pub job: JobId,
    /// The search index of the values is built.
    pub indexes: bool,
    /// The unique index of the values is built.
    #[serde(rename = "guards")]
    pub enforces_unique: bool,
    /// Values are checked against the rules of the field.
    pub checks: bool,
    /// Values are removed, as the field is.
    pub removes: bool,
    /// The slot to be emptied.
    pub slot: Option<usize>,
    /// What stood in the way, once it is done.
    #[serde(rename = "failed")]
    pub conflicts: Option<MigrationConflicts>,
}

/// The objects that stood in the way of a migration.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct MigrationConflicts {
    /// Objects that share a value which must be unique.
    pub duplicates: Findings,
    /// Objects that break the rules of the field.
    pub contradictions: Findings,
    /// Objects with no room for what an index takes.
    #[serde(default)]
    pub too_large: Findings,
}

impl MigrationConflicts {
    /// Whether nothing stood in the way.
    pub fn is_empty(&self) -> bool {
        [&self.duplicates, &self.contradictions, &self.too_large].iter().all(|found| found.count == 0)
    }

    /// The objects that are missing in the index: their values are not unique, or they have no room.
    pub fn in_index(&self) -> &Findings {
        if self.duplicates.count > 0 { &self.duplicates } else { &self.too_large }
    }
}
