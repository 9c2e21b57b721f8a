//! The same request many times over, from several workers at once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use crate::stats::Rate;

/// A series ends after this, however many requests are left.
const TIME_MAX: Duration = Duration::from_secs(10);

/// One of several that work at the same time.
pub(crate) trait Worker: Send + 'static {
    /// Does what the number stands for.
    fn work(&mut self, number: usize) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// Lets the workers do `count` things, each one thing at a time.
pub(crate) async fn run(workers: Vec<impl Worker>, count: usize) -> anyhow::Result<Rate> {
    let next = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for worker in workers {
        tasks.spawn(work(worker, next.clone(), count, started + TIME_MAX));
    }
    let mut latencies = Vec::with_capacity(count);
    while let Some(done) = tasks.join_next().await {
        latencies.extend(done??);
    }
    Rate::new(latencies, started.elapsed())
}

async fn work(
    mut worker: impl Worker,
    next: Arc<AtomicUsize>,
    count: usize,
    end: Instant,
) -> anyhow::Result<Vec<Duration>> {
    let mut latencies = Vec::new();
    loop {
        let (number, started) = (next.fetch_add(1, Ordering::Relaxed), Instant::now());
        if number >= count || started > end {
            return Ok(latencies);
        }
        worker.work(number).await?;
        latencies.push(started.elapsed());
    }
}
