//! What `make bench` runs: cold starts, requests per second, what each operation costs in the
//! database, and what the authorizer costs without it.

mod audit;
mod budget;
mod cold;
mod connection;
mod database;
mod decision;
mod engine;
mod events;
mod fixture;
mod http;
mod load;
mod memory;
mod place;
mod progress;
mod proxy;
mod report;
mod scale;
mod scratch;
mod signed;
mod stats;
mod units;
mod uploads;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

/// Measures the functions and the engine on this machine and prints tables in Markdown.
#[derive(Parser)]
#[command(max_term_width = 100)]
struct Options {
    /// The program of the engine
    #[arg(long, global = true, default_value = "target/optimised/engine")]
    engine: PathBuf,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Cold start, size and memory of each function
    Cold(cold::Options),
    /// Requests per second through the engine, beside what its database alone would do
    Load(load::Options),
    /// Round trips, read and write units of each operation
    Units,
    /// What the authorizer itself costs, next to one hash
    Decision,
    /// Times and units in types of a thousand, a hundred thousand and a million objects; not a part of `all`
    Scale(scale::Options),
    /// Units and times of pages of an audit log of a thousand and of a million entries; not a part of `all`
    Audit(audit::Options),
    /// Changes a second through to the receivers of webhooks, and how long each takes
    Events(events::Options),
    /// A large file through the engine beside a copy of it, and the memory that it takes; not a part of `all`
    Uploads(uploads::Options),
    /// All of these, and whether the budgets hold
    All {
        #[command(flatten)]
        cold: cold::Options,
        #[command(flatten)]
        load: load::Options,
        #[command(flatten)]
        events: events::Options,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(code) => code,
        Err(error) => {
            report::progress(&format!("nothing more could be measured: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(Options { engine, what }: Options) -> anyhow::Result<ExitCode> {
    // Units are the same on every machine: where they do not hold, the code is at fault. Times may be the machine's.
    let is_strict = matches!(what, What::Audit(_));
    let results = match what {
        What::Cold(options) => cold::run(&engine, &options).await?,
        What::Load(options) => load::run(&engine, &options).await?,
        What::Units => units::run(&engine).await?,
        What::Decision => decision::run()?,
        What::Scale(options) => scale::run(&engine, &options).await?,
        What::Audit(options) => audit::run(&engine, &options).await?,
        What::Events(options) => events::run(&engine, &options).await?,
        What::Uploads(options) => uploads::run(&engine, &options).await?,
        What::All { cold, load, events } => {
            let mut results = cold::run(&engine, &cold).await?;
            results.extend(load::run(&engine, &load).await?);
            results.extend(events::run(&engine, &events).await?);
            results.extend(units::run(&engine).await?);
            results.extend(decision::run()?);
            results
        }
    };
    budget::print(&results)?;
    Ok(if is_strict && !budget::hold(&results) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
