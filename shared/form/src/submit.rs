//! What becomes of a submission: an object with all that tells of it, in one transaction; or it is kept for the team.

use base::{Error, Result, id::SubmissionId, text::Slug};
use records::{
    object_type::FieldValues,
    objects::{Collection, Committed, Effect, Planned, StoredObject, Writer as _, values_taken},
};
use table::{Attempt, Condition, ConditionFailed, Write, WriteError, decode, retry};

use crate::{
    Confirmed, Counts, FilledIn, FormWriter, Judged, SentOnce, StoredForm, StoredSubmission,
    SubmissionOutcome, SubmissionReason, Submissions,
    counts::closed,
    judge::unavailable,
    once::SeenSubmission,
    place::seen_key,
    submission::{KEEP_SECONDS, settled},
    submissions::no_submission,
    token::TOKEN_SECONDS,
};

/// A submission that is not stored yet.
pub struct Submission<'a> {
    /// Who writes.
    pub by: &'a FormWriter,
    /// The form.
    pub stored: &'a StoredForm,
    /// The objects of its type.
    pub collection: &'a Collection,
    /// What it has accepted; only a form with a limit asks.
    pub counts: Counts,
    /// What was sent.
    pub filled_in: &'a FilledIn,
    /// What tells it from others, if it may be sent again.
    pub once: Option<&'a SentOnce>,
    /// What is answered.
    pub confirmed: &'a Confirmed,
}

/// What came of a submission.
pub enum Submitted {
    /// It was stored, and with it an object if it made, changed or found one.
    New(Box<StoredSubmission>, Option<Box<StoredObject>>),
    /// It was sent before, and this was answered.
    Repeated(Confirmed),
}

/// Where the writes of a submission stand among those beside the object: its own, that of its count or the mark that it is held, and
/// what was answered.
const OWN: usize = 0;
const SEEN: usize = 2;

impl Submissions {
    /// Does what the form is for with what was sent.
    ///
    /// # Errors
    /// 409 when the form is full, or takes none by what its type has become; 409 for values of others if the form tells.
    pub async fn accept(&self, sent: &Submission<'_>, judged: &Judged) -> Result<Submitted> {
        retry("submission", || async move {
            let planned = match self.plan(sent.by, (sent.stored, sent.collection), judged).await? {
                Planned::Unclear => return Ok(Attempt::Conflict),
                Planned::NotUnique(slugs) if sent.stored.form.protection.tell_conflicts => {
                    return Err(values_taken(&slugs));
                }
                Planned::NotUnique(slugs) => {
                    let reason = SubmissionReason::NotUnique;
                    return self
                        .keep(sent, (SubmissionOutcome::Conflict, reason), slugs)
                        .await
                        .map(Attempt::Done);
                }
                Planned::Refused(_) => {
                    let why = (SubmissionOutcome::Conflict, SubmissionReason::Rules);
                    return self.keep(sent, why, Vec::new()).await.map(Attempt::Done);
                }
                Planned::Write(planned) => *planned,
            };
            let object = Some(planned.object().id.clone());
            let record = StoredSubmission { object, ..self.record(sent, outcome_of(planned.effect)) };
            let mut others = self.insertion(&record)?;
            let form = (&sent.stored.id, &sent.stored.form);
            others.push(sent.counts.one_more(&self.activity, form, &record.id, self.now())?);
            others.extend(self.seen_write(sent)?);
            match self.objects.commit_with(sent.by, planned, others).await? {
                Committed::Done(object) => Ok(Attempt::Done(Submitted::New(Box::new(record), Some(object)))),
                Committed::Moved => Ok(Attempt::Conflict),
                Committed::Others(refused) if refused.at(SEEN) || refused.at(OWN) => {
                    repeated(sent, &refused).map(Attempt::Done)
                }
                Committed::Others(_) => Err(closed()),
            }
        })
        .await
    }

    /// Keeps what was sent for a member to look at.
    ///
    /// # Errors
    /// As [`Submissions::accept`].
    pub async fn hold(&self, sent: &Submission<'_>, reason: SubmissionReason) -> Result<Submitted> {
        self.keep(sent, (SubmissionOutcome::Held, reason), Vec::new()).await
    }

    /// Does with a submission that is open what the form is for.
    ///
    /// # Errors
    /// 409 when it is applied already, a value is another object's or the form is full; 422 with what is wrong with it.
    pub async fn release(
        &self,
        by: &FormWriter,
        form: (&StoredForm, &Collection),
        (open, judged): (&StoredSubmission, &Judged),
    ) -> Result<StoredSubmission> {
        open.check_open()?;
        retry("submission", || async move {
            let planned = match self.plan(by, form, judged).await? {
                Planned::Unclear => return Ok(Attempt::Conflict),
                Planned::NotUnique(slugs) => return Err(values_taken(&slugs)),
                Planned::Refused(faults) => return Err(Error::unprocessable(faults)),
                Planned::Write(planned) => *planned,
            };
            let mut record = open.clone();
            record.outcome = outcome_of(planned.effect);
            record.object = Some(planned.object().id.clone());
            (record.reason, record.fields) = (None, None);
            record.conflicts.clear();
            record.params.clear();
            (record.released_at, record.released_by) = (Some(self.now()), by.person().cloned());
            let mut others = self.settlement(open.outcome, &record)?;
            let counts = Counts::read(&self.activity, &form.0.id).await?;
            others.push(counts.one_more(
                &self.activity,
                (&form.0.id, &form.0.form),
                &record.id,
                self.now(),
            )?);
            match self.objects.commit_with(by, planned, others).await? {
                Committed::Done(_) => Ok(Attempt::Done(record)),
                Committed::Moved => Ok(Attempt::Conflict),
                Committed::Others(refused) if refused.at(OWN) => {
                    Err(if refused.item(OWN).is_some() { settled() } else { no_submission() })
                }
                Committed::Others(_) => Err(closed()),
            }
        })
        .await
    }

    /// What would come of what was sent. Nothing is written.
    ///
    /// # Errors
    /// 409 when the form takes none by what its type has become.
    pub async fn dry_run(
        &self,
        by: &FormWriter,
        form: (&StoredForm, &Collection),
        judged: &Judged,
    ) -> Result<(SubmissionOutcome, FieldValues)> {
        let values = judged.changes.set.clone();
        if let Some(planned) = self.plan_matched(by, form, judged).await? {
            let outcome = match planned {
                Planned::Write(planned) => outcome_of(planned.effect),
                Planned::NotUnique(_) | Planned::Refused(_) | Planned::Unclear => SubmissionOutcome::Conflict,
            };
            return Ok((outcome, values));
        }
        let taken = self.objects.taken_values(form.1, &judged.changes).await?;
        Ok((if taken.is_empty() { SubmissionOutcome::Created } else { SubmissionOutcome::Conflict }, values))
    }

    /// What was answered to the same submission before, if it was sent before.
    ///
    /// # Errors
    /// 409 when another one had the same nonce.
    pub async fn answered(&self, stored: &StoredForm, once: &SentOnce) -> Result<Option<Confirmed>> {
        let seen = self.seen(&stored.id, &once.nonce).await?;
        seen.map(|seen| once.answer_of(seen)).transpose()
    }

    async fn plan(
        &self,
        by: &FormWriter,
        form: (&StoredForm, &Collection),
        judged: &Judged,
    ) -> Result<Planned> {
        if let Some(planned) = self.plan_matched(by, form, judged).await? {
            return Ok(planned);
        }
        let planned = self.objects.plan_new_object(by, form.1, judged.changes.clone()).await?;
        let matched = form.0.form.action.matching().map(|(field, _)| field);
        // Another request has just made the object that is to be matched.
        Ok(match planned {
            Planned::NotUnique(slugs) if slugs.iter().any(|slug| Some(slug) == matched) => Planned::Unclear,
            planned => planned,
        })
    }

    async fn plan_matched(
        &self,
        by: &FormWriter,
        (stored, collection): (&StoredForm, &Collection),
        judged: &Judged,
    ) -> Result<Option<Planned>> {
        let Some((field, on_match)) = stored.form.action.matching() else { return Ok(None) };
        let name = field.as_str();
        let is_unique = collection.field(name).is_some_and(|field| field.unique);
        if !is_unique || !collection.stored.is_unique_index_built(name) {
            return Err(unavailable());
        }
        self.objects.plan_matched_object(by, collection, (name, on_match), &judged.validation).await
    }

    /// Stores what was sent, for a member to look at.
    async fn keep(
        &self,
        sent: &Submission<'_>,
        (outcome, reason): (SubmissionOutcome, SubmissionReason),
        conflicts: Vec<Slug>,
    ) -> Result<Submitted> {
        let mut record = StoredSubmission { reason: Some(reason), conflicts, ..self.record(sent, outcome) };
        record.keep(sent.filled_in)?;
        let mut writes = self.insertion(&record)?;
        writes.extend(self.seen_write(sent)?);
        match self.activity.transact(writes).await {
            Ok(()) => Ok(Submitted::New(Box::new(record), None)),
            Err(WriteError::ConditionFailed(refused)) => repeated(sent, &refused),
            Err(WriteError::Failed(error)) => Err(error),
        }
    }

    fn record(&self, sent: &Submission<'_>, outcome: SubmissionOutcome) -> StoredSubmission {
        let (id, at) = match sent.by.once() {
            Some(once) => (SubmissionId::deterministic(once.at, &[&once.nonce]), once.at),
            None => (SubmissionId::new(), self.now()),
        };
        StoredSubmission {
            id,
            form: sent.stored.id.clone(),
            at,
            outcome,
            reason: None,
            object: None,
            conflicts: Vec::new(),
            fields: None,
            params: std::collections::BTreeMap::new(),
            user: sent.by.person().cloned(),
            ip: sent.by.ip().filter(|_| sent.stored.form.keep_address).map(str::to_owned),
            released_at: None,
            released_by: None,
            expires: at.seconds() + KEEP_SECONDS,
        }
    }

    fn seen_write(&self, sent: &Submission<'_>) -> Result<Option<Write>> {
        let Some(once) = sent.once else { return Ok(None) };
        let answer = serde_json::to_string(sent.confirmed).map_err(anyhow::Error::from)?;
        let expires = self.now().seconds() + TOKEN_SECONDS;
        let seen = SeenSubmission { fingerprint: once.fingerprint.clone(), answer, expires };
        let write = self.activity.put(seen_key(&sent.stored.id, &once.nonce), &seen)?;
        Ok(Some(write.when(Condition::ItemMissing)))
    }
}

/// The answer to a submission that was stored before, by what stands in its way.
fn repeated(sent: &Submission<'_>, refused: &ConditionFailed) -> Result<Submitted> {
    let seen: Option<SeenSubmission> = refused.item(SEEN).cloned().map(decode).transpose()?;
    match (seen, sent.once, refused.item(OWN).cloned()) {
        (Some(seen), Some(once), _) => once.answer_of(seen).map(Submitted::Repeated),
        // A member's request that was run before, and died before it answered.
        (None, _, Some(stored)) => Ok(Submitted::New(Box::new(decode(stored)?), None)),
        _ => Err(anyhow::anyhow!("a submission met what it has not written").into()),
    }
}

fn outcome_of(effect: Effect) -> SubmissionOutcome {
    match effect {
        Effect::Creates => SubmissionOutcome::Created,
        Effect::Updates => SubmissionOutcome::Updated,
        Effect::Nothing => SubmissionOutcome::Unchanged,
    }
}
