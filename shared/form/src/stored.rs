//! A form as it is stored.

use base::{
    Timestamp,
    actor::Actor,
    id::{FormId, JobId, TeamId, UserId},
};
use keys::SealedPublicKey;
use records::object_type::FieldReference;
use serde::{Deserialize, Serialize};

use crate::Form;

/// A form as it is stored: as one JSON text, like object types. It has no `Debug`, as it has a key.
#[derive(Clone, Serialize, Deserialize)]
pub struct StoredForm {
    /// The id.
    pub id: FormId,
    /// The team it belongs to.
    pub team: TeamId,
    /// What clients see.
    pub form: Form,
    /// The fields that it refers to.
    pub fields: Vec<FieldReference>,
    /// The key that it is found by.
    pub key: SealedPublicKey,
    /// The key from before a rotation that it is found by too, for a while.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<PreviousKey>,
    /// When it was created.
    pub created_at: Timestamp,
    /// Who created it.
    pub created_by: UserId,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Grows by one with each change.
    pub version: u64,
    /// Who made the last change.
    pub actor: Actor,
    /// When it was moved to the trash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trashed_at: Option<Timestamp>,
    /// The job that destroys it when its time in the trash is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) purge_job: Option<JobId>,
    /// Whether it is being destroyed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) destroyed: bool,
}

/// A key from before a rotation.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousKey {
    /// The key.
    pub key: SealedPublicKey,
    /// Until when the form is found by it.
    pub until: Timestamp,
}

impl StoredForm {
    /// A new form, made by that actor for a person.
    pub fn new(
        (team, created_by, actor): (TeamId, UserId, Actor),
        id: FormId,
        (form, fields): (Form, Vec<FieldReference>),
        key: SealedPublicKey,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            team,
            form,
            fields,
            key,
            previous: None,
            created_at: now,
            created_by,
            updated_at: now,
            version: 1,
            actor,
            trashed_at: None,
            purge_job: None,
            destroyed: false,
        }
    }

    /// What its keys are sealed for.
    pub fn key_context(&self) -> String {
        Self::key_context_of(&self.team, &self.id)
    }

    /// The same of a form that is not made yet.
    pub fn key_context_of(team: &TeamId, id: &FormId) -> String {
        format!("form {team} {id}")
    }
}
