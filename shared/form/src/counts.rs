//! How many submissions a form has accepted, and how many it holds. The limit of a form is the condition of one count, so that no
//! race gets one more in. A form without a limit spreads its count over several items, as one item takes some 300 writes a second.

use base::{
    Code, Error, Result, Timestamp,
    id::{FormId, SubmissionId},
};
use schemars::JsonSchema;
use serde::Serialize;
use table::{AttributeValue, Condition, Item, Key, Table, TableQuery, Write, attribute, number, text};

use crate::{
    Form,
    place::{HELD_PREFIX, submission_partition},
};

/// The items that the count of a form without a limit is spread over.
const SHARDS: u32 = 16;
/// So many held ones are counted.
const HELD_MAX: usize = 1_000;
const COUNT_PREFIX: &str = "COUNT#";

/// What a form has come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FormCounts {
    /// How many submissions it has accepted.
    pub accepted: u64,
    /// How many are held, or could not be applied; counting stops at 1,000.
    pub held: u64,
    /// When the last one was accepted.
    pub last_at: Option<Timestamp>,
}

/// What a form has accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// In the item that a limit is a condition of.
    first: u64,
    /// In the others.
    spread: u64,
}

impl Counts {
    /// All.
    pub fn accepted(self) -> u64 {
        self.first + self.spread
    }

    /// The counts of a form.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn read(activity: &Table, form: &FormId) -> Result<Self> {
        let query = TableQuery::partition(submission_partition(form)).prefix(COUNT_PREFIX);
        Ok(Self::of(&activity.query(query).await?.items))
    }

    fn of(items: &[Item]) -> Self {
        let mut counts = Self::default();
        for item in items {
            let accepted = number(item, "accepted").unwrap_or_default();
            match text(item, "sk") {
                Some(sk) if sk == count_name(0) => counts.first += accepted,
                Some(sk) if sk.starts_with(COUNT_PREFIX) => counts.spread += accepted,
                _ => {}
            }
        }
        counts
    }

    /// The writes that remove the counts of a form that ends. What it was sent goes when its time is over.
    pub(crate) fn removals(activity: &Table, form: &FormId) -> Vec<Write> {
        let key = |shard| Key::new(submission_partition(form), count_name(shard));
        (0..SHARDS).map(|shard| activity.delete(key(shard))).collect()
    }

    /// The write that counts one more, on the condition that the limit of the form is not reached.
    pub(crate) fn one_more(
        self,
        activity: &Table,
        (id, form): (&FormId, &Form),
        submission: &SubmissionId,
        now: Timestamp,
    ) -> Result<Write> {
        let shard = if form.limit.is_some() { 0 } else { shard_of(submission) };
        let key = Key::new(submission_partition(id), count_name(shard));
        let write = activity.update(key).add("accepted", 1).set("last_at", attribute(&now)?);
        let Some(limit) = form.limit else { return Ok(write) };
        let room = AttributeValue::N(limit.saturating_sub(self.spread).to_string());
        let missing = Condition::AttributeMissing("accepted".to_owned());
        let is_below = Condition::Below("accepted".to_owned(), room);
        // Where the others have used it up, no first one is let in either.
        let has_room = if limit > self.spread { Condition::Any(vec![missing, is_below]) } else { is_below };
        Ok(write.when(has_room))
    }
}

impl FormCounts {
    /// The counts of a form, with those that are held.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn read(activity: &Table, form: &FormId) -> Result<Self> {
        // The counts and the marks of those that are held lie beside each other.
        let end = format!("{HELD_PREFIX}~");
        let query = TableQuery::partition(submission_partition(form));
        let query = query.between("sk", Some(COUNT_PREFIX), Some(&end)).limit(HELD_MAX);
        let items = activity.query(query).await?.items;
        let is_held = |item: &&Item| text(item, "sk").is_some_and(|sk| sk.starts_with(HELD_PREFIX));
        let last_at = items.iter().filter_map(|item| text(item, "last_at")?.parse().ok()).max();
        let held = items.iter().filter(is_held).count();
        Ok(Self {
            accepted: Counts::of(&items).accepted(),
            held: u64::try_from(held).unwrap_or(u64::MAX),
            last_at,
        })
    }
}

/// 409: the form takes no submissions.
pub fn closed() -> Error {
    Error::new(Code::FormClosed, "This form takes no submissions now.")
}

fn count_name(shard: u32) -> String {
    format!("{COUNT_PREFIX}{shard:02}")
}

fn shard_of(submission: &SubmissionId) -> u32 {
    submission.suffix().bytes().next_back().map_or(0, |digit| u32::from(digit) % SHARDS)
}
