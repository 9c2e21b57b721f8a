//! A submission as the team sees it: what came of it, and what was sent where it became no object.

use std::collections::BTreeMap;

use anyhow::Context as _;
use base::{
    Code, Error, Result, Timestamp,
    id::{FormId, ObjectId, SubmissionId, UserId},
    text::Slug,
};
use records::object_type::SentFields;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::FilledIn;

/// Submissions are kept this long.
pub(crate) const KEEP_SECONDS: i64 = 30 * 24 * 60 * 60;

/// What came of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "SubmissionOutcome")]
pub enum SubmissionOutcome {
    /// It made an object.
    Created,
    /// It changed one.
    Updated,
    /// It left one as it was.
    Unchanged,
    /// It could not be applied by what objects hold.
    Conflict,
    /// It waits for a member to look at it.
    Held,
}

/// Why a submission was not applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SubmissionReason {
    /// The field that people do not see was filled in.
    Trap,
    /// It has more links than it may have.
    Links,
    /// There were more in an hour than are accepted by themselves.
    PerHour,
    /// The form holds all.
    Always,
    /// Another object has a value that must be unique.
    NotUnique,
    /// The object that it is for cannot have these values.
    Rules,
}

/// A submission as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredSubmission {
    /// The id.
    pub id: SubmissionId,
    /// The form.
    pub form: FormId,
    /// When it came.
    pub at: Timestamp,
    /// What came of it.
    pub outcome: SubmissionOutcome,
    /// Why it was not applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<SubmissionReason>,
    /// The object that it made, changed or left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectId>,
    /// The fields whose values are another object's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<Slug>,
    /// What was sent, as one JSON text, where it became no object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fields: Option<String>,
    /// What the link to the form said, likewise.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, String>,
    /// The member who sent it, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// The address that it came from, if the form keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// When a member let it through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_at: Option<Timestamp>,
    /// Who did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_by: Option<UserId>,
    /// When the table removes it, in seconds since 1970.
    pub(crate) expires: i64,
}

/// 409: it waits for nobody.
pub(crate) fn settled() -> Error {
    Error::new(Code::WrongState, "This submission is applied already.")
}

impl SubmissionOutcome {
    /// Whether it waits for the team.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Conflict | Self::Held)
    }
}

impl StoredSubmission {
    /// Refuses a submission that is applied already.
    ///
    /// # Errors
    /// 409.
    pub fn check_open(&self) -> Result<()> {
        if self.outcome.is_open() { Ok(()) } else { Err(settled()) }
    }

    /// What was sent, where it became no object.
    ///
    /// # Errors
    /// 500: what is stored always has its form.
    pub fn filled_in(&self) -> Result<FilledIn> {
        Ok(FilledIn { fields: self.values()?.unwrap_or_default(), params: self.params.clone() })
    }

    /// The values that were sent, where they became no object.
    ///
    /// # Errors
    /// 500: what is stored always has its form.
    pub fn values(&self) -> Result<Option<SentFields>> {
        let fields = self.fields.as_deref().map(serde_json::from_str).transpose();
        Ok(fields.context("reading a stored submission")?)
    }

    /// Keeps what was sent.
    pub(crate) fn keep(&mut self, filled_in: &FilledIn) -> Result<()> {
        let fields = serde_json::to_string(&filled_in.fields).context("writing a submission")?;
        self.fields = Some(fields);
        self.params.clone_from(&filled_in.params);
        Ok(())
    }
}
