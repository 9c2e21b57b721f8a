//! What members send and see of submissions.

use std::collections::BTreeMap;

use api::{
    Member,
    extract::Json,
    openapi::{Operation, Output},
};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use base::{
    Code, Error, Fault, Permission, Result, Timestamp,
    id::{ObjectId, SubmissionId, UserId},
    text::Slug,
};
use form::{
    Confirmed, Counts, FilledIn, FormState, FormStatus, FormWriter, StoredForm, StoredSubmission, Submission,
    SubmissionOutcome, SubmissionReason, Submitted, blocks, closed, judge, problems,
};
use records::{
    object_type::{SentFields, SentValues},
    objects::Collection,
};
use schemars::JsonSchema;
use search::Object;
use serde::{Deserialize, Serialize};

use crate::{Store, patch::rights};

/// What a member fills in.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MemberSubmission", example = serde_json::json!({"fields": {"email": "ada@example.com"}}))]
pub(crate) struct NewSubmission {
    /// The values by the slug of their field.
    #[schemars(with = "SentValues")]
    fields: SentFields,
    /// What a link to the form would say.
    #[serde(default)]
    params: BTreeMap<String, String>,
}

/// Whether it is only tried.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TryQuery {
    /// `true` tells what would come of it, and does nothing.
    pub(crate) dry_run: Option<DryRun>,
}

/// Whether it is only tried.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DryRun {
    /// It is.
    True,
    /// It is not.
    False,
}

/// Which submissions are listed.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutcomeFilter {
    /// Those with this outcome.
    pub(crate) outcome: Option<SubmissionOutcome>,
}

/// A submission as members see it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Submission")]
pub(crate) struct SubmissionView {
    pub(crate) id: SubmissionId,
    at: Timestamp,
    outcome: SubmissionOutcome,
    /// Why it was not applied.
    reason: Option<SubmissionReason>,
    /// The object that it made, changed or left as it was.
    object: Option<ObjectId>,
    /// The fields whose values are another object's.
    conflicts: Vec<Slug>,
    /// What was sent, where it became no object.
    #[schemars(with = "Option<SentValues>")]
    fields: Option<SentFields>,
    /// What the link to the form said, likewise.
    params: BTreeMap<String, String>,
    /// The member who sent it; null for a visitor.
    user: Option<UserId>,
    /// The address that it came from, if the form keeps it.
    ip: Option<String>,
    /// When a member applied it.
    released_at: Option<Timestamp>,
    released_by: Option<UserId>,
}

/// What came of what a member filled in.
#[derive(Serialize, JsonSchema)]
pub(crate) struct MemberAnswer {
    accepted: bool,
    confirmation: Confirmed,
    outcome: SubmissionOutcome,
    /// The object, of an outcome that has one.
    object: Option<Object>,
}

/// What would come of it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Tried {
    /// Whether it would be accepted.
    accepted: bool,
    /// What it would do; null if something is wrong with it.
    outcome: Option<SubmissionOutcome>,
    /// What is wrong with it.
    faults: Vec<Fault>,
}

/// What a member is answered.
pub(crate) enum MemberAnswered {
    Sent(Box<MemberAnswer>),
    Tried(Tried),
}

impl IntoResponse for MemberAnswered {
    fn into_response(self) -> Response {
        match self {
            Self::Sent(answer) => (StatusCode::CREATED, Json(answer)).into_response(),
            Self::Tried(tried) => Json(tried).into_response(),
        }
    }
}

impl Output for MemberAnswered {
    fn describe(operation: &mut Operation) {
        operation.answer::<MemberAnswer>(201, "Accepted.", &[]);
        operation.answer::<Tried>(200, "With `dry_run`: what would come of it.", &[]);
    }
}

impl SubmissionView {
    /// The submission as members see it.
    ///
    /// # Errors
    /// 500: what is stored always has its form.
    pub(crate) fn of(stored: StoredSubmission) -> Result<Self> {
        Ok(Self {
            fields: stored.values()?,
            id: stored.id,
            at: stored.at,
            outcome: stored.outcome,
            reason: stored.reason,
            object: stored.object,
            conflicts: stored.conflicts,
            params: stored.params,
            user: stored.user,
            ip: stored.ip,
            released_at: stored.released_at,
            released_by: stored.released_by,
        })
    }
}

impl Store {
    /// Does what the form is for with what a member has filled in, or tells what would come of it.
    pub(crate) async fn fill_in(
        &self,
        member: &Member,
        (stored, is_tried): (&StoredForm, bool),
        new: NewSubmission,
    ) -> Result<MemberAnswered> {
        member.needs(rights(&stored.form))?;
        let collection = self.open_collection(member, stored).await?;
        let filled_in = FilledIn { fields: new.fields, params: new.params };
        let judged = judge(&self.submissions.objects, &stored.form, &collection, &filled_in);
        let by = FormWriter::member(stored, member);
        // While it is being made, a form is tried.
        let is_made = is_tried && stored.form.status == FormStatus::Draft;
        let counts = if is_made { Counts::default() } else { self.open_counts(stored).await? };
        if is_tried {
            let judged = match judged {
                Ok(judged) => judged,
                Err(refusal) if refusal.code == Code::InvalidData => {
                    let faults = refusal.faults().to_vec();
                    return Ok(MemberAnswered::Tried(Tried { accepted: false, outcome: None, faults }));
                }
                Err(refusal) => return Err(refusal),
            };
            let (outcome, _) = self.submissions.dry_run(&by, (stored, &collection), &judged).await?;
            let outcome = Some(as_seen(outcome, member));
            return Ok(MemberAnswered::Tried(Tried { accepted: true, outcome, faults: Vec::new() }));
        }
        let judged = judged?;
        let confirmed = Confirmed::of(&stored.form, &judged.changes.set)?;
        let sent = Submission {
            by: &by,
            stored,
            collection: &collection,
            counts,
            filled_in: &filled_in,
            once: None,
            confirmed: &confirmed,
        };
        let (record, object) = match self.submissions.accept(&sent, &judged).await? {
            Submitted::New(record, object) => (record, object),
            Submitted::Repeated(_) => {
                return Err(Error::new(Code::AlreadySubmitted, "This was sent before."));
            }
        };
        let object = object.map(|object| Object::of(*object, &collection, member));
        let outcome = as_seen(record.outcome, member);
        let answer = MemberAnswer { accepted: true, confirmation: confirmed, outcome, object };
        Ok(MemberAnswered::Sent(Box::new(answer)))
    }

    /// Does what the form is for with a submission that was held.
    pub(crate) async fn release(
        &self,
        member: &Member,
        stored: &StoredForm,
        id: &SubmissionId,
    ) -> Result<StoredSubmission> {
        member.needs(rights(&stored.form))?;
        let open = self.submissions.read(&stored.id, id).await?;
        open.check_open()?;
        let collection = self.open_collection(member, stored).await?;
        let judged = judge(&self.submissions.objects, &stored.form, &collection, &open.filled_in()?)?;
        let by = FormWriter::release(stored, member);
        self.submissions.release(&by, (stored, &collection), (&open, &judged)).await
    }

    /// The objects of the form's type, unless the form cannot be filled in.
    async fn open_collection(&self, member: &Member, stored: &StoredForm) -> Result<Collection> {
        let unavailable =
            || Error::new(Code::FormUnavailable, "This form cannot be filled in: its problems say why.");
        let found =
            self.submissions.objects.known_collection(member, stored.form.object_type.as_str()).await?;
        let is_whole = |found: &Collection| !blocks(&problems(stored, Some(&found.stored)));
        found.filter(is_whole).ok_or_else(unavailable)
    }

    /// What the form has accepted, if it takes more.
    async fn open_counts(&self, stored: &StoredForm) -> Result<Counts> {
        let counts = match stored.form.limit {
            Some(_) => Counts::read(self.submissions.table(), &stored.id).await?,
            None => Counts::default(),
        };
        match FormState::of(&stored.form, counts.accepted(), false, self.now()) {
            FormState::Open => Ok(counts),
            _ => Err(closed()),
        }
    }
}

/// Whether an object was changed or is as it was only those may know who may read objects: a guess could be tested by it.
fn as_seen(outcome: SubmissionOutcome, member: &Member) -> SubmissionOutcome {
    match outcome {
        SubmissionOutcome::Unchanged if !member.may(Permission::ObjectRead) => SubmissionOutcome::Updated,
        outcome => outcome,
    }
}
