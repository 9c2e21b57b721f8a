//! The process is killed at random moments while writers are at work: what was acknowledged is there, what was
//! refused is not, and unique values and their unique entries agree.

mod judge;
mod place;
mod tables;
mod writer;

use std::{collections::BTreeMap, env, time::Duration};

use serde_json::json;
use tokio::task::JoinSet;

use self::{
    place::{Place, Seen},
    writer::{Action, Attempt, Outcome, Shared, Writer},
};
use crate::dice::Dice;

const SEED: u64 = 20_261_124;
/// How often it is killed, at least and at the most: until enough has come through.
const ROUNDS: (u64, u64) = (24, 60);
const WRITERS: usize = 8;
/// When the process is killed, after the writers begin.
const KILL_MILLIS: (usize, usize) = (50, 700);
/// Each of these must come through so often in all.
const DONE_MIN: usize = 3;
const MUST_BE_DONE: &[(Action, &str)] = &[
    (Action::Create, "alone"),
    (Action::Upsert, "alone"),
    (Action::Change, "alone"),
    (Action::Trash, "alone"),
    (Action::Restore, "alone"),
    (Action::Destroy, "alone"),
    (Action::Upsert, "in a batch"),
    (Action::Upsert, "all or none"),
];

fn number(variable: &str, default: u64) -> u64 {
    env::var(variable).map_or(default, |text| text.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_lose_nothing_acknowledged_and_leave_no_value_without_its_object() {
    let seed = number("KILL_SEED", SEED);
    // A task of its own, so that its end tells how to try the same again.
    let outcome = tokio::spawn(killed_again_and_again(seed)).await;
    assert!(outcome.is_ok(), "again: KILL_SEED={seed}");
}

async fn killed_again_and_again(seed: u64) {
    let mut dice = Dice(seed);
    let place = Place::new().await;
    let (mut seen, mut numbers, mut tally) = (place.look().await, BTreeMap::new(), Tally::default());
    for round in 0..ROUNDS.1 {
        if round >= ROUNDS.0 && tally.missing().is_empty() {
            break;
        }
        let log = write_until_killed(&place, &seen, round, &mut dice).await;
        let after = place.look().await;
        judge::judge(&seen, &log, &after);
        judge::number_once(&mut numbers, &log, &after);
        for attempt in log {
            *tally.0.entry(attempt.words()).or_default() += 1;
        }
        seen = after;
    }
    assert!(tally.missing().is_empty(), "too few came through of {:?}: {tally:?}", tally.missing());
    place.everything_can_be_used(&seen).await;
}

/// How often which outcome was seen.
#[derive(Debug, Default)]
struct Tally(BTreeMap<(Action, &'static str, &'static str), usize>);

impl Tally {
    /// What did not come through often enough yet.
    fn missing(&self) -> Vec<&'static (Action, &'static str)> {
        let done = |(action, way)| self.0.get(&(action, way, "done")).copied().unwrap_or_default();
        MUST_BE_DONE.iter().filter(|kind| done(**kind) < DONE_MIN).collect()
    }
}

/// Lets the writers go on until the process is killed; all that they have tried.
async fn write_until_killed(place: &Place, seen: &Seen, round: u64, dice: &mut Dice) -> Vec<Attempt> {
    let mut engine = place.process();
    let shared = Shared::new(place, &engine.url, seen);
    let mut writers = JoinSet::new();
    for number in 0..WRITERS {
        let writer = Writer::new(shared.clone(), number, round, dice.next());
        writers.spawn(writer.work());
    }
    let millis = KILL_MILLIS.0 + dice.below(KILL_MILLIS.1 - KILL_MILLIS.0);
    tokio::time::sleep(Duration::from_millis(millis.try_into().unwrap())).await;
    engine.child.kill().unwrap();
    let log: Vec<_> = writers.join_all().await.into_iter().flatten().collect();
    assert!(log.iter().any(|attempt| attempt.outcome == Outcome::Unknown), "nothing was under way");
    log
}

/// What a kill between its two steps leaves of a destruction, made here step by step.
#[tokio::test]
async fn what_was_destroyed_half_way_is_gone_for_everybody_and_finished_by_the_next_one() {
    let place = Place::new().await;
    let running = place.running().await;
    let caller = place.caller(running.url());
    let fields = json!({"code": "half", "email": "half@example.com"});
    let (status, thing) = caller.post("", json!({"fields": fields})).await;
    assert_eq!(status, 201, "{thing}");
    let id = thing["id"].as_str().unwrap();
    place.tables(&running).mark(id).await;

    for (method, path) in [("GET", ""), ("GET", "?trashed=only"), ("DELETE", ""), ("POST", "/restore")] {
        assert_eq!(caller.send(method, &format!("/{id}{path}"), None).await.0, 404, "{method} {path}");
    }
    let patch = caller.send("PATCH", &format!("/{id}"), Some(json!({"fields": {"w0": 1}}))).await;
    assert_eq!(patch.0, 404);
    assert_eq!((caller.all("").await.len(), caller.all("trashed=only").await.len()), (0, 0));
    let (status, again) = caller.post("", json!({"fields": fields})).await;
    assert_eq!(status, 201, "its values are free: {again}");
    let marked = place.tables(&running).read().await.marked();
    assert_eq!(marked, [id]);
    let force = format!("/{id}/force");
    assert_eq!(caller.send("DELETE", &force, None).await.0, 204);
    assert_eq!(place.tables(&running).read().await.marked(), [""; 0]);
    assert_eq!(caller.send("DELETE", &force, None).await.0, 404);
    assert_eq!(caller.all("").await, [again]);
    running.shutdown().await;
}
