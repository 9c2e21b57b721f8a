//! Changes that may end the function. A crash, or a time that runs out, names no change and would come again for a day; but
//! Lambda halves the batch each time, so that in the end the change comes alone. One that comes alone and late is counted
//! before it is looked at, and what has ended the function several times is parked.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use shared::{
    Result, Timestamp,
    table::{AttributeValue, Key, number},
};

use crate::{
    Relay,
    event::{Content, Record},
};

/// A change that is told in good time has ended nothing yet.
const LATE_SECONDS: i64 = 60;
/// So often a change may have ended the function.
const ENDS_MAX: u64 = 3;
/// The count is kept for longer than a stream keeps the change.
const KEEP_SECONDS: i64 = 2 * 24 * 60 * 60;
/// How often the look at a change has begun without coming to an end.
const BEGUN: &str = "begun";

/// Changes whose looks came to an end in this process, where the note of it failed: that this process goes on shows that none
/// of its looks ended it.
#[derive(Default)]
pub(crate) struct Unnoted(Mutex<HashSet<String>>);

impl Unnoted {
    fn insert(&self, suspect: &Suspect) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(suspect.sequence_number.clone());
    }

    fn take(&self, suspect: &Suspect) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&suspect.sequence_number)
    }
}

/// A change that comes alone and late.
pub(crate) struct Suspect {
    pub(crate) record: Record,
    pub(crate) sequence_number: String,
}

impl Suspect {
    /// The suspect among these records, if there is one.
    pub(crate) fn among(records: &[Record], now: Timestamp) -> Option<Self> {
        let [record] = records else { return None };
        let Ok(Content::Change(change)) = record.read() else { return None };
        let is_late = change.noted_at()?.plus_seconds(LATE_SECONDS) <= now;
        let suspect = Self { record: record.clone(), sequence_number: record.sequence_number()? };
        Some(suspect).filter(|_| is_late)
    }

    fn key(&self) -> Key {
        Key::new(format!("RELAY#{}", self.sequence_number), "SUSPECT")
    }
}

impl Relay {
    /// Counts that the look at it begins; whether it has ended the function too often to be looked at once more.
    pub(crate) async fn is_fatal(&self, suspect: &Suspect) -> Result<bool> {
        let expires = self.clock.now().seconds() + KEEP_SECONDS;
        let write =
            self.activity.update(suspect.key()).set("expires", AttributeValue::N(expires.to_string()));
        let is_unnoted = self.unnoted.take(suspect);
        let write = match is_unnoted {
            true => write.set(BEGUN, AttributeValue::N("1".to_owned())),
            false => write.add(BEGUN, 1),
        };
        let written = self.activity.write(write).await.inspect_err(|_| {
            if is_unnoted {
                self.unnoted.insert(suspect);
            }
        });
        let begun = number(&written?, BEGUN);
        Ok(begun.is_none_or(|begun| begun > ENDS_MAX))
    }

    /// Notes that the look at it came to an end, whatever it was. What cannot be noted is kept in mind, as a database that is
    /// too busy for the note was too busy for the look as well: that is no reason to park a change.
    pub(crate) async fn acquit(&self, suspect: &Suspect) {
        let write = self.activity.update(suspect.key()).remove(BEGUN);
        if let Err(error) = self.activity.write(write).await.map_err(shared::Error::from) {
            self.unnoted.insert(suspect);
            tracing::warn!(code = error.code.name(), "that a change was looked at could not be noted");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Event;

    #[test]
    fn a_suspect_comes_alone_and_late() {
        let event =
            || serde_json::from_str::<Event>(include_str!("../../../events/relay-changes.json")).unwrap();
        let changes: Vec<_> = event().records.into_iter().chain(event().records).collect();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (soon, late) = (at("2026-11-24T10:00:59.999Z"), at("2026-11-24T10:01:00.000Z"));
        assert!(Suspect::among(&changes, late).is_none());
        assert!(Suspect::among(&changes[..1], soon).is_none());
        let suspect = Suspect::among(&changes[..1], late).unwrap();
        assert_eq!(Some(suspect.sequence_number), changes[0].sequence_number());
        let messages: Event =
            serde_json::from_str(include_str!("../../../events/relay-messages.json")).unwrap();
        assert!(Suspect::among(&messages.records[..1], late).is_none());
    }
}
