//! One kind of request in one size: how long it takes, how long its database does, and what it costs.

use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::{
    fill::Course,
    line::{Heard, Line},
    shape::Shape,
    site::Site,
};
use crate::{proxy::Proxy, report::ms, stats::Samples, units::bill::Bill};

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
    pub(super) bill: Bill,
}

/// Times requests of these kinds, each in all sizes. All take turns, so that what else the machine does meets all alike.
pub(super) async fn time(
    shapes: &[Shape],
    (sites, lines): (&mut [Site], &mut [Line]),
    calls: usize,
) -> anyhow::Result<Vec<Vec<Whole>>> {
    let mut course = Course::new("timing", WARM_UP + calls);
    let mut times: Vec<Vec<Vec<Duration>>> = vec![vec![Vec::with_capacity(calls); sites.len()]; shapes.len()];
    for call in 0..WARM_UP + calls {
        for (shape, place) in turn(call, shapes.len(), sites.len()) {
            let time = sites[place].send(shapes[shape], &mut lines[place]).await?;
            if call >= WARM_UP {
                times[shape][place].push(time);
            }
        }
        course.tell(call);
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
    (sites, engines): (&mut [Site], &mut [Heard]),
    calls: usize,
) -> anyhow::Result<Vec<Vec<Parts>>> {
    let mut course = Course::new("listening", WARM_UP + calls);
    let mut times: Vec<Vec<[Vec<Duration>; 2]>> = vec![vec![Default::default(); sites.len()]; shapes.len()];
    for call in 0..WARM_UP + calls {
        for (shape, place) in turn(call, shapes.len(), sites.len()) {
            let heard = &mut engines[place];
            heard.listener.take();
            let whole = sites[place].send(shapes[shape], &mut heard.line).await?;
            let database = spent(&heard.listener);
            if call >= WARM_UP {
                times[shape][place][0].push(database);
                times[shape][place][1].push(whole.saturating_sub(database));
            }
        }
        course.tell(call);
    }
    let mut all = Vec::with_capacity(shapes.len());
    for (shape, times) in shapes.iter().zip(times) {
        let mut row = Vec::with_capacity(sites.len());
        for ([database, rest], (site, heard)) in times.into_iter().zip(sites.iter_mut().zip(&mut *engines)) {
            let (database, rest) = (Samples::new(database)?.median(), Samples::new(rest)?.median());
            row.push(Parts { database, rest, bill: bill(*shape, site, heard).await? });
        }
        all.push(row);
    }
    Ok(all)
}

/// Each kind of request in each size, once, beginning with another size each time.
fn turn(call: usize, shapes: usize, sizes: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..shapes).flat_map(move |shape| (0..sizes).map(move |step| (shape, (call + shape + step) % sizes)))
}

async fn bill(shape: Shape, site: &mut Site, heard: &mut Heard) -> anyhow::Result<Bill> {
    let mut bills = Vec::with_capacity(COUNTED);
    for _ in 0..COUNTED {
        heard.counter.take();
        site.send(shape, &mut heard.counted).await?;
        // What goes on beside the answer has to end before it can be counted.
        tokio::time::sleep(Duration::from_millis(25)).await;
        bills.push(Bill::of(&heard.counter.take())?);
    }
    Bill::median(&bills)
}

/// How long the calls took that were heard. The note of a token's last use may be among them, once a minute.
fn spent(listener: &Proxy) -> Duration {
    listener.take().iter().map(|call| call.ended - call.started).sum()
}

impl Site {
    /// Sends the next request of that kind and waits for its answer.
    async fn send(&mut self, shape: Shape, line: &mut Line) -> anyhow::Result<Duration> {
        self.turns += 1;
        let request = shape.request(self, &self.shop(line), self.turns)?;
        let started = Instant::now();
        let answer = line.send(request).await?;
        let elapsed = started.elapsed();
        let place = || format!("a type of {} objects, after {} ms", self.size(), ms(elapsed));
        shape.check(&answer).with_context(place)?;
        Ok(elapsed)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_kind_has_its_turn_in_each_size_and_each_size_begins_as_often() {
        let calls: Vec<Vec<_>> = (0..6).map(|call| turn(call, 4, 3).collect()).collect();
        for call in &calls {
            let different: BTreeSet<_> = call.iter().collect();
            assert_eq!((call.len(), different.len()), (12, 12));
        }
        for size in 0..3 {
            assert_eq!(calls.iter().filter(|call| call[0].1 == size).count(), 2);
        }
    }
}
