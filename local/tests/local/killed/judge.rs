//! Whether what is there after a kill is what the answers promised: what was acknowledged is there, what was refused is
//! not, and of what is unknown both may be.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    WRITERS,
    place::{Seen, Thing, UNIQUE},
    writer::{Action, Attempt, Outcome, Way},
};

/// What was tried with one object.
struct History<'a> {
    id: &'a str,
    before: Option<&'a Thing>,
    /// Done for certain, in the order of each writer.
    done: Vec<&'a Attempt>,
    /// Perhaps done.
    unknown: Vec<&'a Attempt>,
}

/// Compares what was there, what was tried and what is there.
pub(super) fn judge(before: &Seen, log: &[Attempt], after: &Seen) {
    let named = log.iter().filter_map(|attempt| attempt.id.as_ref());
    let ids: BTreeSet<_> = named
        .chain(before.things.keys())
        .chain(&before.marked)
        .chain(after.things.keys())
        .chain(&after.marked)
        .collect();
    for id in ids {
        let history = History::of(id, before, log);
        match after.things.get(id) {
            Some(thing) => history.judge(thing),
            None => history.judge_absence(before.marked.contains(id), after.marked.contains(id)),
        }
    }
    each_mark_once(after);
    all_or_none(log, after);
}

/// No number is given to two objects, and none changes.
pub(super) fn number_once(numbers: &mut BTreeMap<String, String>, log: &[Attempt], after: &Seen) {
    let mut note = |id: &str, serial: &Value| {
        let serial = serial.as_str().unwrap().to_owned();
        let owner = numbers.entry(serial.clone()).or_insert_with(|| id.to_owned());
        assert_eq!(owner, id, "the number {serial} was given twice");
    };
    for attempt in log {
        if let (Outcome::Done(Some(object)), Some(id)) = (&attempt.outcome, &attempt.id) {
            note(id, &object["fields"]["serial"]);
        }
    }
    after.things.iter().for_each(|(id, thing)| note(id, &thing.fields["serial"]));
}

impl<'a> History<'a> {
    fn of(id: &'a str, before: &'a Seen, log: &'a [Attempt]) -> Self {
        let before = before.things.get(id);
        let done = log.iter().filter(|attempt| {
            attempt.id.as_deref() == Some(id) && matches!(attempt.outcome, Outcome::Done(_))
        });
        let done: Vec<_> = done.collect();
        let is_new = before.is_none();
        let unknown = log.iter().filter(|attempt| {
            let may_be = match attempt.action {
                Action::Upsert => true,
                Action::Create => is_new,
                _ => attempt.id.as_deref() == Some(id),
            };
            may_be && attempt.outcome == Outcome::Unknown
        });
        Self { id, before, unknown: unknown.collect(), done }
    }

    /// The object is there: with all its versions, and each value as who wrote it last.
    fn judge(&self, thing: &Thing) {
        let destroyed = self.done.iter().find(|attempt| attempt.action == Action::Destroy);
        assert!(destroyed.is_none(), "{} is destroyed and there", self.id);
        let from = self.before.map_or(0, |before| before.version);
        let mut answered = BTreeMap::new();
        for attempt in &self.done {
            if let Outcome::Done(Some(object)) = &attempt.outcome {
                let version = object["version"].as_u64().unwrap();
                assert!(version > from && version <= thing.version, "{} {thing:?} {attempt:?}", self.id);
                let other = answered.insert(version, object);
                assert_eq!(other, None, "{}: two writes made the version {version}: {attempt:?}", self.id);
            }
        }
        let made = usize::try_from(thing.version - from).unwrap();
        let possible = self.done.len()..=self.done.len() + self.unknown.len();
        assert!(possible.contains(&made), "{}: {made} versions of {possible:?} {thing:?}", self.id);
        for writer in 0..WRITERS {
            self.judge_mark(thing, writer);
        }
        let (last, shown) = match answered.last_key_value() {
            Some((version, object)) => (*version, object["fields"].as_object()),
            None => (from, self.before.map(|before| &before.fields)),
        };
        if last == thing.version {
            assert_eq!(shown, Some(&thing.fields), "{}: other values than its last version has", self.id);
        }
        for field in UNIQUE {
            let kept = shown.map(|fields| &fields[field]);
            let sent = self.unknown.iter().filter_map(|attempt| attempt.fields.get(field));
            let is_explained = kept.into_iter().chain(sent).any(|value| *value == thing.fields[field]);
            // An object of which only an unknown request tells may have no value at all.
            assert!(is_explained || shown.is_none(), "{}: nobody wrote this: {thing:?}", self.id);
        }
        self.judge_state(thing);
    }

    /// A writer's own field holds what it wrote last, or what it may have written since.
    fn judge_mark(&self, thing: &Thing, writer: usize) {
        let field = format!("w{writer}");
        let is_own = |attempt: &&&Attempt| attempt.writer == writer && attempt.fields.contains_key(&field);
        let done = self.done.iter().rfind(is_own).map(|attempt| attempt.mark);
        let last =
            done.map(|mark| json!(mark)).or_else(|| self.before.map(|before| before.fields[&field].clone()));
        let later = self.unknown.iter().filter(is_own).map(|attempt| attempt.mark);
        let later = later.filter(|mark| done.is_none_or(|done| *mark > done)).map(|mark| json!(mark));
        let possible: Vec<_> = last.or(Some(Value::Null)).into_iter().chain(later).collect();
        let found = &thing.fields[&field];
        assert!(
            possible.contains(found),
            "{}: {field} is {found} and not of {possible:?}\n{:#?}",
            self.id,
            self.done
        );
    }

    /// Each trip to the trash and back turns the state round.
    fn judge_state(&self, thing: &Thing) {
        let is_turn = |attempt: &&&Attempt| matches!(attempt.action, Action::Trash | Action::Restore);
        let turns = self.done.iter().filter(is_turn).count();
        let was_live = self.before.is_none_or(|before| before.is_live);
        let is_known = !self.unknown.iter().any(|attempt| is_turn(&attempt));
        assert!(
            !is_known || thing.is_live == (was_live == (turns % 2 == 0)),
            "{}: {thing:?} {:#?}",
            self.id,
            self.done
        );
    }

    /// The object is not there, or half gone: it never was, or somebody destroyed it.
    fn judge_absence(&self, was_marked: bool, is_marked: bool) {
        let is_destroy = |attempt: &&&Attempt| attempt.action == Action::Destroy;
        let is_done = self.done.iter().any(|attempt| is_destroy(&attempt));
        let is_possible = self.unknown.iter().any(|attempt| is_destroy(&attempt));
        if is_marked {
            assert!(
                !is_done && (was_marked || is_possible),
                "{} is half destroyed: {:#?}",
                self.id,
                self.done
            );
        } else if !was_marked && (self.before.is_some() || !self.done.is_empty()) {
            // What is marked expires.
            assert!(is_done || is_possible, "{} is lost: {:#?}", self.id, self.done);
        }
    }
}

/// Nothing that one attempt wrote is in two objects.
fn each_mark_once(after: &Seen) {
    let mut found = BTreeMap::new();
    for (id, thing) in &after.things {
        for writer in 0..WRITERS {
            if let Some(mark) = thing.fields[&format!("w{writer}")].as_u64() {
                let other = found.insert((writer, mark), id);
                assert_eq!(other, None, "what writer {writer} wrote as {mark} is in {id} as well");
            }
        }
    }
}

/// Of an atomic batch all is done or nothing, as far as it can be told.
fn all_or_none(log: &[Attempt], after: &Seen) {
    let mut batches = BTreeMap::<_, Vec<_>>::new();
    for attempt in log.iter().filter(|attempt| attempt.outcome == Outcome::Unknown) {
        let Way::Together(batch) = attempt.way else { continue };
        let has_mark = |thing: &Thing| thing.fields[&format!("w{}", attempt.writer)] == json!(attempt.mark);
        let is_done = match attempt.action {
            Action::Create => Some(after.things.values().any(has_mark)),
            Action::Change => attempt.id.as_ref().and_then(|id| after.things.get(id)).map(has_mark),
            _ => None,
        };
        batches.entry((attempt.writer, batch)).or_default().extend(is_done);
    }
    for (batch, done) in batches {
        assert!(done.iter().all(|one| *one == done[0]), "the batch {batch:?} is done by halves: {done:?}");
    }
}
