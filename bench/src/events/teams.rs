//! Two teams: whether what the receivers of one do delays what the other one is told.

use std::{path::Path, time::Duration};

use super::{
    Options, millis,
    round::{Neighbour, Plan, Round},
};
use crate::{
    budget::{BudgetResult, word},
    report::{Table, progress, say},
    stats::Samples,
};

/// What the other team may take, of what it takes beside one whose receivers answer at once.
const RATIO_MAX: f64 = 1.2;
/// Changes a second of the team that is measured.
const PACE: f64 = 20.0;
/// The neighbour's receivers begin to be asked within this time.
const SETTLED: Duration = Duration::from_mins(1);

const NOTE: &str = "A team with 100 webhooks makes five objects, so 500 requests, which its receivers answer with 200: at once, or \
    after 14 seconds. The delays are those of another team with one webhook, from the moment at which the first team's receivers \
    are asked. Each round begins with a new engine, so nobody knows yet that the receivers are slow.";

/// Measures rounds of both kinds, in turns.
pub(super) async fn run(engine: &Path, options: &Options) -> anyhow::Result<BudgetResult> {
    let mut table = Table::new(
        "Beside a team whose receivers are slow",
        &["round", "quick: p50 ms", "p99 ms", "slow: p50 ms", "p99 ms", "ratio of p99"],
    );
    let mut ratios = Vec::new();
    for number in 1..=options.rounds {
        progress(&format!("events: round {number} of {} beside another team", options.rounds));
        let order = if number % 2 == 1 { [false, true] } else { [true, false] };
        let mut measured = Vec::new();
        for is_slow in order {
            let neighbour = Some(Neighbour { is_slow });
            let mut round = Round::start(engine, Plan { webhooks: 1, hangs: false, neighbour }).await?;
            round.burst(20).await?;
            round.disturb(SETTLED).await?;
            round.paced(PACE, Duration::from_secs(options.seconds.into())).await?;
            measured.push((is_slow, round.delays()?));
        }
        measured.sort_by_key(|(is_slow, _)| *is_slow);
        let mut cells = vec![number.to_string()];
        for (_, delays) in &measured {
            cells.extend([millis(delays.median()), millis(delays.percentile(99))]);
        }
        let ratio = measured[1].1.percentile(99) / measured[0].1.percentile(99);
        cells.push(format!("{ratio:.2}"));
        table.row(&cells);
        ratios.push(ratio);
    }
    table.print(&[NOTE])?;
    let ratio = Samples::new(ratios)?.median();
    let holds = ratio <= RATIO_MAX;
    say(&format!("The median of the ratios is {ratio:.2}: {}", word(holds)))?;
    let budget = format!("p99 of another team ≤ {RATIO_MAX} ×");
    Ok(BudgetResult::new(
        "events beside a team whose receivers are slow",
        budget,
        format!("{ratio:.2} ×"),
        holds,
    ))
}
