//! Whether a page of an audit log costs as much in a log of a million entries as in one of a thousand.

mod fill;
mod log_profile;
mod question;
mod sized_log;
mod tables;

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use clap::Args;
use serde_json::Value;

use self::{question::Question, sized_log::SizedLog, tables::print};
use crate::{
    budget::BudgetResult,
    progress::{Progress, turn},
    proxy::Call,
    report::progress,
    scratch::Scratch,
    stats::Samples,
    units::cost_report::CostReport,
};

/// How often a question is counted; the median is told.
const COUNTED: usize = 5;
/// Questions before the first that is timed.
const WARM_UP: usize = 5;
/// The most entries that one answer reads, as the documentation says.
const READ_MAX: usize = 10_000;

/// What is asked of the measurement.
#[derive(Args, Clone)]
pub(crate) struct Options {
    /// How many entries there are, multiples of a thousand, the smallest first
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 1_000_000])]
    sizes: Vec<usize>,
    /// Timed questions of each kind in each size
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    calls: u32,
    /// Keep the databases in files below this directory, which are removed in the end: some 7 GB for a million entries
    #[arg(long, default_value = "target/audit")]
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
        progress(&format!("making a log of {size} entries"));
        sizes.push(SizedLog::set_up(engine, *size, &scratch).await?);
    }
    progress("counting pages and searches");
    let mut pages = count(&Question::PAGES, &mut sizes).await?;
    let searches = count(&Question::SEARCHES, &mut sizes).await?;
    progress("timing pages");
    time(&mut pages, &mut sizes, usize::try_from(options.calls)?).await?;
    print(&sizes, (&pages, &searches), options.calls)?;
    Ok(results(&pages, &searches))
}

/// A question in all sizes.
struct Row {
    question: Question,
    samples: Vec<Sample>,
}

/// A question in one size.
#[derive(Clone, Copy, Default)]
struct Sample {
    /// Entries on the page.
    entries: usize,
    /// Entries that were read for it, with those that were compared and left out; not those that were read whole then.
    read: usize,
    /// What it cost.
    costs: CostReport,
    /// How long half of them did not exceed.
    p50: Duration,
}

impl Row {
    /// How much more it costs in the largest log than in the smallest.
    fn ratio(&self) -> f64 {
        let (first, last) = self.ends();
        last.costs.work.reads / first.costs.work.reads
    }

    /// Whether a page costs no more in a larger log: not a round trip, not half a read unit. No allowance is needed, as the
    /// latest thousand entries are alike in all logs: the pages compared have as many entries, which is made sure of where
    /// they are answered, of the same lengths, and no place that they are gathered from ends earlier in a shorter log.
    fn is_even(&self) -> bool {
        let costs = |sample: &Sample| (sample.costs.work.round_trips, sample.costs.work.reads);
        self.samples.windows(2).all(|pair| {
            let ((trips, reads), (more_trips, more_reads)) = (costs(&pair[0]), costs(&pair[1]));
            more_trips <= trips && more_reads <= reads
        })
    }

    /// Whether no more was read than a page needs, where nothing is compared.
    fn is_tight(&self) -> bool {
        let most = self.samples.iter().map(|sample| sample.read).max().unwrap_or_default();
        self.question.read_max().is_none_or(|read| most <= read)
    }

    fn ends(&self) -> (Sample, Sample) {
        let end = |sample: Option<&Sample>| sample.copied().unwrap_or_default();
        (end(self.samples.first()), end(self.samples.last()))
    }
}

async fn count(questions: &[Question], sizes: &mut [SizedLog]) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::with_capacity(questions.len());
    for question in questions {
        let mut samples = Vec::with_capacity(sizes.len());
        for sized in &mut *sizes {
            samples.push(sized.count(*question).await?);
        }
        rows.push(Row { question: *question, samples });
    }
    Ok(rows)
}

/// All take turns, so that what else the machine does meets all alike.
async fn time(rows: &mut [Row], sizes: &mut [SizedLog], calls: usize) -> anyhow::Result<()> {
    let mut progress = Progress::new("timing", WARM_UP + calls);
    let mut times: Vec<Vec<Vec<Duration>>> = vec![vec![Vec::with_capacity(calls); sizes.len()]; rows.len()];
    for call in 0..WARM_UP + calls {
        for (row, size) in turn(call, rows.len(), sizes.len()) {
            let time = sizes[size].time(rows[row].question).await?;
            if call >= WARM_UP {
                times[row][size].push(time);
            }
        }
        progress.tell(call);
    }
    for (row, times) in rows.iter_mut().zip(times) {
        for (sample, times) in row.samples.iter_mut().zip(times) {
            sample.p50 = Samples::new(times)?.median();
        }
    }
    Ok(())
}

impl SizedLog {
    async fn count(&mut self, question: Question) -> anyhow::Result<Sample> {
        let (mut entries, mut read, mut reports) = (0, Vec::new(), Vec::new());
        for _ in 0..COUNTED {
            let request = question.request(self, &self.heard.counted.address)?;
            let sending = self.heard.counted.send(request);
            let (answer, calls) = self.heard.counter.during(sending).await?;
            entries = question.check(self, &answer).with_context(|| self.name())?;
            read.push(entries_read(&calls)?);
            reports.push(CostReport::of(&calls)?);
        }
        let (read, costs) = (Samples::new(read)?.median(), CostReport::median(&reports)?);
        Ok(Sample { entries, read, costs, p50: Duration::ZERO })
    }

    async fn time(&mut self, question: Question) -> anyhow::Result<Duration> {
        let request = question.request(self, &self.heard.line.address)?;
        // What was heard is of no use here, and would only grow.
        self.heard.listener.take();
        let started = Instant::now();
        let answer = self.heard.line.send(request).await?;
        let elapsed = started.elapsed();
        question.check(self, &answer).with_context(|| self.name())?;
        Ok(elapsed)
    }

    fn name(&self) -> String {
        format!("a log of {} entries", self.profile.size)
    }
}

/// How many entries the queries among these calls have gone through.
fn entries_read(calls: &[Call]) -> anyhow::Result<usize> {
    let mut read = 0;
    for call in calls.iter().filter(|call| call.operation == "Query") {
        let answer: Value = serde_json::from_slice(&call.answer).context("reading a recorded answer")?;
        read += usize::try_from(answer["ScannedCount"].as_u64().unwrap_or_default())?;
    }
    Ok(read)
}

fn results(pages: &[Row], searches: &[Row]) -> Vec<BudgetResult> {
    let none = |what: &str, holds: fn(&Row) -> bool| {
        let others: Vec<_> = pages.iter().filter(|row| !holds(row)).map(|row| row.question.name()).collect();
        let all = format!("in none of {}", pages.len());
        let measured = if others.is_empty() { all } else { format!("in {}", others.join("; ")) };
        BudgetResult::new(what, "in none", measured, others.is_empty())
    };
    let most =
        searches.iter().flat_map(|row| &row.samples).map(|sample| sample.read).max().unwrap_or_default();
    vec![
        none("more round trips or read units for the same page in a larger log", Row::is_even),
        none("entries read for a page with one filter or none that it does not need", Row::is_tight),
        BudgetResult::new(
            "entries that one answer reads in vain",
            format!("≤ {READ_MAX}"),
            most.to_string(),
            most <= READ_MAX,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(costs: [(usize, f64); 2]) -> Row {
        let samples = costs.map(|(trips, reads)| {
            let mut sample = Sample::default();
            (sample.costs.work.round_trips, sample.costs.work.reads) = (trips, reads);
            sample
        });
        Row { question: Question::Latest, samples: samples.to_vec() }
    }

    #[test]
    fn what_costs_more_in_a_larger_log_is_not_even() {
        assert!(row([(2, 26.5), (2, 26.5)]).is_even());
        assert!(row([(2, 26.5), (2, 26.0)]).is_even());
        assert!(!row([(2, 26.5), (2, 27.0)]).is_even());
        assert!(!row([(2, 26.5), (3, 26.5)]).is_even());
        assert!(row([(1, 20.0), (1, 30.0)]).ratio() > 1.49);
    }
}
