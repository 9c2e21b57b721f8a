//! Poison pills: records that crash the function or make it time out. Neither says which record it was, and
//! Lambda would retry for a day; but it bisects the batch, so that in the end the record comes alone. Attempts
//! at a record that comes alone and late are counted, and after [`ATTEMPTS_MAX`] of them it goes to the
//! dead-letter queue.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use base::{Result, Timestamp};
use table::{AttributeValue, Condition, Key, WriteError, number};

use uuid::Uuid;

use crate::{
    Relay,
    event::{Record, RecordKind},
};

/// A record that is younger than this cannot have crashed the function before.
const LATE_SECONDS: i64 = 60;
/// A record may have so many attempts that did not complete.
const ATTEMPTS_MAX: u64 = 3;
/// The count is kept for longer than the stream keeps the record.
const KEEP_SECONDS: i64 = 2 * 24 * 60 * 60;
/// The attribute that counts the attempts that were started and not completed.
const ATTEMPTS: &str = "begun";
/// The attribute with the id of the attempt that was counted last.
const LAST_ATTEMPT: &str = "attempt";

/// Records whose attempts completed in this process, but whose counts could not be cleared. That this process
/// is still running shows that none of these attempts crashed it.
#[derive(Default)]
pub(crate) struct UnclearedAttempts(Mutex<HashSet<String>>);

impl UnclearedAttempts {
    fn insert(&self, candidate: &PoisonCandidate) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(candidate.sequence_number.clone());
    }

    fn contains(&self, candidate: &PoisonCandidate) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&candidate.sequence_number)
    }

    fn remove(&self, candidate: &PoisonCandidate) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&candidate.sequence_number);
    }
}

/// A record that comes alone and late, and so may be a poison pill.
pub(crate) struct PoisonCandidate {
    pub(crate) record: Record,
    pub(crate) sequence_number: String,
}

impl PoisonCandidate {
    /// The candidate, if these records are just one, and late.
    pub(crate) fn among(records: &[Record], now: Timestamp) -> Option<Self> {
        let [record] = records else { return None };
        let Ok(RecordKind::Change(change)) = record.read() else { return None };
        let is_late = change.approximate_creation_time()?.plus_seconds(LATE_SECONDS) <= now;
        let candidate = Self { record: record.clone(), sequence_number: record.sequence_number()? };
        Some(candidate).filter(|_| is_late)
    }

    fn key(&self) -> Key {
        Key::new(format!("RELAY#{}", self.sequence_number), "SUSPECT")
    }
}

impl Relay {
    /// Counts an attempt that starts. Returns whether there were too many already that did not complete.
    pub(crate) async fn is_poison(&self, candidate: &PoisonCandidate) -> Result<bool> {
        let expires = self.clock.now().seconds() + KEEP_SECONDS;
        let write =
            self.activity.update(candidate.key()).set("expires", AttributeValue::N(expires.to_string()));
        let write = if self.uncleared.contains(candidate) {
            write.set(ATTEMPTS, AttributeValue::N("1".to_owned()))
        } else {
            write.add(ATTEMPTS, 1)
        };
        // A write whose answer was lost is repeated, and must not count twice.
        let attempt = Uuid::now_v7().to_string();
        let is_new = Condition::Not(Box::new(Condition::is_text(LAST_ATTEMPT, &*attempt)));
        let write = write.set(LAST_ATTEMPT, AttributeValue::S(attempt)).when(is_new);
        let attempts = match self.activity.write(write).await {
            Ok(item) => number(&item, ATTEMPTS),
            Err(WriteError::ConditionFailed(failed)) => {
                failed.item(0).and_then(|item| number(item, ATTEMPTS))
            }
            Err(WriteError::Failed(error)) => {
                // It may have been counted, and the record is not looked at.
                self.uncleared.insert(candidate);
                return Err(error);
            }
        };
        // From here on the attempt counts, unless it completes.
        self.uncleared.remove(candidate);
        Ok(attempts.is_none_or(|attempts| attempts > ATTEMPTS_MAX))
    }

    /// Clears the count when an attempt completes, whatever its result. If the write fails, that is remembered
    /// in the process: a database that is too busy for it was likely too busy for the attempt as well, which
    /// does not make the record a poison pill.
    pub(crate) async fn clear_attempts(&self, candidate: &PoisonCandidate) {
        let write = self.activity.update(candidate.key()).remove(ATTEMPTS);
        if let Err(error) = self.activity.write(write).await.map_err(base::Error::from) {
            self.uncleared.insert(candidate);
            tracing::warn!(code = error.code.name(), "the attempts at a change could not be cleared");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Event;

    #[test]
    fn a_candidate_comes_alone_and_late() {
        let event =
            || serde_json::from_str::<Event>(include_str!("../../../events/relay-changes.json")).unwrap();
        let changes: Vec<_> = event().records.into_iter().chain(event().records).collect();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (soon, late) = (at("2026-11-24T10:00:59.999Z"), at("2026-11-24T10:01:00.000Z"));
        assert!(PoisonCandidate::among(&changes, late).is_none());
        assert!(PoisonCandidate::among(&changes[..1], soon).is_none());
        let candidate = PoisonCandidate::among(&changes[..1], late).unwrap();
        assert_eq!(Some(candidate.sequence_number), changes[0].sequence_number());
        let messages: Event =
            serde_json::from_str(include_str!("../../../events/relay-messages.json")).unwrap();
        assert!(PoisonCandidate::among(&messages.records[..1], late).is_none());
    }
}
