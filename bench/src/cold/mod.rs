//! How long each function takes from the start of its process to its first answer.

mod cloud;
mod cpu_share;
mod environment;
mod heaviest;
mod process;
mod runtime_api;
mod summary;

use std::path::{Path, PathBuf};

use clap::Args;

use self::{
    cpu_share::CpuShare,
    environment::Environment,
    process::{Life, Subject},
    summary::{Summary, decision, print, results},
};
use crate::{
    budget::BudgetResult,
    report::{progress, say},
};

/// The memory size whose share of a processor the functions get.
const MEMORY: u32 = 256;

/// What is asked of the measurement.
#[derive(Args, Clone)]
pub(crate) struct Options {
    /// Where the programs of the functions are: NAME/bootstrap or NAME
    #[arg(long, default_value = "target/release")]
    bin_dir: PathBuf,
    /// Where the programs `empty` and `empty_call` are
    #[arg(long, default_value = "target/release")]
    empty_dir: PathBuf,
    /// The sample events
    #[arg(long, default_value = "events")]
    events: PathBuf,
    /// Starts of each function in each setting
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100))]
    runs: u32,
}

/// Measures and prints.
pub(crate) async fn run(engine: &Path, options: &Options) -> anyhow::Result<Vec<BudgetResult>> {
    let environment = Environment::set_up(engine, &options.events).await?;
    let subjects = present(environment.subjects(&options.empty_dir, &options.bin_dir)?)?;
    say("## Cold start")?;
    let plain = measure(&subjects, &environment.environment(false), None, options.runs).await?;
    print("plain HTTP, whole processor", &subjects, &plain)?;
    let tls = measure(&subjects, &environment.environment(true), None, options.runs).await?;
    print("TLS, whole processor", &subjects, &tls)?;
    let mut all = match CpuShare::of_memory(MEMORY) {
        Ok(share) => {
            let setting =
                format!("TLS, {MEMORY}/1769 of a processor after the init, as on Lambda at {MEMORY} MB");
            let shared =
                measure(&subjects, &environment.environment(true), Some(&share), options.runs).await?;
            print(&setting, &subjects, &shared)?;
            results(&format!("TLS, at {MEMORY} MB"), &subjects, &shared)?
        }
        Err(error) => {
            say(&format!("**Not measured under Lambda's share of a processor**: {error:#}."))?;
            results("TLS, whole processor", &subjects, &tls)?
        }
    };
    all.extend(decision(&subjects, &plain)?);
    if let Some(subject) = environment.heaviest(&options.bin_dir)? {
        all.push(heaviest::result(&subject.live(&environment.environment(true), None).await?)?);
    }
    Ok(all)
}

/// Leaves out functions that were not built, and says so.
fn present(subjects: Vec<Subject>) -> anyhow::Result<Vec<Subject>> {
    let (there, missing): (Vec<_>, Vec<_>) =
        subjects.into_iter().partition(|subject| subject.program.is_file());
    for subject in &missing {
        anyhow::ensure!(
            !subject.name.starts_with("empty"),
            "there is no {}: build it with `cargo build --release -p bench --no-default-features --bins`",
            subject.program.display()
        );
        say(&format!("**Not measured: {}**, as there is no {}.", subject.name, subject.program.display()))?;
    }
    Ok(there)
}

/// Starts the functions in turns, so that what else the machine does meets all alike.
async fn measure(
    subjects: &[Subject],
    environment: &[(&str, &str)],
    share: Option<&CpuShare>,
    runs: u32,
) -> anyhow::Result<Vec<Summary>> {
    let mut lives: Vec<Vec<Life>> = subjects.iter().map(|_| Vec::new()).collect();
    for run in 0..=runs {
        progress(&format!("cold starts, round {run} of {runs}"));
        for (subject, lives) in subjects.iter().zip(&mut lives) {
            let life = subject.live(environment, share).await?;
            // The first time only brings the program into the memory of the kernel.
            if run > 0 {
                lives.push(life);
            }
        }
    }
    lives.iter().map(|lives| Summary::of(lives)).collect()
}
