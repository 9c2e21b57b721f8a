//! Where submissions lie: those of a form in one partition, with its counts and what was seen of its tokens.

use base::{
    Error, Result, Timestamp,
    clock::Clock,
    id::{FormId, SubmissionId},
};
use records::objects::Objects;
use table::{
    Attempt, Condition, Item, Table, TableQuery, Tables, Write, attribute, decode, is_expired, retry,
};

use crate::{
    once::SeenSubmission,
    place::{SUBMISSION_PREFIX, held_key, seen_key, submission_key, submission_partition},
    submission::{StoredSubmission, SubmissionOutcome},
};

/// The submissions of all forms, and the objects that they make.
#[derive(Clone)]
pub struct Submissions {
    pub(crate) activity: Table,
    /// The objects.
    pub objects: Objects,
    pub(crate) clock: Clock,
}

impl Submissions {
    /// The submissions in these tables.
    pub fn new(tables: &Tables) -> Self {
        let Tables { activity, clock, .. } = tables.clone();
        Self { activity, objects: Objects::new(tables), clock }
    }

    /// The clock by which they come.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The clock itself.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The table that they lie in.
    pub fn table(&self) -> &Table {
        &self.activity
    }

    /// A page of those of a form, the latest first, and the key behind it.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn list(
        &self,
        form: &FormId,
        outcome: Option<SubmissionOutcome>,
        (after, limit): (Option<Item>, usize),
    ) -> Result<(Vec<StoredSubmission>, Option<Item>)> {
        let now = table::AttributeValue::N(self.now().seconds().to_string());
        let mut wanted = vec![Condition::Above("expires".to_owned(), now)];
        if let Some(outcome) = outcome {
            wanted.push(Condition::Is("outcome".to_owned(), attribute(&outcome)?));
        }
        let query =
            TableQuery::partition(submission_partition(form)).prefix(SUBMISSION_PREFIX).latest_first();
        let query = query.filter(Condition::All(wanted)).after(after).limit(limit);
        let page = self.activity.query(query).await?;
        Ok((page.items.into_iter().map(decode).collect::<Result<_>>()?, page.next))
    }

    /// One of them.
    ///
    /// # Errors
    /// 404 when there is none.
    pub async fn read(&self, form: &FormId, id: &SubmissionId) -> Result<StoredSubmission> {
        let item = self.activity.get(submission_key(form, id)).await?;
        let item = item.filter(|item| !is_expired(item, self.now()));
        decode(item.ok_or_else(no_submission)?)
    }

    /// Removes one of them. The object that it made stays.
    ///
    /// # Errors
    /// 404 when there is none.
    pub async fn delete(&self, form: &FormId, id: &SubmissionId) -> Result<()> {
        retry("submission", || async move {
            self.read(form, id).await?;
            let own = self.activity.delete(submission_key(form, id)).when(Condition::ItemExists);
            let mark = self.activity.delete(held_key(form, id));
            Attempt::of(self.activity.transact(vec![own, mark]).await)
        })
        .await
    }

    /// The writes that store a new submission, its own first.
    pub(crate) fn insertion(&self, stored: &StoredSubmission) -> Result<Vec<Write>> {
        let key = submission_key(&stored.form, &stored.id);
        let mut writes = vec![self.activity.put(key, stored)?.when(Condition::ItemMissing)];
        if stored.outcome.is_open() {
            let mark = [("expires".to_owned(), attribute(&stored.expires)?)].into();
            writes.push(self.activity.put_item(held_key(&stored.form, &stored.id), mark));
        }
        Ok(writes)
    }

    /// The writes that store what has become of a submission that was open, if it still is.
    pub(crate) fn settlement(&self, was: SubmissionOutcome, stored: &StoredSubmission) -> Result<Vec<Write>> {
        let is_open = Condition::Is("outcome".to_owned(), attribute(&was)?);
        let own = self.activity.put(submission_key(&stored.form, &stored.id), stored)?.when(is_open);
        Ok(vec![own, self.activity.delete(held_key(&stored.form, &stored.id))])
    }

    /// What was answered to a submission with this nonce.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub(crate) async fn seen(&self, form: &FormId, nonce: &str) -> Result<Option<SeenSubmission>> {
        let item = self.activity.get(seen_key(form, nonce)).await?;
        item.filter(|item| !is_expired(item, self.now())).map(decode).transpose()
    }
}

/// 404: it is deleted, or never was.
pub(crate) fn no_submission() -> Error {
    Error::not_found("submission")
}
