//! Forms as their team sees them.

use base::{
    Timestamp,
    id::{FormId, UserId},
    public_key::PublicKey,
};
use form::{Form, FormCounts, FormState, StoredForm, blocks};
use records::object_type::TypeProblem;
use schemars::JsonSchema;
use serde::Serialize;

/// A form as its team sees it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Form")]
pub(crate) struct FormView {
    pub(crate) id: FormId,
    #[serde(flatten)]
    form: Form,
    /// The key that visitors find it by, which is no secret but to those who do not have it.
    key: String,
    /// Until when it is found by the key from before a rotation too.
    previous_key_until: Option<Timestamp>,
    /// Whether it takes submissions now.
    state: FormState,
    counts: FormCounts,
    /// What is wrong with it as its object type is now. With one of these but `option_gone` it takes no submissions.
    problems: Vec<TypeProblem>,
    created_at: Timestamp,
    created_by: UserId,
    updated_at: Timestamp,
    pub(crate) version: u64,
    /// When it was moved to the trash.
    trashed_at: Option<Timestamp>,
}

impl FormView {
    /// The form with what is known of it.
    pub(crate) fn of(
        stored: StoredForm,
        key: &PublicKey,
        (counts, problems): (FormCounts, Vec<TypeProblem>),
        now: Timestamp,
    ) -> Self {
        let state = FormState::of(&stored.form, counts.accepted, blocks(&problems), now);
        let previous = stored.previous.map(|previous| previous.until);
        Self {
            id: stored.id,
            form: stored.form,
            key: key.reveal().to_owned(),
            previous_key_until: previous.filter(|until| now < *until),
            state,
            counts,
            problems,
            created_at: stored.created_at,
            created_by: stored.created_by,
            updated_at: stored.updated_at,
            version: stored.version,
            trashed_at: stored.trashed_at,
        }
    }
}
