//! What the values of an object point at.

use base::error::{Fault, Violation};
use file_types::Category;

/// A value that points at something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Where it stands.
    pub pointer: String,
    /// What it points at.
    pub target: ReferenceTarget,
}

/// The target of a reference, as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReferenceTarget {
    /// An object of the team.
    Object {
        /// Its type, by id or slug.
        object_type: String,
        /// Its id.
        id: String,
    },
    /// An upload of the team.
    Upload {
        /// Its id.
        id: String,
        /// What it may be.
        rule: UploadRule,
    },
}

/// Which uploads a field takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadRule {
    /// Those of these categories.
    pub categories: Vec<Category>,
    /// Also pictures out of which nothing was cut.
    pub keep_metadata: bool,
}

impl Reference {
    /// The fault when what it points at is not there; of another team, of another type and in the trash look alike.
    pub fn not_found(&self) -> Fault {
        let detail = match &self.target {
            ReferenceTarget::Object { object_type, .. } => {
                format!("There is no such object of the type {object_type}.")
            }
            ReferenceTarget::Upload { .. } => "There is no such upload.".to_owned(),
        };
        Fault::new(&self.pointer, Violation::NotFound, detail)
    }
}
