//! How long it takes from a change to the receivers of webhooks: with few of them and with many, beside one that hangs, and
//! beside another team whose receivers are slow; and whether the events of one object come in their order.

mod bursts;
mod receivers;
mod round;
mod sender;
mod teams;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, ValueEnum};

use self::round::{Plan, Round};
use crate::{
    budget::{BudgetResult, word},
    report::{Table, progress, say},
    stats::Samples,
};

/// How many webhooks a team has.
const WEBHOOKS: [usize; 3] = [1, 10, 100];
/// The team in which one hangs has so many.
const BESIDE: usize = 10;
/// What the others may take, of what they take when none hangs.
const RATIO_MAX: f64 = 1.2;
/// Deliveries that are asked for at once to see how many come through in a second.
const BURST: usize = 4_000;
/// Delays are measured at this part of what comes through at the most: a queue that only grows has no delay.
const LOAD: f64 = 0.5;

const NOTE: &str = "The delay is from the time that the change bears, taken just before it is committed, to the request at \
    the receiver. Changes are single creations; engine, receivers and client share the processors. Paced at half of what \
    comes through.";
const HANG_NOTE: &str = "One of ten receivers takes the connection and never answers; the delays are those of the other \
    nine, in rounds that take turns. Each round begins with a new engine, so each has the time in which nobody knows yet \
    that the receiver hangs.";

/// What is asked of the measurement.
#[derive(Args, Clone)]
pub(crate) struct Options {
    /// Seconds of each round
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(2..=300))]
    seconds: u32,
    /// Rounds with a receiver that hangs, and as many without
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=50))]
    rounds: u32,
    /// Bursts of ten updates of one object
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    bursts: u32,
    /// The program of another engine, such as an earlier version, to make the same bursts at
    #[arg(long, value_name = "PATH")]
    beside: Option<PathBuf>,
    /// Only this part
    #[arg(long, value_enum)]
    only: Option<Part>,
}

/// A part of the measurement.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// By the number of webhooks, and beside one that hangs
    Webhooks,
    /// Bursts of updates of one object
    Order,
    /// Beside another team whose receivers are slow
    Teams,
}

/// Measures and prints.
pub(crate) async fn run(engine: &Path, options: &Options) -> anyhow::Result<Vec<BudgetResult>> {
    say("## From a change to the receivers")?;
    let is_meant = |part| options.only.is_none_or(|only| only == part);
    let mut results = Vec::new();
    if is_meant(Part::Order) {
        let bursts = usize::try_from(options.bursts)?;
        results.push(bursts::run(engine, options.beside.as_deref(), bursts).await?);
    }
    if is_meant(Part::Teams) {
        results.push(teams::run(engine, options).await?);
    }
    if is_meant(Part::Webhooks) {
        results.push(by_webhooks(engine, options).await?);
    }
    Ok(results)
}

/// By the number of webhooks, and beside one that hangs.
async fn by_webhooks(engine: &Path, options: &Options) -> anyhow::Result<BudgetResult> {
    let mut table = Table::new(
        "By the number of webhooks that ask for it",
        &["webhooks", "changes/s", "deliveries/s", "paced changes/s", "p50 ms", "p99 ms"],
    );
    let mut pace = 1.0;
    for webhooks in WEBHOOKS {
        progress(&format!("events: {webhooks} webhooks"));
        let most = most(engine, webhooks).await?;
        let paced =
            paced(engine, Plan { webhooks, hangs: false, neighbour: None }, most * LOAD, options).await?;
        if webhooks == BESIDE {
            pace = most * LOAD;
        }
        let delays = paced.delays()?;
        table.row(&[
            webhooks.to_string(),
            format!("{most:.0}"),
            format!("{:.0}", most * count(webhooks)),
            format!("{:.1}", most * LOAD),
            millis(delays.median()),
            millis(delays.percentile(99)),
        ]);
    }
    table.print(&[NOTE])?;
    beside_one_that_hangs(engine, pace, options).await
}

/// How many changes a second come through to all receivers.
async fn most(engine: &Path, webhooks: usize) -> anyhow::Result<f64> {
    let mut round = Round::start(engine, Plan { webhooks, hangs: false, neighbour: None }).await?;
    let changes = (BURST / webhooks).clamp(100, 1_000);
    let time = round.burst(changes).await?;
    Ok(count(changes) / time.as_secs_f64())
}

async fn paced(engine: &Path, plan: Plan, per_second: f64, options: &Options) -> anyhow::Result<Round> {
    let mut round = Round::start(engine, plan).await?;
    // The first changes meet caches and connections that are not there yet.
    round.burst(20).await?;
    round.paced(per_second, Duration::from_secs(options.seconds.into())).await?;
    Ok(round)
}

async fn beside_one_that_hangs(engine: &Path, pace: f64, options: &Options) -> anyhow::Result<BudgetResult> {
    let mut table = Table::new(
        "Beside a receiver that hangs",
        &["round", "without: p50 ms", "p99 ms", "with: p50 ms", "p99 ms", "ratio of p99"],
    );
    let mut ratios = Vec::new();
    for number in 1..=options.rounds {
        progress(&format!("events: round {number} of {} beside one that hangs", options.rounds));
        let mut cells = vec![number.to_string()];
        let mut p99 = Vec::new();
        // They take turns in who begins, so that what else the machine does meets both alike.
        let order = if number % 2 == 1 { [false, true] } else { [true, false] };
        let mut measured = Vec::new();
        for hangs in order {
            let round =
                paced(engine, Plan { webhooks: BESIDE, hangs, neighbour: None }, pace, options).await?;
            measured.push((hangs, round));
        }
        measured.sort_by_key(|(hangs, _)| *hangs);
        for (_, round) in &measured {
            let delays = round.delays()?;
            cells.extend([millis(delays.median()), millis(delays.percentile(99))]);
            p99.push(delays.percentile(99));
        }
        let ratio = p99[1] / p99[0];
        cells.push(format!("{ratio:.2}"));
        table.row(&cells);
        ratios.push(ratio);
    }
    table.print(&[HANG_NOTE])?;
    let ratio = Samples::new(ratios)?.median();
    let holds = ratio <= RATIO_MAX;
    say(&format!("The median of the ratios is {ratio:.2}: {}", word(holds)))?;
    let budget = format!("p99 of the others ≤ {RATIO_MAX} ×");
    Ok(BudgetResult::new("events beside a receiver that hangs", budget, format!("{ratio:.2} ×"), holds))
}

fn millis(delay: f64) -> String {
    format!("{delay:.0}")
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn count(number: usize) -> f64 {
    number as f64
}
