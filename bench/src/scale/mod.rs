//! Whether a request takes as long, and costs as much, in a type of a million objects as in one of a thousand.

mod fill;
mod item_template;
mod sample;
mod shape;
mod sized_database;
mod tables;
mod walk;

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use clap::Args;

use self::{
    sample::{Parts, Whole, hear, time},
    shape::Shape,
    sized_database::SizedDatabase,
    tables::print,
};
use crate::{
    budget::BudgetResult,
    connection::{EngineConnection, Heard},
    report::{progress, ratio, seconds},
    scratch::Scratch,
    stats::Samples,
    units::cost_report::CostReport,
};

/// So many times as long a request may take in the largest type as in the smallest.
const RATIO_MAX: f64 = 1.5;
/// So long a start may take, whatever is in the database.
const START_MAX: Duration = Duration::from_secs(5);

/// What is asked of the measurement.
#[derive(Args, Clone)]
pub(crate) struct Options {
    /// How many objects there are, the smallest number first
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 100_000, 1_000_000])]
    sizes: Vec<usize>,
    /// Requests of each kind in each size
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(20..=100_000))]
    calls: u32,
    /// Keep the databases in files below this directory, which are removed in the end: some 10 GB for a million objects
    #[arg(long, default_value = "target/scale")]
    data: PathBuf,
}

/// Measures and prints.
pub(crate) async fn run(engine: &Path, options: &Options) -> anyhow::Result<Vec<BudgetResult>> {
    ensure!(
        options.sizes.len() > 1 && options.sizes.is_sorted(),
        "name two sizes at least, the smallest first"
    );
    let scratch = Scratch::below(&options.data)?;
    let mut sizes = Vec::with_capacity(options.sizes.len());
    for size in &options.sizes {
        progress(&format!("making a type of {size} objects"));
        sizes.push(SizedDatabase::set_up(engine, *size, &scratch).await?);
    }
    let rows = measure(engine, &mut sizes, usize::try_from(options.calls)?).await?;
    print(&sizes, &rows, options.calls)?;
    results(&rows, sizes.last().map(|sized| sized.started).unwrap_or_default())
}

/// A kind of request in all sizes.
struct Row {
    shape: Shape,
    whole: Vec<Whole>,
    parts: Vec<Parts>,
}

/// A database has one owner at a time: first the engine that is timed, then those that are heard, then the first again. What
/// only reads is done before anything is written.
async fn measure(engine: &Path, sizes: &mut [SizedDatabase], calls: usize) -> anyhow::Result<Vec<Row>> {
    let (writes, reads): (Vec<_>, Vec<_>) = Shape::ALL.into_iter().partition(|shape| shape.writes());
    let mut lines = own(engine, sizes, "reads").await?;
    for (sized, line) in sizes.iter_mut().zip(&mut lines) {
        sized.walk(line).await?;
    }
    progress("timing what reads");
    let mut whole = time(&reads, (&mut *sizes, &mut lines), calls).await?;
    drop(lines);
    let mut engines = Vec::with_capacity(sizes.len());
    for sized in &*sizes {
        engines.push(Heard::open(engine, &sized.place, "again").await?);
    }
    progress("listening to what reads, then to what writes");
    let mut parts = hear(&reads, (&mut *sizes, &mut engines), calls).await?;
    parts.extend(hear(&writes, (&mut *sizes, &mut engines), calls).await?);
    drop(engines);
    let mut lines = own(engine, sizes, "writes").await?;
    progress("timing what writes");
    whole.extend(time(&writes, (&mut *sizes, &mut lines), calls).await?);
    let rows = reads.into_iter().chain(writes).zip(whole.into_iter().zip(parts));
    Ok(rows.map(|(shape, (whole, parts))| Row { shape, whole, parts }).collect())
}

/// An engine on each database, as `make run` has it.
async fn own(
    engine: &Path,
    sizes: &mut [SizedDatabase],
    stage: &str,
) -> anyhow::Result<Vec<EngineConnection>> {
    let mut lines = Vec::with_capacity(sizes.len());
    for sized in sizes {
        let started = Instant::now();
        let line = EngineConnection::own(engine, &sized.place, stage).await;
        lines.push(line.with_context(|| format!("starting on {} objects", sized.size()))?);
        sized.started = started.elapsed();
    }
    Ok(lines)
}

impl Row {
    /// How much longer it takes in the largest type than in the smallest.
    fn ratio(&self) -> f64 {
        times_as_long(self.whole.iter().map(|whole| whole.p50))
    }

    /// The same of a part of it.
    fn ratio_of(&self, part: fn(&Parts) -> Duration) -> f64 {
        times_as_long(self.parts.iter().map(part))
    }

    /// Whether it costs the same in all sizes.
    fn is_even(&self) -> bool {
        let costs = |CostReport { gate, work, .. }: &CostReport| [*gate, *work];
        self.parts.windows(2).all(|pair| costs(&pair[0].costs) == costs(&pair[1].costs))
    }
}

fn times_as_long(mut times: impl ExactSizeIterator<Item = Duration>) -> f64 {
    let (first, last) = (times.next().unwrap_or_default(), times.last().unwrap_or_default());
    last.as_secs_f64() / first.as_secs_f64()
}

fn results(rows: &[Row], start: Duration) -> anyhow::Result<Vec<BudgetResult>> {
    let uneven: Vec<_> = rows.iter().filter(|row| !row.is_even()).map(|row| row.shape.name()).collect();
    let costs =
        if uneven.is_empty() { "equal in all".to_owned() } else { format!("not in {}", uneven.join(", ")) };
    Ok(vec![
        slowest("time in the largest type, of that in the smallest", rows, Row::ratio)?,
        slowest("the same without the calls of the database", rows, |row| row.ratio_of(|parts| parts.rest))?,
        BudgetResult::new("round trips and units in types of all sizes", "equal", costs, uneven.is_empty()),
        BudgetResult::new(
            "start on the largest database",
            format!("≤ {} s", START_MAX.as_secs()),
            format!("{} s", seconds(start)),
            start <= START_MAX,
        ),
    ])
}

fn slowest(what: &str, rows: &[Row], of: fn(&Row) -> f64) -> anyhow::Result<BudgetResult> {
    let worst = worst(rows, of).context("nothing was measured")?;
    let median = Samples::new(rows.iter().map(of))?.median();
    let text = format!("highest {} ({}), median {}", ratio(of(worst)), worst.shape.name(), ratio(median));
    Ok(BudgetResult::new(what, format!("each ≤ {RATIO_MAX}"), text, of(worst) <= RATIO_MAX))
}

fn worst(rows: &[Row], of: fn(&Row) -> f64) -> Option<&Row> {
    rows.iter().max_by(|one, other| of(one).total_cmp(&of(other)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(shape: Shape, whole: [u64; 3], rest: [u64; 3], reads: [f64; 3]) -> Row {
        let millis = Duration::from_millis;
        let whole = whole.map(|time| Whole { p50: millis(time), p99: millis(time) });
        let parts = [0, 1, 2].map(|at| {
            let mut costs = CostReport::default();
            costs.work.reads = reads[at];
            Parts { database: millis(1), rest: millis(rest[at]), costs }
        });
        Row { shape, whole: whole.to_vec(), parts: parts.to_vec() }
    }

    #[test]
    fn the_ratio_is_that_of_the_largest_to_the_smallest_and_the_worst_counts() {
        let rows = [
            row(Shape::First, [10, 90, 11], [10, 90, 30], [1.0; 3]),
            row(Shape::Read, [10, 1, 25], [10, 90, 12], [1.0; 3]),
            row(Shape::Patch, [20, 90, 10], [10, 90, 5], [1.0; 3]),
        ];
        assert_eq!(rows.each_ref().map(|row| ratio(row.ratio())), ["1.10", "2.50", "0.50"]);
        assert!(worst(&rows, Row::ratio).is_some_and(|row| row.shape == Shape::Read));
        let rest = worst(&rows, |row| row.ratio_of(|parts| parts.rest));
        assert!(rest.is_some_and(|row| row.shape == Shape::First));
    }

    #[test]
    fn a_cost_that_grows_is_not_even() {
        let costs = |reads| row(Shape::First, [1; 3], [1; 3], reads);
        assert!(costs([16.0; 3]).is_even());
        assert!(!costs([16.0, 16.5, 16.0]).is_even());
    }
}
