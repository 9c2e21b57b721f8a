//! The lives of the functions in numbers, as a table and beside their budgets.

use std::time::{Duration, Instant};

use keys::KeyRing;
use serde_json::{Value, json};

use super::process::{Life, Subject};
use crate::{
    budget::BudgetResult,
    report::{Table, megabytes, ms},
    stats::Samples,
};

/// How many times the least function with a call a function may take.
const RATIO_MAX: f64 = 2.0;
/// The most bytes of a program.
const SIZE_MAX: u64 = 8_000_000;
/// The most bytes of memory.
const PEAK_MAX: u64 = 12_000_000;
/// How many HMACs of the token a decision may cost.
const HMACS_MAX: u32 = 20;
/// HMACs to take the time of one.
const HMACS: u32 = 20_000;
const HEADS: [&str; 10] = [
    "function",
    "answer",
    "init ms",
    "first answer ms",
    "both ms (least to most)",
    "of empty_call",
    "warm ms",
    "warm CPU ms",
    "peak MB",
    "program MB",
];
const NOTE: &str = "Medians. Init: start of the process to its first poll of the Runtime API. First answer: real calls of the \
    database and the key ring, which the functions make during init where they can. `empty_call` makes \
    the authorizer's database call in each answer, and nothing else. Programs are in the kernel's memory already.";

/// The lives of one function.
pub(crate) struct Summary {
    init: Samples<Duration>,
    first: Samples<Duration>,
    sum: Samples<Duration>,
    warm: Samples<Duration>,
    cpu: Duration,
    peak: u64,
    answer: String,
}

impl Summary {
    pub(crate) fn of(lives: &[Life]) -> anyhow::Result<Self> {
        let times = |time: fn(&Life) -> Duration| Samples::new(lives.iter().map(time));
        Ok(Self {
            init: times(|life| life.init)?,
            first: times(|life| life.first)?,
            sum: times(|life| life.init + life.first)?,
            warm: times(|life| life.warm)?,
            cpu: times(|life| life.cpu)?.median(),
            peak: Samples::new(lives.iter().map(|life| life.peak))?.median(),
            answer: lives.last().map(|life| outcome(&life.answer)).unwrap_or_default(),
        })
    }

    fn cells(&self, subject: &Subject, baseline: &Self) -> anyhow::Result<[String; HEADS.len()]> {
        Ok([
            subject.name.clone(),
            self.answer.clone(),
            ms(self.init.median()),
            ms(self.first.median()),
            format!("{} ({} to {})", ms(self.sum.median()), ms(self.sum.min()), ms(self.sum.max())),
            format!("{:.2}", self.ratio(baseline)),
            ms(self.warm.median()),
            ms(self.cpu),
            megabytes(self.peak),
            megabytes(subject.size()?),
        ])
    }

    fn ratio(&self, baseline: &Self) -> f64 {
        self.sum.median().as_secs_f64() / baseline.sum.median().as_secs_f64()
    }
}

/// In a word, what a function answered: a status, a policy's effect, an error.
fn outcome(answer: &[u8]) -> String {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let words = [
        answer["statusCode"].as_u64().map(|status| status.to_string()),
        answer["policyDocument"]["Statement"][0]["Effect"].as_str().map(str::to_owned),
        answer["items"].as_u64().map(|items| format!("{items} items")),
        answer["errorMessage"].as_str().map(|message| format!("error: {message}")),
    ];
    words.into_iter().flatten().next().unwrap_or_else(|| answer.to_string())
}

/// Prints the table of one setting; the second function is the one to compare with.
pub(crate) fn print(setting: &str, subjects: &[Subject], summaries: &[Summary]) -> anyhow::Result<()> {
    let mut table = Table::new(setting, &HEADS);
    for (subject, summary) in subjects.iter().zip(summaries) {
        table.row(&summary.cells(subject, &summaries[1])?);
    }
    Ok(table.print(&[NOTE])?)
}

/// The budgets of the functions, which come behind the two to compare with.
pub(crate) fn results(
    setting: &str,
    subjects: &[Subject],
    summaries: &[Summary],
) -> anyhow::Result<Vec<BudgetResult>> {
    let mut all = Vec::new();
    let sum = format!("cold start ({setting})");
    for (subject, summary) in subjects.iter().zip(summaries).skip(2) {
        let name = &subject.name;
        let (ratio, size, peak) = (summary.ratio(&summaries[1]), subject.size()?, summary.peak);
        let budgets = [
            (
                sum.as_str(),
                format!("≤ {RATIO_MAX} × empty_call"),
                format!("{ratio:.2} ×"),
                ratio <= RATIO_MAX,
            ),
            ("program", "≤ 8 MB".to_owned(), format!("{} MB", megabytes(size)), size <= SIZE_MAX),
            ("peak memory", "≤ 12 MB".to_owned(), format!("{} MB", megabytes(peak)), peak <= PEAK_MAX),
        ];
        all.extend(budgets.map(|(what, budget, measured, holds)| {
            BudgetResult::new(format!("{what} of {name}"), budget, measured, holds)
        }));
    }
    Ok(all)
}

/// What the authorizer's own code takes of the processor for a decision: all of a warm answer but what `empty_call` takes for
/// the same event and the same database call.
pub(crate) fn decision(subjects: &[Subject], plain: &[Summary]) -> anyhow::Result<Option<BudgetResult>> {
    let authorizer = subjects.iter().zip(plain).find(|(subject, _)| subject.name == "authorizer");
    let Some((_, authorizer)) = authorizer else { return Ok(None) };
    let own = authorizer.cpu.saturating_sub(plain[1].cpu);
    let budget = hmac()? * HMACS_MAX;
    let micros = |time: Duration| format!("{:.0} µs", time.as_secs_f64() * 1e6);
    let budget_text = format!("≤ {HMACS_MAX} HMAC-SHA-256 of the token: {}", micros(budget));
    Ok(Some(BudgetResult::new(
        "own CPU of a decision of the authorizer",
        budget_text,
        micros(own),
        own <= budget,
    )))
}

/// The time of one HMAC-SHA-256 of a token.
fn hmac() -> anyhow::Result<Duration> {
    let (key, token) = ("k".repeat(32), format!("ea_pat_{}", "0".repeat(93)));
    let ring = KeyRing::parse(&json!({ "current": "k1", "k1": key }).to_string())?;
    let started = Instant::now();
    for _ in 0..HMACS {
        std::hint::black_box(ring.hash(std::hint::black_box(&token)));
    }
    Ok(started.elapsed() / HMACS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_told_in_a_word() {
        for (answer, word) in [
            (r#"{"statusCode":200,"body":"…"}"#, "200"),
            (r#"{"policyDocument":{"Statement":[{"Effect":"Allow"}]}}"#, "Allow"),
            (r#"{"errorType":"x","errorMessage":"Unauthorized"}"#, "error: Unauthorized"),
            ("\"ok\"", "\"ok\""),
        ] {
            assert_eq!(outcome(answer.as_bytes()), word);
        }
    }
}
