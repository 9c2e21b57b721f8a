//! Relay and deliveries are killed at random moments while writers are at work: at the end the audit log tells each
//! change once, and the receiver of a webhook has each event.

mod judge;
mod receiver;
mod site;
mod writer;

use std::{env, time::Duration};

use tokio::task::JoinSet;

use self::{
    judge::Judge,
    receiver::Receiver,
    site::Site,
    writer::{Journal, Writer},
};
use crate::dice::Dice;

/// So many changes are acknowledged before the writers rest: few enough for every run of the tests.
const CHANGES: usize = 3_000;
const WRITERS: usize = 8;
/// When the process is killed, after it was ready.
const KILL_MILLIS: (usize, usize) = (150, 3_000);
const KILLS_MIN: usize = 6;
const SEED: u64 = 20_261_128;

fn number<N: std::str::FromStr>(variable: &str, default: N) -> N {
    env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_lose_no_change_and_invent_none_in_the_log_and_at_the_receiver() {
    let (seed, changes) = (number("TOLD_SEED", SEED), number("TOLD_CHANGES", CHANGES));
    // A task of its own, so that its end tells how to try the same again.
    let outcome = tokio::spawn(told_whatever_is_killed(seed, changes)).await;
    assert!(outcome.is_ok(), "again: TOLD_SEED={seed} TOLD_CHANGES={changes}");
}

#[expect(clippy::print_stderr, reason = "long work shows progress")]
async fn told_whatever_is_killed(seed: u64, changes: usize) {
    let mut dice = Dice(seed);
    let receiver = Receiver::start(dice.next()).await;
    let site = Site::new(&receiver.url).await;
    let journal = Journal::new(changes);
    let mut writers = JoinSet::new();
    for number in 0..WRITERS {
        writers.spawn(Writer::new(&site, &journal, number, dice.next()).work());
    }
    let mut kills = 0;
    while kills < KILLS_MIN || !journal.is_full() {
        let mut engine = site.process();
        let millis = KILL_MILLIS.0 + dice.below(KILL_MILLIS.1 - KILL_MILLIS.0);
        tokio::time::sleep(Duration::from_millis(millis.try_into().unwrap())).await;
        // What it has told is not told again: the last of it may have been under way.
        engine.child.kill().unwrap();
        kills += 1;
        if kills % 10 == 0 {
            eprintln!("{kills} kills, {} changes, {} requests received", journal.done(), receiver.count());
        }
    }
    let engine = site.process();
    writers.join_all().await;
    site.everything_is_delivered(&receiver).await;
    let judge = Judge { journal, entries: site.entries().await, objects: site.objects().await };
    let told = judge.the_log_tells_each_change_once();
    judge.the_receiver_has_each(&receiver.events(), told);
    eprintln!(
        "{kills} kills, {} changes acknowledged, {} told, {} requests received",
        judge.journal.done(),
        told,
        receiver.count()
    );
    drop(engine);
}
