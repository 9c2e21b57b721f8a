//! The queue of jobs in this process: the real function is given the events that SQS would give it, and its schedule is kept.

use std::{sync::Arc, time::Duration};

use base::clock::Clock;
use jobs::Worker;
use resources::jobs::JobMessage;
use table::queue::{Order, Queue};
use tokio::task::JoinSet;

use crate::{
    pace::Bell,
    queue::{Handler, Pool, queue},
};

/// Messages that are handled at the same time. The template says the same.
const AT_ONCE: usize = 5;
/// How often stalled jobs are requeued, as the schedule of the template says.
const REQUEUE_SECONDS: i64 = 15 * 60;
/// How often it is looked whether that is due: by the functions' clock, which may be set.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The end of the queue that messages come out of.
pub(crate) struct Messages {
    pool: Pool<JobMessage>,
    clock: Clock,
}

/// The queue. Its messages end with the process; the jobs do not, and are found again at the start.
pub(crate) fn job_queue(clock: &Clock) -> (Arc<dyn Queue<JobMessage>>, Messages) {
    let (queue, pool) = queue("jobs", AT_ONCE, Order::Fair, clock);
    (queue, Messages { pool, clock: clock.clone() })
}

/// The pump from the queue to the function. It stops, in the middle of whatever it does, when this is dropped.
pub(crate) struct JobPump {
    _running: JoinSet<()>,
}

impl Messages {
    /// Gives the messages that are due to the function, from now on. If the tables are for this process alone, all jobs
    /// that it finds there have lost their messages.
    pub(crate) fn deliver(self, worker: Worker, bell: Bell, is_alone: bool) -> JobPump {
        let mut running = JoinSet::new();
        running.spawn(self.pool.run(working(worker.clone(), bell)));
        running.spawn(requeueing(worker, is_alone, self.clock));
        JobPump { _running: running }
    }
}

/// The function that does jobs.
fn working(worker: Worker, bell: Bell) -> Handler {
    Arc::new(move |event| {
        let (worker, bell) = (worker.clone(), bell.clone());
        Box::pin(async move {
            let Ok(event) = serde_json::from_str(&event) else { return false };
            let is_done = worker.handle(event).await.is_ok_and(|answer| answer.is_success());
            bell.ring();
            is_done
        })
    })
}

/// Requeues stalled jobs, at the start and by the schedule.
async fn requeueing(worker: Worker, is_alone: bool, clock: Clock) {
    requeue_stalled(&worker, is_alone).await;
    let (mut interval, mut requeued_at) = (tokio::time::interval(POLL_INTERVAL), clock.now());
    loop {
        interval.tick().await;
        if clock.now() >= requeued_at.plus_seconds(REQUEUE_SECONDS) {
            requeued_at = clock.now();
            requeue_stalled(&worker, false).await;
        }
    }
}

async fn requeue_stalled(worker: &Worker, is_restart: bool) {
    if let Err(error) = worker.requeue_stalled(is_restart).await {
        tracing::warn!(code = error.code.name(), "jobs could not be looked for");
    }
}
