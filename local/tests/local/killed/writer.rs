//! Writers: each sends one random request after the other, and keeps what it was told about it.

use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};

use super::place::{Caller, Place, Seen, UNIQUE, values};
use crate::dice::Dice;

/// What a request is to do to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Action {
    Create,
    Upsert,
    Change,
    Trash,
    Restore,
    Destroy,
}

use Action::{Change, Create, Destroy, Restore, Trash, Upsert};

/// How it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Alone,
    /// In a batch in which each counts for itself.
    Each,
    /// In a batch that begins with this mark, of which all is done or nothing.
    Together(u64),
}

/// What was told of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    /// It is done; the object as the answer shows it, if it does.
    Done(Option<Value>),
    Refused,
    /// The answer was lost.
    Unknown,
}

/// One thing that was tried.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) writer: usize,
    /// What the writer puts into its own field: no two attempts of it have the same.
    pub(super) mark: u64,
    pub(super) action: Action,
    /// The object that it is about, as far as the writer knows.
    pub(super) id: Option<String>,
    pub(super) fields: Map<String, Value>,
    pub(super) way: Way,
    pub(super) outcome: Outcome,
    /// By which field an upsert finds its object.
    matched: &'static str,
}

/// What a request does, by lot.
const REQUESTS: &[Action] = &[
    Create, Create, Create, Upsert, Upsert, Upsert, Upsert, Change, Change, Change, Change, Trash, Trash,
    Restore, Restore, Restore, Destroy, Destroy, Destroy,
];
/// What an operation of a batch does, by lot.
const OPERATIONS: &[Action] = &[Create, Upsert, Upsert, Change, Change, Trash];
/// The ids from which writers choose: the last that they have heard of.
const IDS_MAX: usize = 24;

/// What the writers of a round have in common.
pub(super) struct Shared {
    caller: Caller,
    ids: Mutex<Vec<String>>,
}

/// One of them.
pub(super) struct Writer {
    shared: Arc<Shared>,
    number: usize,
    mark: u64,
    dice: Dice,
}

impl Shared {
    pub(super) fn new(place: &Place, url: &str, seen: &Seen) -> Arc<Self> {
        let ids = seen.things.keys().chain(&seen.marked).cloned().collect();
        Arc::new(Self { caller: place.caller(url), ids: Mutex::new(ids) })
    }

    /// Keeps in mind which objects there may be.
    fn note(&self, attempt: &Attempt) {
        let Some(id) = &attempt.id else { return };
        let mut ids = self.ids.lock().unwrap();
        if attempt.action == Destroy {
            ids.retain(|known| known != id);
        } else if !ids.contains(id) && matches!(attempt.outcome, Outcome::Done(_)) {
            ids.push(id.clone());
        }
    }

    fn one(&self, dice: &mut Dice) -> Option<String> {
        let ids = self.ids.lock().unwrap();
        let last = &ids[ids.len().saturating_sub(IDS_MAX)..];
        (!last.is_empty()).then(|| last[dice.below(last.len())].clone())
    }
}

impl Attempt {
    /// What it was and what became of it, in words.
    pub(super) fn words(&self) -> (Action, &'static str, &'static str) {
        let way = match self.way {
            Way::Alone => "alone",
            Way::Each => "in a batch",
            Way::Together(_) => "all or none",
        };
        let outcome = match self.outcome {
            Outcome::Done(_) => "done",
            Outcome::Refused => "refused",
            Outcome::Unknown => "unknown",
        };
        (self.action, way, outcome)
    }

    /// The operation that a batch has for it.
    fn operation(&self) -> Value {
        match self.action {
            Create => json!({"op": "create", "fields": self.fields}),
            Upsert => json!({"op": "upsert", "match": self.matched, "fields": self.fields}),
            Change => json!({"op": "update", "id": self.id, "fields": self.fields}),
            _ => json!({"op": "delete", "id": self.id}),
        }
    }

    /// The request that it is alone: method, path and body.
    fn request(&self) -> (&'static str, String, Option<Value>) {
        let id = self.id.as_deref().unwrap_or_default();
        let fields = || Some(json!({"fields": self.fields}));
        match self.action {
            Create => ("POST", String::new(), fields()),
            Upsert => ("PUT", format!("?match={}", self.matched), fields()),
            Change => ("PATCH", format!("/{id}"), fields()),
            Trash => ("DELETE", format!("/{id}"), None),
            Restore => ("POST", format!("/{id}/restore"), Some(json!({}))),
            Destroy => ("DELETE", format!("/{id}/force"), None),
        }
    }

    /// Takes what was answered. Of an answer that asks to come later it is not known what has happened.
    fn told(&mut self, status: u64, object: &Value, problem: &Value) {
        self.outcome = match (status, problem["code"].as_str().unwrap_or_default()) {
            (200 | 201, "") => {
                self.id = Some(object["id"].as_str().unwrap().to_owned());
                Outcome::Done(Some(object.clone()))
            }
            (204, "") => Outcome::Done(None),
            (404, "not_found") | (409, "not_unique" | "wrong_state") => Outcome::Refused,
            (503, _) => Outcome::Unknown,
            _ => panic!("{status} {problem} for {self:?}"),
        };
    }
}

impl Writer {
    pub(super) fn new(shared: Arc<Shared>, number: usize, round: u64, seed: u64) -> Self {
        Self { shared, number, mark: round * 1_000_000, dice: Dice(seed) }
    }

    /// Goes on until no answer comes.
    pub(super) async fn work(mut self) -> Vec<Attempt> {
        let mut log = Vec::new();
        loop {
            let (is_batch, is_atomic) = (self.dice.hits(15), self.dice.hits(50));
            let (tried, is_answered) = if is_batch {
                self.try_batch(is_atomic).await
            } else {
                let attempt = self.attempt(REQUESTS);
                self.try_one(attempt).await
            };
            for attempt in &tried {
                self.shared.note(attempt);
            }
            log.extend(tried);
            if !is_answered {
                return log;
            }
        }
    }

    async fn try_one(&self, mut attempt: Attempt) -> (Vec<Attempt>, bool) {
        let (method, path, body) = attempt.request();
        let answer = self.shared.caller.try_send(method, &path, body).await;
        if let Some((status, body)) = &answer {
            let problem = if *status < 300 { &Value::Null } else { body };
            attempt.told((*status).into(), body, problem);
        }
        (vec![attempt], answer.is_some())
    }

    async fn try_batch(&mut self, is_atomic: bool) -> (Vec<Attempt>, bool) {
        let mut tried: Vec<Attempt> = Vec::new();
        for _ in 0..2 + self.dice.below(if is_atomic { 2 } else { 4 }) {
            let mut attempt = self.attempt(OPERATIONS);
            if is_atomic && tried.iter().any(|other| attempt.id.is_some() && other.id == attempt.id) {
                continue;
            }
            if is_atomic && attempt.action == Create {
                // A value that nobody else looks for: what becomes of it is known.
                attempt.fields.remove("email");
                attempt
                    .fields
                    .insert("code".to_owned(), json!(format!("own-{}-{}", self.number, attempt.mark)));
            }
            tried.push(attempt);
        }
        let operations: Vec<_> = tried.iter().map(Attempt::operation).collect();
        let body = json!({"operations": operations, "atomic": is_atomic});
        let answer = self.shared.caller.try_send("POST", "/batch", Some(body)).await;
        let first = tried[0].mark;
        for (index, attempt) in tried.iter_mut().enumerate() {
            attempt.way = if is_atomic { Way::Together(first) } else { Way::Each };
            match &answer {
                Some((200, body)) => {
                    let result = &body["results"][index];
                    attempt.told(result["status"].as_u64().unwrap(), &result["object"], &result["problem"]);
                }
                // Two upserts of one atomic batch may be about the same object.
                Some((422, body)) if is_atomic && body["errors"][0]["code"] == "repeated" => {
                    attempt.outcome = Outcome::Refused;
                }
                Some((status, body)) => attempt.told((*status).into(), &Value::Null, body),
                None => {}
            }
        }
        (tried, answer.is_some())
    }

    /// A random thing to try.
    fn attempt(&mut self, lots: &[Action]) -> Attempt {
        let action = lots[self.dice.below(lots.len())];
        let id = match action {
            Create | Upsert => None,
            _ => self.shared.one(&mut self.dice),
        };
        let action = if id.is_none() && action != Upsert { Create } else { action };
        self.mark += 1;
        let matched = UNIQUE[self.dice.below(UNIQUE.len())];
        let mut fields = Map::new();
        if matches!(action, Create | Upsert | Change) {
            fields.insert(format!("w{}", self.number), json!(self.mark));
            for field in UNIQUE {
                if action == Upsert && field == matched {
                    fields.insert(field.to_owned(), self.value(field));
                } else if self.dice.hits(50) {
                    let is_cleared = action == Change && self.dice.hits(25);
                    fields.insert(field.to_owned(), if is_cleared { Value::Null } else { self.value(field) });
                }
            }
        }
        Attempt {
            writer: self.number,
            mark: self.mark,
            action,
            id,
            fields,
            way: Way::Alone,
            outcome: Outcome::Unknown,
            matched,
        }
    }

    fn value(&mut self, field: &str) -> Value {
        let values: Vec<_> = values(field).collect();
        json!(values[self.dice.below(values.len())])
    }
}
