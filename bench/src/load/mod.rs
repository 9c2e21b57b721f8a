//! How many requests the engine on one machine serves, and how many its database would.

mod series;
mod shape;
mod tape;

use std::path::{Path, PathBuf};

use clap::Args;

use self::{
    shape::{Client, Created, Shape},
    tape::{Played, Tape, warm_up},
};
use crate::{
    engine::Engine,
    report::{Table, progress, say},
    stats::Rate,
    verdict::{Verdict, word},
    workshop::Workshop,
};

/// Connections at a time.
const CONNECTIONS: [usize; 2] = [1, 8];
/// What the gateway is to reach of the engine's own rate.
const RATIO_MIN: f64 = 0.6;

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
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    requests: u32,
}

/// Measures and prints.
pub(crate) async fn run(engine: &Path, options: &Options) -> anyhow::Result<Vec<Verdict>> {
    let requests = usize::try_from(options.requests)?;
    let data = options.data.as_ref().map(|data| data.join(format!("bench-{}", std::process::id())));
    let measured = measure(engine, options.url.as_deref(), data.as_deref(), requests).await;
    if let Some(data) = data.filter(|data| data.exists()) {
        std::fs::remove_dir_all(data)?;
    }
    let measured = measured?;
    print(&measured, options)?;
    let lowest = measured.iter().map(Measured::ratio).fold(f64::INFINITY, f64::min);
    let (budget, lowest_text) =
        (format!("≥ {:.0} %", RATIO_MIN * 100.0), format!("{:.0} % at the lowest", lowest * 100.0));
    Ok(vec![Verdict::new("gateway, of the engine's own rate", budget, lowest_text, lowest >= RATIO_MIN)])
}

struct Measured {
    shape: Shape,
    connections: usize,
    gateway: Rate,
    alone: Played,
}

impl Measured {
    fn ratio(&self) -> f64 {
        self.gateway.per_second / self.alone.rate.per_second
    }
}

async fn measure(
    engine: &Path,
    url: Option<&str>,
    data: Option<&Path>,
    requests: usize,
) -> anyhow::Result<Vec<Measured>> {
    let tape = Tape::record(engine, requests).await?;
    let mut all = Vec::new();
    for connections in CONNECTIONS {
        let place = |name: &str| data.map(|data| data.join(format!("{name}-{connections}")));
        let gateway = gateway(engine, url, place("engine").as_deref(), (connections, requests)).await?;
        let alone = tape.play(connections, place("alone").as_deref()).await?;
        let both = Shape::ALL.into_iter().zip(gateway).zip(alone);
        all.extend(both.map(|((shape, gateway), alone)| Measured { shape, connections, gateway, alone }));
    }
    Ok(all)
}

/// The rates through the whole engine, in the order of the shapes.
async fn gateway(
    engine: &Path,
    url: Option<&str>,
    data: Option<&Path>,
    (connections, requests): (usize, usize),
) -> anyhow::Result<Vec<Rate>> {
    let kept = data.map(|data| data.display().to_string());
    let place = kept.as_ref().map_or_else(|| vec!["--in-memory"], |data| vec!["--data", data]);
    let started = if url.is_none() { Some(Engine::start(engine, &place).await?) } else { None };
    let running = url.map(|url| url.trim_start_matches("http://").trim_end_matches('/').to_owned());
    let address =
        running.or_else(|| started.as_ref().map(|engine| engine.address.clone())).unwrap_or_default();
    let workshop = Workshop::set_up(&address, &format!("bench-{}-{connections}", std::process::id())).await?;
    let created = Created::default();
    warm_up(&workshop, &created).await?;
    let mut rates = Vec::new();
    for shape in Shape::ALL {
        progress(&format!("the gateway: {}, {connections} at a time", shape.name()));
        let mut clients = Vec::new();
        for _ in 0..connections {
            clients.push(Client::connect(shape, &workshop, &created).await?);
        }
        rates.push(series::run(clients, shape.count(requests)).await?);
    }
    Ok(rates)
}

fn print(measured: &[Measured], options: &Options) -> anyhow::Result<()> {
    say("## Requests per second, on one machine")?;
    let place = match (&options.url, &options.data) {
        (Some(url), _) => format!("the engine at {url}"),
        (None, Some(_)) => "the data in files".to_owned(),
        (None, None) => "the data in memory".to_owned(),
    };
    let heads = [
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
    let mut table = Table::new(&format!("{} requests of each kind, {place}", options.requests), &heads);
    for row in measured {
        let Measured { shape, connections, gateway, alone } = row;
        let [mut cells, engine] = [gateway, &alone.rate].map(|rate| {
            let millis = [rate.p50, rate.p99].map(|time| format!("{:.2}", time.as_secs_f64() * 1000.0));
            [vec![format!("{:.0}", rate.per_second)], millis.to_vec()].concat()
        });
        cells.push(format!("{:.2}", alone.calls));
        cells.extend(engine);
        cells.extend([format!("{:.0} %", row.ratio() * 100.0), word(row.ratio() >= RATIO_MIN).to_owned()]);
        table.row(&[vec![shape.name().to_owned(), connections.to_string()], cells].concat());
    }
    table.print(&["\"Engine alone\" sends the very calls that the gateway made for the same requests, recorded in this run, \
        through the SDK over HTTP to a database of the same state in the benchmark's process. The client shares the processors with what it measures."])?;
    Ok(())
}
