//! What `make bench` runs: cold starts, requests per second, what each operation costs in the
//! database, and what the authorizer costs without it.

mod cold;
mod database;
mod decision;
mod engine;
mod http;
mod load;
mod proxy;
mod report;
mod scale;
mod scratch;
mod stats;
mod units;
mod verdict;
mod workshop;

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
    /// All of these, and whether the budgets hold
    All {
        #[command(flatten)]
        cold: cold::Options,
        #[command(flatten)]
        load: load::Options,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::progress(&format!("nothing more could be measured: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(Options { engine, what }: Options) -> anyhow::Result<()> {
    let verdicts = match what {
        What::Cold(options) => cold::run(&engine, &options).await?,
        What::Load(options) => load::run(&engine, &options).await?,
        What::Units => units::run(&engine).await?,
        What::Decision => decision::run()?,
        What::Scale(options) => scale::run(&engine, &options).await?,
        What::All { cold, load } => {
            let mut verdicts = cold::run(&engine, &cold).await?;
            verdicts.extend(load::run(&engine, &load).await?);
            verdicts.extend(units::run(&engine).await?);
            verdicts.extend(decision::run()?);
            verdicts
        }
    };
    Ok(verdict::print(&verdicts)?)
}
