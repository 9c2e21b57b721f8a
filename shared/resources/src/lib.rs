//! What the resources of a team have in common: the trash, and the jobs that go on behind requests.

/// Work that goes on behind requests.
pub mod jobs;
/// Resources of a team.
pub mod resource;
mod trash;

use base::id::TeamId;

pub use trash::{TRASH_SECONDS, TrashFilter, Trashed};

/// The partition of all that a team has set up.
pub fn workspace_partition(team: &TeamId) -> String {
    format!("TEAM#{team}")
}
