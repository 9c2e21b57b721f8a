//! Events of all functions with what anybody could have put into them: no panic, and no failure.
//!
//! The suite does a bounded number with a seed that is always the same; `make fuzz-events` goes on for as long as
//! `FUZZ_SECONDS` says, with others.

mod requests;
mod sources;
mod strategies;

use std::{
    env,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use proptest::{
    strategy::{Strategy, ValueTree as _},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use table::queue::{Message, Postpone, Queue, Sending};

/// So many events of each kind in the suite.
const CASES: u32 = 300;

/// A queue that drops what it is given.
struct Nowhere;

impl<M: Message> Queue<M> for Nowhere {
    fn send(&self, _: M, _: i64) -> Sending<'_> {
        Box::pin(async { Ok(()) })
    }

    fn send_all(&self, _: Vec<M>) -> Sending<'_> {
        Box::pin(async { Ok(()) })
    }
}

impl Postpone for Nowhere {
    fn postpone<'a>(&'a self, _: &'a str, _: i64) -> Sending<'a> {
        Box::pin(async { Ok(()) })
    }
}

fn nowhere() -> Arc<Nowhere> {
    Arc::new(Nowhere)
}

fn seconds() -> Option<Duration> {
    let seconds = env::var("FUZZ_SECONDS").ok()?.parse().unwrap();
    Some(Duration::from_secs(seconds))
}

/// A runner with the seed of the suite, or one of its own.
fn runner() -> TestRunner {
    let config = Config::default();
    if seconds().is_some() {
        return TestRunner::new(config);
    }
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// Does something with cases of a strategy. It says what is wrong, or panics; then the case is made smaller.
fn for_each<S: Strategy>(strategy: &S, mut check: impl FnMut(&S::Value) -> Result<(), String>)
where
    S::Value: std::fmt::Debug,
{
    let (mut runner, begun) = (runner(), Instant::now());
    let is_over = |cases: u32| seconds().map_or(cases == CASES, |most| begun.elapsed() > most);
    let mut cases = 0;
    while !is_over(cases) {
        let mut tree = strategy.new_tree(&mut runner).unwrap();
        let mut fails = |value: &S::Value| match catch_unwind(AssertUnwindSafe(|| check(value))) {
            Ok(outcome) => outcome.err(),
            Err(_) => Some("it panicked".to_owned()),
        };
        if let Some(mut why) = fails(&tree.current()) {
            while tree.simplify() {
                match fails(&tree.current()) {
                    Some(now) => why = now,
                    None => {
                        if !tree.complicate() {
                            break;
                        }
                    }
                }
            }
            panic!("{why}\nafter {cases} cases, of {:#?}", tree.current());
        }
        cases += 1;
    }
}
