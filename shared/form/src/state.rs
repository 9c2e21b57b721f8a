//! Whether a form takes submissions now.

use base::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Form, FormStatus};

/// Whether a form takes submissions now, and why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FormState {
    /// Not yet.
    NotYet,
    /// It does.
    Open,
    /// As many as there may be were accepted.
    Full,
    /// Not any more.
    Closed,
    /// The object type is not what the form needs: see `problems`.
    Unavailable,
}

impl FormState {
    /// The state of a form that has accepted so many; something may stand in the way of it.
    pub fn of(form: &Form, accepted: u64, is_blocked: bool, now: Timestamp) -> Self {
        match form.status {
            FormStatus::Draft => Self::NotYet,
            FormStatus::Closed => Self::Closed,
            FormStatus::Open if form.closes_at.is_some_and(|at| at <= now) => Self::Closed,
            FormStatus::Open if form.opens_at.is_some_and(|at| now < at) => Self::NotYet,
            FormStatus::Open if form.limit.is_some_and(|limit| limit <= accepted) => Self::Full,
            FormStatus::Open if is_blocked => Self::Unavailable,
            FormStatus::Open => Self::Open,
        }
    }
}
