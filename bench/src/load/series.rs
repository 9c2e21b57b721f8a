//! The same request many times over, from several workers at once.

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context as _;
use tokio::{task::JoinSet, time::timeout};

use crate::stats::Rate;

/// A part of a series that takes longer than this has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// One of several that work at the same time.
pub(crate) trait Worker: Send + 'static {
    /// Does what the number stands for.
    fn work(&mut self, number: usize) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// A series in parts, so that the parts of two series can take turns.
pub(crate) struct Series<W> {
    workers: Vec<W>,
    latencies: Vec<Duration>,
    elapsed: Duration,
}

impl<W: Worker> Series<W> {
    pub(crate) fn new(workers: Vec<W>) -> Self {
        Self { workers, latencies: Vec::new(), elapsed: Duration::ZERO }
    }

    /// Lets the workers do what the numbers stand for, each one thing at a time.
    pub(crate) async fn go(&mut self, numbers: Range<usize>) -> anyhow::Result<()> {
        let next = Arc::new(AtomicUsize::new(numbers.start));
        let started = Instant::now();
        let mut tasks = JoinSet::new();
        for worker in self.workers.drain(..) {
            tasks.spawn(work(worker, next.clone(), numbers.end));
        }
        let all = timeout(PATIENCE, tasks.join_all()).await;
        for done in all.context("a series took too long; ask for fewer --requests")? {
            let (worker, latencies) = done?;
            self.workers.push(worker);
            self.latencies.extend(latencies);
        }
        self.elapsed += started.elapsed();
        Ok(())
    }

    /// The rate of all parts.
    pub(crate) fn rate(self) -> anyhow::Result<Rate> {
        Rate::new(self.latencies, self.elapsed)
    }
}

async fn work<W: Worker>(
    mut worker: W,
    next: Arc<AtomicUsize>,
    end: usize,
) -> anyhow::Result<(W, Vec<Duration>)> {
    let mut latencies = Vec::new();
    loop {
        let (number, started) = (next.fetch_add(1, Ordering::Relaxed), Instant::now());
        if number >= end {
            return Ok((worker, latencies));
        }
        worker.work(number).await?;
        latencies.push(started.elapsed());
    }
}
