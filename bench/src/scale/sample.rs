//! One kind of request in one size: how long it takes, how long its database does, and what it costs.

use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::{shape::Shape, sized_database::SizedDatabase};
use crate::{
    connection::{EngineConnection, Heard},
    progress::{Progress, turn},
    proxy::Proxy,
    report::ms,
    stats::Samples,
    units::cost_report::CostReport,
};

/// How often a request is counted; the median is told.
const COUNTED: usize = 5;
/// Requests before the first that is timed.
const WARM_UP: usize = 10;

/// How long a request takes through an engine with its own database.
#[derive(Clone, Copy)]
pub(super) struct Whole {
    pub(super) p50: Duration,
    /// One in a hundred took longer.
    pub(super) p99: Duration,
}

/// What such a request is made of, as another engine is heard to do it.
#[derive(Clone, Copy)]
pub(super) struct Parts {
    /// The calls of the database behind the request, together.
    pub(super) database: Duration,
    /// The rest of it: the gateway, the functions, the way between them and the database.
    pub(super) rest: Duration,
    pub(super) costs: CostReport,
}

/// Times requests of these kinds, each in all sizes. All take turns, so that what else the machine does meets all alike.
pub(super) async fn time(
    shapes: &[Shape],
    (sizes, lines): (&mut [SizedDatabase], &mut [EngineConnection]),
    calls: usize,
) -> anyhow::Result<Vec<Vec<Whole>>> {
    let mut progress = Progress::new("timing", WARM_UP + calls);
    let mut times: Vec<Vec<Vec<Duration>>> = vec![vec![Vec::with_capacity(calls); sizes.len()]; shapes.len()];
    for call in 0..WARM_UP + calls {
        for (shape, size) in turn(call, shapes.len(), sizes.len()) {
            let time = sizes[size].send(shapes[shape], &mut lines[size]).await?;
            if call >= WARM_UP {
                times[shape][size].push(time);
            }
        }
        progress.tell(call);
    }
    let whole = |times| {
        let samples = Samples::new(times)?;
        Ok(Whole { p50: samples.median(), p99: samples.percentile(99) })
    };
    times.into_iter().map(|times| times.into_iter().map(whole).collect()).collect()
}

/// Listens to requests of these kinds, in turns, too, and counts what one costs.
pub(super) async fn hear(
    shapes: &[Shape],
    (sizes, engines): (&mut [SizedDatabase], &mut [Heard]),
    calls: usize,
) -> anyhow::Result<Vec<Vec<Parts>>> {
    let mut progress = Progress::new("listening", WARM_UP + calls);
    let mut times: Vec<Vec<[Vec<Duration>; 2]>> = vec![vec![Default::default(); sizes.len()]; shapes.len()];
    for call in 0..WARM_UP + calls {
        for (shape, size) in turn(call, shapes.len(), sizes.len()) {
            let heard = &mut engines[size];
            heard.listener.take();
            let whole = sizes[size].send(shapes[shape], &mut heard.line).await?;
            let database = spent(&heard.listener);
            if call >= WARM_UP {
                times[shape][size][0].push(database);
                times[shape][size][1].push(whole.saturating_sub(database));
            }
        }
        progress.tell(call);
    }
    let mut all = Vec::with_capacity(shapes.len());
    for (shape, times) in shapes.iter().zip(times) {
        let mut row = Vec::with_capacity(sizes.len());
        for ([database, rest], (sized, heard)) in times.into_iter().zip(sizes.iter_mut().zip(&mut *engines)) {
            let (database, rest) = (Samples::new(database)?.median(), Samples::new(rest)?.median());
            row.push(Parts { database, rest, costs: costs(*shape, sized, heard).await? });
        }
        all.push(row);
    }
    Ok(all)
}

async fn costs(shape: Shape, sized: &mut SizedDatabase, heard: &mut Heard) -> anyhow::Result<CostReport> {
    let mut reports = Vec::with_capacity(COUNTED);
    for _ in 0..COUNTED {
        let (_, calls) = heard.counter.during(sized.send(shape, &mut heard.counted)).await?;
        reports.push(CostReport::of(&calls)?);
    }
    CostReport::median(&reports)
}

/// How long the calls took that were heard. The note of a token's last use may be among them, once a minute.
fn spent(listener: &Proxy) -> Duration {
    listener.take().iter().map(|call| call.ended - call.started).sum()
}

impl SizedDatabase {
    /// Sends the next request of that kind and waits for its answer.
    async fn send(&mut self, shape: Shape, line: &mut EngineConnection) -> anyhow::Result<Duration> {
        self.turns += 1;
        let request = shape.request(self, &self.fixture(line), self.turns)?;
        let started = Instant::now();
        let answer = line.send(request).await?;
        let elapsed = started.elapsed();
        let place = || format!("a type of {} objects, after {} ms", self.size(), ms(elapsed));
        shape.check(&answer).with_context(place)?;
        Ok(elapsed)
    }
}
