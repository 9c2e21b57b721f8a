//! `engine`: starts the system, says when it is ready, and ends it on a signal.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::Parser as _;
use local::Options;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

#[tokio::main]
async fn main() -> ExitCode {
    log();
    match run(Options::parse()).await {
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
    let lines = tracing_subscriber::fmt::layer().compact().with_writer(io::stderr).without_time();
    tracing_subscriber::registry().with(lines).with(levels).init();
}
