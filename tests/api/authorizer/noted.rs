//! What is noted of a token is written when its use is answered, and what could not be written comes with the next use.

use std::{
    io,
    sync::{Mutex, PoisonError},
};

use audit::{AuditFilter, AuditLog};
use gate::token_history::{History, TokenEvent};
use table::decode;

use super::*;

const FROM: &str = "203.0.113.7";

/// Lambda stops the process as soon as it has answered, and may never wake it again: here a runtime ends, and with it
/// whatever was left to be done in it.
fn frozen<T>(until: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(until)
}

/// What is written of a token.
#[derive(Debug, PartialEq, Eq)]
struct Written {
    /// Where it was used last.
    last_used: Option<String>,
    /// What it was used for.
    used: Vec<String>,
    /// Its history, of refusals with their number.
    history: Vec<(TokenEvent, Option<u64>)>,
    /// How often the audit log of the team says that it was refused.
    refusals: Vec<u64>,
}

impl Gate {
    /// A question about the objects of the team, from one address.
    async fn asked(&self, method: &str) -> Result<Value, String> {
        let mut event = self.rest("request", method, &self.bearer());
        event["requestContext"]["identity"]["sourceIp"] = json!(FROM);
        self.decide(event).await
    }

    async fn written(&self) -> Written {
        let platform = Platform::new(&config(&system().dynamodb), Arc::new(KeyRing)).unwrap();
        let id = TokenId::parse(&format!("{}{}", TokenId::PREFIX, self.token.subject_part())).unwrap();
        let token = platform.identity.get(token_key(&self.user, &id)).await.unwrap().unwrap();
        let token: StoredToken = decode(token).unwrap();
        let (history, _) = History::new(&platform).page(&self.user, &id, None, 10).await.unwrap();
        let told =
            AuditLog::new(&platform).page(&self.team, &AuditFilter::default(), None, 10).await.unwrap();
        let used = serde_json::to_value(&token.used).unwrap();
        Written {
            last_used: token.last_used.and_then(|used| used.ip),
            used: used.as_object().unwrap().keys().cloned().collect(),
            history: history.into_iter().map(|entry| (entry.event, entry.count)).collect(),
            // The relay may have told of the team already.
            refusals: told.entries.iter().filter_map(|entry| Some(entry.refusals.as_ref()?.count)).collect(),
        }
    }
}

/// The gate after one question, and whether it let pass.
fn after_one(gate: impl Future<Output = Gate>, method: &str) -> (Gate, Result<Value, String>) {
    frozen(async {
        let gate = gate.await;
        let answer = gate.asked(method).await;
        (gate, answer)
    })
}

fn effect(answer: &Result<Value, String>) -> Option<&str> {
    answer.as_ref().ok()?["policyDocument"]["Statement"][0]["Effect"].as_str()
}

#[test]
fn a_lone_use_is_written_before_the_answer() {
    let (gate, answer) = after_one(Gate::new(&[Permission::ObjectRead]), "GET");
    assert_eq!(effect(&answer), Some("Allow"));
    let expected = Written {
        last_used: Some(FROM.to_owned()),
        used: vec!["object:read".to_owned()],
        history: vec![(TokenEvent::NewAddress, None)],
        refusals: vec![],
    };
    assert_eq!(frozen(gate.written()), expected);
}

#[test]
fn a_lone_refusal_is_written_before_the_answer() {
    let (gate, answer) = after_one(Gate::new(&[Permission::ObjectRead]), "POST");
    assert_eq!(effect(&answer), Some("Deny"));
    let written = frozen(gate.written());
    assert!(written.history.contains(&(TokenEvent::Refused, Some(1))), "{written:?}");
    assert_eq!((written.refusals, written.used), (vec![1], vec![]));
}

#[test]
fn a_lone_use_of_a_token_that_is_off_is_written_before_the_answer() {
    let off = |token, _: &TeamId| StoredToken { active: false, ..token };
    let (gate, answer) = after_one(Gate::of(&[Permission::ObjectRead], off), "GET");
    assert_eq!(answer, Err("Unauthorized".to_owned()));
    let expected = Written {
        last_used: None,
        used: vec![],
        history: vec![(TokenEvent::Refused, Some(1))],
        refusals: vec![1],
    };
    assert_eq!(frozen(gate.written()), expected);
}

/// A log that is kept.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn what_could_not_be_written_is_a_warning_and_comes_with_the_next_use() {
    let lines = Lines::default();
    let log = tracing_subscriber::fmt().json().with_writer(Mutex::new(lines.clone())).finish();
    let gate = Gate::new(&[Permission::ObjectRead]).await;
    let nothing = gate.written().await;
    {
        let _log = tracing::subscriber::set_default(log);
        gate.requests.refuse_writes(true);
        assert_eq!(effect(&gate.asked("GET").await), Some("Allow"));
        assert_eq!(effect(&gate.asked("POST").await), Some("Deny"));
        gate.requests.refuse_writes(false);
    }
    assert_eq!(gate.written().await, nothing);
    let lines = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let told = lines.lines().filter(|line| line.contains("WARN") && line.contains("was not noted")).count();
    // Of the first the use and the address, of the second those again and the refusal.
    assert_eq!(told, 5, "{lines}");

    assert_eq!(effect(&gate.asked("GET").await), Some("Allow"));
    assert_eq!(effect(&gate.asked("POST").await), Some("Deny"));
    let written = gate.written().await;
    assert_eq!(written.last_used.as_deref(), Some(FROM));
    assert!(written.history.contains(&(TokenEvent::NewAddress, None)), "{written:?}");
    // Both refusals, as the first was not written down.
    assert!(written.history.contains(&(TokenEvent::Refused, Some(2))), "{written:?}");
    assert_eq!(written.refusals, [2]);
}
