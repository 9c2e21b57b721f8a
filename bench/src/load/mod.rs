//! How many requests the engine on one machine serves, and how many its database would.

mod recording;
mod series;
mod shape;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use self::{
    recording::{Recording, warm_up},
    series::Series,
    shape::{Client, Created, Shape},
};
use crate::{
    budget::{BudgetResult, word},
    engine::Engine,
    fixture::Fixture,
    report::{Table, progress, say},
    scratch::Scratch,
    stats::{Rate, Samples},
};

/// Connections at a time.
const CONNECTIONS: [usize; 2] = [1, 8];
/// Gateway and engine take turns so often in each series, so that what else the machine does meets both alike.
const PARTS: usize = 5;
/// What the gateway is to reach of the engine's own rate.
const RATIO_MIN: f64 = 0.6;

const HEADS: [&str; 11] = [
    "request",
    "at a time",
    "req/s",
    "p50 ms",
    "p99 ms",
    "database calls",
    "engine alone req/s",
    "p50 ms",
    "p99 ms",
    "ratio",
    "≥ 60 %",
];
const NOTE: &str = "\"Engine alone\" sends the very calls that the gateway made for the same requests, recorded in this run, \
    through the SDK over HTTP to a database of the same state in the benchmark's process. The client shares the processors \
    with what it measures.";

/// What is asked of the measurement.
#[derive(Args, Clone)]
pub(crate) struct Options {
    /// A running engine to measure; without it one is started
    #[arg(long)]
    url: Option<String>,
    /// Keep the data in files below this directory, which are removed in the end; without it in memory
    #[arg(long, conflicts_with = "url")]
    data: Option<PathBuf>,
    /// Requests of each kind
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    requests: u32,
}

/// Measures and prints.
pub(crate) async fn run(engine: &Path, options: &Options) -> anyhow::Result<Vec<BudgetResult>> {
    let requests = usize::try_from(options.requests)?;
    let scratch = options.data.as_deref().map(Scratch::below).transpose()?;
    let measured = measure(engine, options.url.as_deref(), scratch.as_ref(), requests).await?;
    print(&measured, options)?;
    Ok(vec![result(&measured)?])
}

struct Measured {
    shape: Shape,
    connections: usize,
    calls: f64,
    gateway: Rate,
    alone: Rate,
}

impl Measured {
    fn ratio(&self) -> f64 {
        self.gateway.per_second / self.alone.per_second
    }
}

async fn measure(
    engine: &Path,
    url: Option<&str>,
    scratch: Option<&Scratch>,
    requests: usize,
) -> anyhow::Result<Vec<Measured>> {
    let recording = Recording::record(engine, requests).await?;
    let mut all = Vec::new();
    for connections in CONNECTIONS {
        let place =
            |name: &str| scratch.map(|scratch| scratch.path(&format!("{name}-{connections}"))).transpose();
        let name = format!("bench-{}-{connections}", std::process::id());
        let gateway = Gateway::start(engine, url, place("engine")?.as_deref(), &name).await?;
        let playback = recording.open(place("alone")?.as_deref().map(Path::new)).await?;
        for shape in Shape::ALL {
            progress(&format!("{}, {connections} at a time", shape.name()));
            let mut through = Series::new(gateway.clients(shape, connections).await?);
            let mut alone = Series::new(playback.players(shape, connections));
            let count = shape.count(requests);
            for part in 0..PARTS {
                let numbers = count * part / PARTS..count * (part + 1) / PARTS;
                through.go(numbers.clone()).await?;
                alone.go(numbers).await?;
            }
            let (gateway, alone, calls) =
                (through.rate()?, alone.rate()?, recording.calls_per_request(shape));
            all.push(Measured { shape, connections, calls, gateway, alone });
        }
    }
    Ok(all)
}

/// The engine that is measured, with what its requests work on.
struct Gateway {
    fixture: Fixture,
    created: Created,
    _engine: Option<Engine>,
}

impl Gateway {
    async fn start(engine: &Path, url: Option<&str>, data: Option<&str>, name: &str) -> anyhow::Result<Self> {
        let place = data.map_or_else(|| vec!["--in-memory"], |data| vec!["--data", data]);
        let engine = if url.is_none() { Some(Engine::start(engine, &place).await?) } else { None };
        let started = engine.as_ref().map(|engine| engine.address.as_str());
        let running = url.map(|url| url.trim_start_matches("http://").trim_end_matches('/'));
        let address = running.or(started).context("there is no engine to measure")?;
        let (fixture, created) = (Fixture::set_up(address, name).await?, Created::default());
        warm_up(&fixture, &created).await?;
        Ok(Self { fixture, created, _engine: engine })
    }

    async fn clients(&self, shape: Shape, count: usize) -> anyhow::Result<Vec<Client>> {
        let mut clients = Vec::with_capacity(count);
        for _ in 0..count {
            clients.push(Client::connect(shape, &self.fixture, &self.created).await?);
        }
        Ok(clients)
    }
}

fn result(measured: &[Measured]) -> anyhow::Result<BudgetResult> {
    let by_ratio = |one: &&Measured, other: &&Measured| one.ratio().total_cmp(&other.ratio());
    let lowest = measured.iter().min_by(by_ratio).context("nothing was measured")?;
    let median = Samples::new(measured.iter().map(Measured::ratio))?.median();
    let percent = |ratio: f64| format!("{:.0} %", ratio * 100.0);
    let place = format!("{}, {} at a time", lowest.shape.name(), lowest.connections);
    let text = format!("lowest {} ({place}), median {}", percent(lowest.ratio()), percent(median));
    let budget = format!("each ≥ {}", percent(RATIO_MIN));
    Ok(BudgetResult::new("gateway, of the engine's own rate", budget, text, lowest.ratio() >= RATIO_MIN))
}

fn print(measured: &[Measured], options: &Options) -> anyhow::Result<()> {
    say("## Requests per second, on one machine")?;
    let place = match (&options.url, &options.data) {
        (Some(url), _) => format!("the engine at {url}"),
        (None, Some(_)) => "the data in files".to_owned(),
        (None, None) => "the data in memory".to_owned(),
    };
    let mut table = Table::new(&format!("{} requests of each kind, {place}", options.requests), &HEADS);
    for row in measured {
        let Measured { shape, connections, calls, gateway, alone } = row;
        let [mut cells, engine] = [gateway, alone].map(|rate| {
            let millis = [rate.p50, rate.p99].map(|time| format!("{:.2}", time.as_secs_f64() * 1000.0));
            [vec![format!("{:.0}", rate.per_second)], millis.to_vec()].concat()
        });
        cells.push(format!("{calls:.2}"));
        cells.extend(engine);
        cells.extend([format!("{:.0} %", row.ratio() * 100.0), word(row.ratio() >= RATIO_MIN).to_owned()]);
        table.row(&[vec![shape.name().to_owned(), connections.to_string()], cells].concat());
    }
    Ok(table.print(&[NOTE])?)
}
