//! A large file on its way through the engine: how fast it is beside a copy on the same disk, how much memory it takes, and how
//! long it takes from the last byte until it is ready.

use std::{
    fs::File,
    io::Write as _,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use clap::Args;
use hyper::body::Bytes;
use serde_json::{Value, json};
use tokio::{process::Command, task::JoinSet};

use crate::{
    budget::BudgetResult,
    engine::Engine,
    fixture::{Fixture, succeeded},
    http::Connection,
    memory,
    report::{Table, megabytes, progress, say, seconds},
    scratch::Scratch,
    signed,
    stats::Samples,
};

const MIB: u64 = 1024 * 1024;
/// Parts that are on their way at a time.
const AT_ONCE: usize = 2;
/// The parts of which URLs are asked for at once.
const SIGNED: u64 = 100;
/// The most that the engine may hold beyond what it holds when nothing is asked of it.
const MEMORY_MAX: u64 = 64_000_000;
/// So often it is asked whether the file is ready; each answer waits some seconds for it.
const ASKED_MAX: usize = 60;
const NOTE: &str = "Parts of 16 MiB, two at a time. The copy is `cp` of the same file to the same disk, with a sync of what it wrote; \
    the store syncs each part, and then the whole that it makes of them. Client and engine share the processors. Medians; \
    memory is the largest of all rounds.";

/// What is asked of the measurement.
#[derive(Args, Clone)]
pub(crate) struct Options {
    /// Mebibytes of the file
    #[arg(long, default_value_t = 1024, value_parser = clap::value_parser!(u64).range(65..=5120))]
    mebibytes: u64,
    /// How often it is sent and copied
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=20))]
    rounds: u32,
    /// Keep everything below this directory, and remove it in the end: four times the size of the file
    #[arg(long, default_value = "target/uploads")]
    data: PathBuf,
}

/// What one round took.
struct Round {
    copied: Duration,
    upload: Upload,
}

/// What it took to send the file.
struct Upload {
    sent: Duration,
    /// From `complete` on.
    ready: Duration,
    idle: u64,
    peak: u64,
}

/// Measures and prints.
pub(crate) async fn run(engine: &Path, options: &Options) -> anyhow::Result<Vec<BudgetResult>> {
    let size = options.mebibytes * MIB;
    let mut rounds = Vec::new();
    for round in 1..=options.rounds {
        progress(&format!("uploads: round {round} of {}", options.rounds));
        // One of each, so that the disk has as much room each time.
        let scratch = Scratch::below(&options.data)?;
        let source = scratch.path("source.txt")?;
        write_text(Path::new(&source), size)?;
        let copied = copy(&source, &scratch.path("copy.txt")?).await?;
        let upload = send(engine, &scratch.path("engine")?, (&source, size)).await?;
        rounds.push(Round { copied, upload });
    }
    print(&rounds, size)?;
    let more = rounds
        .iter()
        .map(|round| round.upload.peak.saturating_sub(round.upload.idle))
        .max()
        .unwrap_or_default();
    Ok(vec![BudgetResult::new(
        format!("memory of the engine while {} MiB are sent", options.mebibytes),
        format!("≤ {} MB over idle", megabytes(MEMORY_MAX)),
        format!("{} MB", megabytes(more)),
        more <= MEMORY_MAX,
    )])
}

/// A file of text of that size.
fn write_text(path: &Path, size: u64) -> anyhow::Result<()> {
    let mut file = File::create(path)?;
    let lines: String = (0..64 * 1024).map(|line| format!("line {line:>10}\n")).collect();
    let mut left = usize::try_from(size)?;
    while left > 0 {
        let piece = left.min(lines.len());
        file.write_all(&lines.as_bytes()[..piece])?;
        left -= piece;
    }
    Ok(file.sync_all()?)
}

/// How long `cp` takes, until the copy is on the disk. It is removed then.
async fn copy(from: &str, to: &str) -> anyhow::Result<Duration> {
    let started = Instant::now();
    let copied = Command::new("cp").args(["--reflink=never", from, to]).stdin(Stdio::null()).status().await?;
    ensure!(copied.success(), "cp has failed");
    File::open(to)?.sync_all()?;
    let took = started.elapsed();
    std::fs::remove_file(to)?;
    Ok(took)
}

/// Sends the file in parts to a new engine.
async fn send(program: &Path, data: &str, (source, size): (&str, u64)) -> anyhow::Result<Upload> {
    let engine = Engine::start(program, &["--data", data]).await?;
    let fixture = Fixture::set_up(&engine.address, "uploads").await?;
    let mut api = Api { connection: Connection::open(&engine.address).await?, fixture };
    // What the first file makes is there for all that follow.
    api.whole(Path::new(source), 65 * MIB).await?;
    let pid = engine.pid()?;
    let idle = memory::resident(pid)?;
    // From now on the peak counts anew.
    std::fs::write(format!("/proc/{pid}/clear_refs"), "5").context("resetting the peak of memory")?;
    let (sent, ready) = api.whole(Path::new(source), size).await?;
    Ok(Upload { sent, ready, idle, peak: memory::peak(pid)? })
}

/// The API as a program uses it that sends files.
struct Api {
    connection: Connection,
    fixture: Fixture,
}

impl Api {
    async fn post(&mut self, rest: &str, body: &Value) -> anyhow::Result<Value> {
        let request = self.fixture.request("POST", &self.fixture.uploads(rest), Some(body))?;
        Ok(serde_json::from_slice(succeeded(self.connection.send(request).await?)?.body())?)
    }

    /// Sends so many bytes of the file: how long it takes until they are there, and from then on until they are ready.
    async fn whole(&mut self, source: &Path, size: u64) -> anyhow::Result<(Duration, Duration)> {
        let started = Instant::now();
        let begun = self.post("", &json!({ "filename": "large.txt", "size": size, "parts": true })).await?;
        let id = begun["id"].as_str().context("an upload has no id")?.to_owned();
        let (part_size, count) = (number(&begun, "part_size")?, number(&begun, "part_count")?);
        let file = Arc::new(File::open(source)?);
        let mut under_way: JoinSet<anyhow::Result<()>> = JoinSet::new();
        for first in (1..=count).step_by(usize::try_from(SIGNED)?) {
            let numbers: Vec<_> = (first..=count.min(first + SIGNED - 1)).collect();
            let signed = self.post(&format!("/{id}/parts"), &json!({ "numbers": numbers })).await?;
            for part in signed["parts"].as_array().into_iter().flatten() {
                while under_way.len() >= AT_ONCE {
                    under_way.join_next().await.transpose()?.transpose()?;
                }
                let at = (number(part, "number")? - 1) * part_size;
                under_way.spawn(send_part(file.clone(), part.clone(), (at, part_size.min(size - at))));
            }
        }
        while let Some(part) = under_way.join_next().await {
            part??;
        }
        let (sent, told) = (started.elapsed(), Instant::now());
        self.complete(&id).await?;
        Ok((sent, told.elapsed()))
    }

    async fn complete(&mut self, id: &str) -> anyhow::Result<()> {
        for _ in 0..ASKED_MAX {
            let path = self.fixture.uploads(&format!("/{id}/complete"));
            let request = self.fixture.request("POST", &path, Some(&json!({})))?;
            let answer = self.connection.send(request).await?;
            // Making one file of many parts may take longer than a request may.
            if answer.status() == 503 {
                continue;
            }
            let upload: Value = serde_json::from_slice(succeeded(answer)?.body())?;
            match upload["status"].as_str() {
                Some("checking") => {}
                Some("ready") => return Ok(()),
                _ => anyhow::bail!("the file became {upload}"),
            }
        }
        anyhow::bail!("the file is not ready")
    }
}

async fn send_part(file: Arc<File>, part: Value, (at, size): (u64, u64)) -> anyhow::Result<()> {
    let mut bytes = vec![0; usize::try_from(size)?];
    file.read_exact_at(&mut bytes, at)?;
    let (address, request) = signed::put(&part, Bytes::from(bytes))?;
    let answer = Connection::open(&address).await?.send(request).await?;
    ensure!(answer.status().is_success(), "the store answered {} to a part", answer.status());
    Ok(())
}

fn number(answer: &Value, member: &str) -> anyhow::Result<u64> {
    answer[member].as_u64().with_context(|| format!("the API answered without {member:?}"))
}

fn print(rounds: &[Round], size: u64) -> anyhow::Result<()> {
    say("## Uploads")?;
    let title = format!("A file of {} MiB, {} times", size / MIB, rounds.len());
    let mut table = Table::new(&title, &["what", "seconds", "MB/s"]);
    let median = |part: fn(&Round) -> Duration| {
        Ok::<_, anyhow::Error>(Samples::new(rounds.iter().map(part))?.median())
    };
    let (copied, sent) = (median(|round| round.copied)?, median(|round| round.upload.sent)?);
    let whole = median(|round| round.upload.sent + round.upload.ready)?;
    for (what, time) in [("copied", copied), ("sent", sent), ("sent, joined and looked at", whole)] {
        table.row(&[what.to_owned(), seconds(time), rate(size, time)]);
    }
    let ready = median(|round| round.upload.ready)?;
    table.row(&["from `complete` until ready".to_owned(), seconds(ready), String::new()]);
    table.print(&[NOTE])?;
    let mut table = Table::new("Memory of the engine, MB", &["round", "idle", "peak"]);
    for (index, round) in rounds.iter().enumerate() {
        table.row(&[(index + 1).to_string(), megabytes(round.upload.idle), megabytes(round.upload.peak)]);
    }
    Ok(table.print(&[])?)
}

#[expect(clippy::cast_precision_loss, reason = "sizes of files are far below 2^52 bytes")]
fn rate(size: u64, time: Duration) -> String {
    format!("{:.0}", size as f64 / 1e6 / time.as_secs_f64())
}
