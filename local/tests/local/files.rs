//! The process is killed at random moments while writers send files, name them in objects and remove them: what was acknowledged
//! is there, and when its time is over nothing is left that nobody owns.

mod content;
mod desk;
mod journal;
mod judge;
mod site;
mod stored;
mod writer;

use std::{env, str::FromStr, time::Duration};

use tokio::task::JoinSet;

use self::{
    journal::Journal,
    judge::Judge,
    site::Site,
    writer::{Unfinished, Writer},
};
use crate::dice::Dice;

const SEED: u64 = 20_261_130;
/// How often it is killed, at least; it goes on until enough has come through, up to so many times as often. Each time it lives
/// longer, as a slow machine needs.
const KILLS: usize = 16;
const KILLS_TIMES_MAX: usize = 4;
const WRITERS: usize = 6;
/// When the process is killed, after it was ready.
const KILL_MILLIS: (usize, usize) = (50, 900);
/// So much later each look is: what is deleted goes, what was not sent, what nothing has named, and what is asked about once
/// more. Jobs whose messages were lost with a process are found by the schedule, half an hour later at the most.
const STEP_MINUTES: [i64; 7] = [45, 2 * 60, 22 * 60, 30, 24 * 60, 30, 30];

fn number<N: FromStr>(variable: &str, default: N) -> N {
    env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_lose_no_file_and_leave_none_that_nobody_owns() {
    let (seed, kills) = (number("FILES_SEED", SEED), number("FILES_KILLS", KILLS));
    // A task of its own, so that its end tells how to try the same again.
    let outcome = tokio::spawn(sent_whatever_is_killed(seed, kills)).await;
    assert!(outcome.is_ok(), "again: FILES_SEED={seed} FILES_KILLS={kills}");
}

async fn sent_whatever_is_killed(seed: u64, kills: usize) {
    let mut dice = Dice(seed);
    let site = Site::new().await;
    let journal = Journal::new();
    let mut writers = JoinSet::new();
    for number in 0..WRITERS {
        writers.spawn(Writer::new(&site, &journal, number, dice.next()).work());
    }
    kill_again_and_again(&site, &journal, &mut dice, kills).await;
    journal.end();
    // What they wait for comes from this one.
    let running = site.running().await;
    let unfinished: Vec<Unfinished> = writers.join_all().await.into_iter().flatten().collect();
    let judge = Judge::new(&site, &journal, running).await;
    judge.what_was_sent_becomes_ready(unfinished).await;
    judge.what_is_named_comes_back().await;
    judge.what_was_acknowledged_is_there().await;
    for minutes in STEP_MINUTES {
        judge.later(minutes * 60).await;
    }
    judge.nothing_is_left_that_nobody_owns().await;
}

#[expect(clippy::print_stderr, reason = "long work shows progress")]
async fn kill_again_and_again(site: &Site, journal: &Journal, dice: &mut Dice, kills: usize) {
    for kill in 1..=kills * KILLS_TIMES_MAX {
        let mut engine = site.process();
        let millis = (KILL_MILLIS.0 + dice.below(KILL_MILLIS.1 - KILL_MILLIS.0)) * kill.div_ceil(kills);
        tokio::time::sleep(Duration::from_millis(millis.try_into().unwrap())).await;
        engine.child.kill().unwrap();
        if kill % 10 == 0 {
            eprintln!("{kill} kills, {:?}", journal.tally());
        }
        if kill >= kills && journal.missing().is_empty() {
            return;
        }
    }
    panic!("too few came through of {:?}: {:?}", journal.missing(), journal.tally());
}
