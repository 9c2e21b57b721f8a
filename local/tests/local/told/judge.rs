//! What must be so at the end.
//!
//! An object counts its version up by one with each change, so its version says how many changes there were; each change of
//! its value writes a mark that nobody else writes and says what was there before. So the changes of an object are a chain:
//! none can be missing from it, and none can be in it twice.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use serde_json::{Value, json};

use super::writer::{Journal, Outcome};

pub(super) struct Judge {
    pub(super) journal: Arc<Journal>,
    pub(super) entries: Vec<Value>,
    pub(super) objects: Vec<Value>,
}

/// Marks by what they were written over: nothing for the first one.
type Chain = HashMap<Option<String>, String>;

impl Judge {
    /// Each change is an entry, and each entry a change; how many there are.
    pub(super) fn the_log_tells_each_change_once(&self) -> usize {
        let mut marks: HashMap<&str, &Value> = HashMap::new();
        let mut counts: HashMap<(&str, &str), usize> = HashMap::new();
        let mut chains: HashMap<&str, Chain> = HashMap::new();
        for entry in &self.entries {
            let (event, id) = (text(&entry["event"]), text(&entry["subject"]["id"]));
            *counts.entry((event, id)).or_default() += 1;
            if let Some(change) = entry["fields"].as_array().unwrap().first() {
                let mark = text(&change["new"]);
                assert!(marks.insert(mark, entry).is_none(), "{mark} is told twice");
                let old = change["old"].as_str().map(str::to_owned);
                let other = chains.entry(id).or_default().insert(old, mark.to_owned());
                assert_eq!(other, None, "two changes of the same value: {entry}");
            }
        }
        self.what_was_acknowledged_is_told(&marks, &counts);
        for object in &self.objects {
            let (id, version) = (text(&object["id"]), object["version"].as_u64().unwrap());
            let told = |event: &str| counts.get(&(event, id)).copied().unwrap_or_default();
            let told: usize = ["created", "updated", "deleted", "restored"].into_iter().map(told).sum();
            assert_eq!(u64::try_from(told).unwrap(), version, "{id}");
            assert_eq!(end(&chains[id]), text(&object["fields"]["mark"]), "{id}");
        }
        self.entries.len()
    }

    fn what_was_acknowledged_is_told(
        &self,
        marks: &HashMap<&str, &Value>,
        counts: &HashMap<(&str, &str), usize>,
    ) {
        let mut tried: HashSet<String> = HashSet::from(["last".to_owned()]);
        let entries: HashMap<_, _> =
            self.entries.iter().map(|entry| (text(&entry["request_id"]), entry)).collect();
        assert_eq!(entries.len(), self.entries.len(), "a request is told twice");
        let known = self.journal.count();
        for attempt in self.journal.attempts() {
            let Outcome::Done(request, _) = &attempt.outcome else {
                tried.extend(attempt.mark.filter(|_| attempt.outcome == Outcome::Unknown));
                continue;
            };
            let of = (attempt.event, attempt.id.clone().unwrap());
            // Who destroys what somebody else is destroying, or has half way, only ends it: it is told of the first one.
            if attempt.event == "destroyed" && !entries.contains_key(request.as_str()) {
                assert_eq!(counts.get(&(of.0, &*of.1)), Some(&1), "not told: {attempt:?}");
                assert!(known[&of].0 + known[&of].1 > 1, "told of another: {attempt:?}");
                continue;
            }
            let entry = entries.get(request.as_str()).unwrap_or_else(|| panic!("not told: {attempt:?}"));
            assert_eq!(entry["event"], json!(attempt.event));
            assert_eq!(entry["subject"]["id"], json!(attempt.id));
            assert_eq!(entry["actor"]["email"], json!("owner@example.com"));
            if let Some(mark) = attempt.mark {
                assert_eq!(marks[mark.as_str()], *entry);
                tried.insert(mark);
            }
        }
        for mark in marks.keys() {
            assert!(tried.contains(*mark), "{mark} was invented");
        }
        for ((event, id), told) in counts.iter().filter(|((event, _), _)| *event != "created") {
            let (done, unknown) = known.get(&(*event, (*id).to_owned())).copied().unwrap_or_default();
            let least = if *event == "destroyed" { 1 } else { done };
            assert!((least..=done + unknown).contains(told), "{event} {id}: {told}, of {done} and {unknown}");
        }
    }

    /// The receiver has an event for each entry, and nothing else; those of an object in the order of their versions are its
    /// changes.
    pub(super) fn the_receiver_has_each(&self, events: &BTreeMap<String, Value>, told: usize) {
        // Both ids are made of the same things.
        let part = |id: &str| id.split_once('_').unwrap().1.to_owned();
        let entries: HashSet<_> = self.entries.iter().map(|entry| part(text(&entry["id"]))).collect();
        let received: HashSet<_> = events.keys().map(|id| part(id)).collect();
        let missing: Vec<_> = entries.difference(&received).collect();
        assert!(missing.is_empty(), "never received: {missing:?}");
        assert_eq!(received.len(), told, "received and never told");
        let mut objects: HashMap<&str, BTreeMap<u64, &Value>> = HashMap::new();
        for body in events.values().filter(|body| body["type"] != "object.send") {
            let data = &body["data"];
            let version = data["version"].as_u64().unwrap();
            let other = objects.entry(text(&data["object"]["id"])).or_default().insert(version, data);
            assert!(other.is_none(), "two events of one version: {data}");
        }
        for (id, versions) in &objects {
            let count = u64::try_from(versions.len()).unwrap();
            assert!(versions.keys().copied().eq(1..=count), "{id}: {:?}", versions.keys());
            let mut mark = Value::Null;
            for data in versions.values() {
                if let Some(change) = data["changes"].get("mark") {
                    assert_eq!(change["old"], mark, "{data}");
                }
                mark = data["object"]["fields"]["mark"].clone();
            }
        }
    }
}

/// The last mark of a chain, all of which hangs together.
fn end(chain: &Chain) -> &str {
    let (mut old, mut last, mut length) = (None, "", 0);
    while let Some(mark) = chain.get(&old) {
        (old, last, length) = (Some(mark.clone()), mark, length + 1);
    }
    assert_eq!(length, chain.len(), "the changes do not hang together: {chain:?}");
    last
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
