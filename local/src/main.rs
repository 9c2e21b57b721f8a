//! `engine`: starts the system, says when it is ready, and ends it on a signal.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use local::{
    Options,
    keys::{self, KeysOptions},
};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

/// The whole system in one process: the API, its console, a sign-in and a database
#[derive(Parser)]
#[command(name = "engine", version, max_term_width = 100, args_conflicts_with_subcommands = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    options: Options,
}

#[derive(Subcommand)]
enum Command {
    /// Tell which keys of the key ring are needed, by what, and which can be removed
    Keys(KeysOptions),
}

#[tokio::main]
async fn main() -> ExitCode {
    log();
    let CommandLine { command, options } = CommandLine::parse();
    let outcome = match command {
        Some(Command::Keys(options)) => keys::list(&options).await.map(|text| say(&text)),
        None => run(options).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            drop(writeln!(io::stderr(), "error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> anyhow::Result<()> {
    let mut stop = Stop::new()?;
    let running = tokio::select! {
        running = local::start(options) => running?,
        () = stop.asked() => return Ok(()),
    };
    say(&format!("ready {}\n", running.url()));
    let seeded = tokio::select! {
        seeded = running.seed() => Some(seeded),
        () = stop.asked() => None,
    };
    if let Some(outcome) = seeded {
        match outcome {
            Ok(text) => say(&text),
            // The system is of use without it.
            Err(error) => tracing::error!("{error:#}"),
        }
        stop.asked().await;
    }
    running.shutdown().await;
    Ok(())
}

/// Prints to whoever still listens.
fn say(text: &str) {
    let mut out = io::stdout();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

/// The signals that end the process.
struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    fn new() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// To the standard error stream, as the other one is for what people are to read.
fn log() {
    // The engine warns of each refused write, and a condition that fails is nothing out of the ordinary.
    let levels: Targets =
        std::env::var("LOG_LEVEL").ok().and_then(|levels| levels.parse().ok()).unwrap_or_else(|| {
            let usual = [("local", LevelFilter::INFO), ("dynoxide", LevelFilter::ERROR)];
            Targets::new().with_default(LevelFilter::WARN).with_targets(usual)
        });
    // Below info the SDK and the engine log whole requests, with what is kept of secrets: whatever is asked for, only
    // our own code says more.
    let own = ["engine", "local", "shared"].map(|name| (name, LevelFilter::TRACE));
    let ceiling = Targets::new().with_default(LevelFilter::INFO).with_targets(own);
    let lines = tracing_subscriber::fmt::layer().compact().with_writer(io::stderr).without_time();
    tracing_subscriber::registry().with(lines).with(levels).with(ceiling).init();
}
