//! Writers: each makes one random change after the other, alone or in batches, and keeps what it was told about it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};

use super::site::{Answer, Caller, Site};
use crate::dice::Dice;

/// The objects that writers choose from: the last that they have heard of.
const IDS_MAX: usize = 60;
/// Operations of a batch, at the most.
const BATCH_MAX: usize = 12;

/// What a request, or an operation of a batch, is to do, by lot.
const ACTIONS: &[&str] = &[
    "created",
    "created",
    "created",
    "updated",
    "updated",
    "updated",
    "updated",
    "updated",
    "sent",
    "deleted",
    "restored",
    "destroyed",
];
const OPERATIONS: &[&str] = &["created", "created", "updated", "updated", "updated", "deleted"];

/// One change that was tried.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    /// What the log would say of it.
    pub(super) event: &'static str,
    /// The object, if it is known.
    pub(super) id: Option<String>,
    /// What it writes, which nobody else writes; nothing, if it writes no value.
    pub(super) mark: Option<String>,
    pub(super) outcome: Outcome,
}

/// What was told of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    /// It is done; under which request, and in which version of the object, if that was told.
    Done(String, Option<u64>),
    Refused,
    Unknown,
}

/// What all writers have tried.
pub(super) struct Journal {
    wanted: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    attempts: Vec<Attempt>,
    done: usize,
    ids: Vec<String>,
}

impl Journal {
    pub(super) fn new(wanted: usize) -> Arc<Self> {
        Arc::new(Self { wanted, kept: Mutex::default() })
    }

    /// How many changes were acknowledged.
    pub(super) fn done(&self) -> usize {
        self.kept.lock().unwrap().done
    }

    pub(super) fn is_full(&self) -> bool {
        self.done() >= self.wanted
    }

    pub(super) fn attempts(&self) -> Vec<Attempt> {
        self.kept.lock().unwrap().attempts.clone()
    }

    /// How many of these were tried, by event, object and outcome.
    pub(super) fn count(&self) -> HashMap<(&'static str, String), (usize, usize)> {
        let mut count: HashMap<_, (usize, usize)> = HashMap::new();
        for attempt in self.attempts() {
            let Some(id) = attempt.id else { continue };
            let (done, unknown) = count.entry((attempt.event, id)).or_default();
            *done += usize::from(matches!(attempt.outcome, Outcome::Done(..)));
            *unknown += usize::from(attempt.outcome == Outcome::Unknown);
        }
        count
    }

    fn note(&self, tried: Vec<Attempt>) {
        let mut kept = self.kept.lock().unwrap();
        for attempt in tried {
            if let (Outcome::Done(..), Some(id)) = (&attempt.outcome, &attempt.id) {
                kept.done += 1;
                match attempt.event {
                    "created" => kept.ids.push(id.clone()),
                    "destroyed" => kept.ids.retain(|known| known != id),
                    _ => {}
                }
            }
            kept.attempts.push(attempt);
        }
    }

    fn one(&self, dice: &mut Dice) -> Option<String> {
        let kept = self.kept.lock().unwrap();
        let last = &kept.ids[kept.ids.len().saturating_sub(IDS_MAX)..];
        (!last.is_empty()).then(|| last[dice.below(last.len())].clone())
    }
}

/// One of them.
pub(super) struct Writer {
    caller: Caller,
    journal: Arc<Journal>,
    number: usize,
    count: usize,
    dice: Dice,
}

impl Writer {
    pub(super) fn new(site: &Site, journal: &Arc<Journal>, number: usize, seed: u64) -> Self {
        Self { caller: site.caller(), journal: journal.clone(), number, count: 0, dice: Dice(seed) }
    }

    /// Goes on until enough is done.
    pub(super) async fn work(mut self) {
        while !self.journal.is_full() {
            let (tried, is_answered) =
                if self.dice.hits(30) { self.try_batch().await } else { self.try_one().await };
            self.journal.note(tried);
            if !is_answered {
                // It takes a moment until there is a process again.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }

    fn attempt(&mut self, lots: &[&'static str]) -> Attempt {
        let event = lots[self.dice.below(lots.len())];
        let id = if event == "created" { None } else { self.journal.one(&mut self.dice) };
        let event = if id.is_none() { "created" } else { event };
        self.count += 1;
        let mark = matches!(event, "created" | "updated").then(|| format!("{}-{}", self.number, self.count));
        Attempt { event, id, mark, outcome: Outcome::Unknown }
    }

    async fn try_one(&mut self) -> (Vec<Attempt>, bool) {
        let mut attempt = self.attempt(ACTIONS);
        let id = attempt.id.as_deref().unwrap_or_default();
        let (method, rest) = match attempt.event {
            "created" => ("POST", String::new()),
            "updated" => ("PATCH", format!("/{id}")),
            "sent" => ("POST", format!("/{id}/send")),
            "deleted" => ("DELETE", format!("/{id}")),
            "restored" => ("POST", format!("/{id}/restore")),
            _ => ("DELETE", format!("/{id}/force")),
        };
        let body = attempt.mark.as_ref().map(|mark| json!({"fields": {"mark": mark}}));
        let answer = self.caller.send(method, &format!("/objects/things{rest}"), body).await;
        if let Some(Answer { status, request_id, body }) = &answer {
            attempt.told(u64::from(*status), body, request_id.clone());
        }
        (vec![attempt], answer.is_some())
    }

    async fn try_batch(&mut self) -> (Vec<Attempt>, bool) {
        let size = 2 + self.dice.below(BATCH_MAX - 1);
        let mut tried: Vec<_> = (0..size).map(|_| self.attempt(OPERATIONS)).collect();
        let operations: Vec<_> = tried.iter().map(Attempt::operation).collect();
        let body = json!({"operations": operations});
        let answer = self.caller.send("POST", "/objects/things/batch", Some(body)).await;
        if let Some(Answer { status, request_id, body }) = &answer {
            for (index, attempt) in tried.iter_mut().enumerate() {
                let result = &body["results"][index];
                let status = result["status"].as_u64().unwrap_or((*status).into());
                attempt.told(status, &result["object"], format!("{request_id}#{index}"));
            }
        }
        (tried, answer.is_some())
    }
}

impl Attempt {
    fn operation(&self) -> Value {
        let fields = json!({"mark": self.mark});
        match self.event {
            "created" => json!({"op": "create", "fields": fields}),
            "updated" => json!({"op": "update", "id": self.id, "fields": fields}),
            _ => json!({"op": "delete", "id": self.id}),
        }
    }

    fn told(&mut self, status: u64, object: &Value, request: String) {
        self.outcome = match status {
            200..300 => Outcome::Done(request, object["version"].as_u64()),
            404 | 409 => Outcome::Refused,
            500.. => Outcome::Unknown,
            _ => panic!("{status} {object} for {self:?}"),
        };
        if let (Outcome::Done(..), Some(id)) = (&self.outcome, object["id"].as_str()) {
            self.id = Some(id.to_owned());
        }
    }
}
