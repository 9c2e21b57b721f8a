//! What the writers have tried, and what they were told of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
};

use super::content::Content;
use crate::dice::Dice;

/// Each of these must come through so often, in all.
const DONE_MIN: usize = 3;
/// What comes through while the process is killed again and again, and what is cut off by that.
const MUST_BE_DONE: &[&str] =
    &["begin", "send", "send a part", "complete", "name", "name no more", "delete", "destroy", "fetch"];
const MUST_BE_CUT_OFF: &[&str] = &["send", "complete", "name"];
/// Writers choose among the last uploads that they have heard of.
const LAST: usize = 40;

/// What all writers have in common.
#[derive(Default)]
pub(super) struct Journal {
    kept: Mutex<Kept>,
    is_over: AtomicBool,
}

#[derive(Default)]
pub(super) struct Kept {
    pub(super) uploads: BTreeMap<String, Upload>,
    pub(super) objects: BTreeMap<String, Object>,
    /// Uploads that were ready, in their order.
    ready: Vec<String>,
    tally: BTreeMap<(&'static str, Outcome), usize>,
}

/// What is known of an upload.
#[derive(Debug, Default)]
pub(super) struct Upload {
    /// What it is; none if nobody was told that it began.
    pub(super) content: Option<Content>,
    /// It was acknowledged as ready.
    pub(super) is_ready: bool,
    /// Somebody has tried to name it in an object.
    pub(super) is_named: bool,
    pub(super) deletion: Removal,
    pub(super) destruction: Removal,
}

/// Whether something was removed.
#[derive(Debug, Default)]
pub(super) struct Removal {
    pub(super) is_done: bool,
    /// How often it was asked for, and of how many requests no answer has told anything.
    tries: usize,
    unknown: usize,
}

/// What is known of an object.
#[derive(Debug, Default)]
pub(super) struct Object {
    /// The uploads that it names, as was acknowledged last.
    pub(super) names: Vec<String>,
    /// What it may have come to name since.
    pub(super) possible: Vec<Vec<String>>,
    pub(super) destruction: Removal,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    Done,
    Refused,
    /// The answer was lost, or asks to come later.
    Unknown,
}

impl Outcome {
    /// What the status says, if it is one of those by which this request may be refused.
    #[track_caller]
    pub(super) fn of(status: Option<u16>, refusals: &[u16]) -> Self {
        match status {
            None | Some(500 | 503) => Self::Unknown,
            Some(200..300) => Self::Done,
            Some(status) if refusals.contains(&status) => Self::Refused,
            Some(status) => panic!("answered {status}, and not one of {refusals:?}"),
        }
    }
}

impl Removal {
    pub(super) fn is_possible(&self) -> bool {
        self.is_done || self.unknown > 0
    }

    /// It is tried from now on.
    pub(super) fn tried(&mut self) {
        self.tries += 1;
        self.unknown += 1;
    }

    pub(super) fn told(&mut self, outcome: Outcome) {
        self.is_done |= outcome == Outcome::Done;
        self.unknown -= usize::from(outcome != Outcome::Unknown);
    }
}

impl Upload {
    /// Whether it may be gone by what was asked for.
    pub(super) fn may_be_gone(&self) -> bool {
        self.deletion.is_possible() || self.destruction.is_possible()
    }

    /// Whether anybody has asked to remove it, whatever the answer was.
    pub(super) fn was_removed(&self) -> bool {
        self.deletion.tries + self.destruction.tries > 0
    }
}

impl Journal {
    pub(super) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// The writers come to their ends.
    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }

    pub(super) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap()
    }

    /// Looks at an upload, or changes what is known of it.
    pub(super) fn upload<T>(&self, id: &str, with: impl FnOnce(&mut Upload) -> T) -> T {
        with(self.kept().uploads.entry(id.to_owned()).or_default())
    }

    /// The same of an object.
    pub(super) fn object<T>(&self, id: &str, with: impl FnOnce(&mut Object) -> T) -> T {
        with(self.kept().objects.entry(id.to_owned()).or_default())
    }

    pub(super) fn count(&self, what: &'static str, outcome: Outcome) {
        *self.kept().tally.entry((what, outcome)).or_default() += 1;
    }

    /// An upload is ready, for the first time that somebody is told so or once more.
    pub(super) fn ready(&self, id: &str) {
        let is_news = self.upload(id, |upload| !std::mem::replace(&mut upload.is_ready, true));
        if is_news {
            self.kept().ready.push(id.to_owned());
        }
    }

    /// Some of the last uploads that were ready, each once.
    pub(super) fn some(&self, dice: &mut Dice, count: usize) -> Vec<String> {
        let kept = self.kept();
        let is_there =
            |id: &&String| !kept.uploads[*id].deletion.is_done && !kept.uploads[*id].destruction.is_done;
        let there = kept.ready.iter().rev().filter(is_there);
        let last: Vec<_> = there.take(LAST).cloned().collect();
        let chosen: BTreeSet<_> =
            (0..count.min(last.len())).map(|_| last[dice.below(last.len())].clone()).collect();
        chosen.into_iter().collect()
    }

    /// What did not come through, or was not cut off, often enough yet.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        let kept = self.kept();
        let times = |what, outcome| kept.tally.get(&(what, outcome)).copied().unwrap_or_default();
        let is_rare = |what: &&&'static str| times(**what, Outcome::Done) < DONE_MIN;
        let is_whole = |what: &&&'static str| times(**what, Outcome::Unknown) == 0;
        let rare = MUST_BE_DONE.iter().filter(is_rare);
        rare.chain(MUST_BE_CUT_OFF.iter().filter(is_whole)).copied().collect()
    }

    pub(super) fn tally(&self) -> BTreeMap<(&'static str, Outcome), usize> {
        self.kept().tally.clone()
    }
}
