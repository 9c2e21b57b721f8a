//! The queue of jobs in this process: the real function, given the events that SQS would give it.

use std::{sync::Arc, time::Duration};

use jobs::{Event, Worker};
use serde_json::json;
use shared::{
    Timestamp,
    clock::Clock,
    jobs::{Message, Queue, Sending},
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::{JoinHandle, JoinSet},
};
use uuid::Uuid;

/// How often it is looked which messages are due: by the functions' clock, which may be set.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How often jobs with lost messages are looked for, as the schedule of the template says.
const SWEEP_SECONDS: i64 = 15 * 60;
/// A message that was not handled comes again after so long.
const AGAIN_SECONDS: i64 = 5;

/// A message that is to come.
struct Waiting {
    message: Message,
    due: Timestamp,
}

/// The end of the queue that functions send to.
pub(crate) struct LocalQueue {
    sender: UnboundedSender<Waiting>,
    clock: Clock,
}

/// The other end.
pub(crate) struct Messages {
    receiver: UnboundedReceiver<Waiting>,
    clock: Clock,
}

/// A queue. Its messages end with the process; the jobs do not, and are found again at the start.
pub(crate) fn queue(clock: &Clock) -> (Arc<dyn Queue>, Messages) {
    let (sender, receiver) = unbounded_channel();
    (Arc::new(LocalQueue { sender, clock: clock.clone() }), Messages { receiver, clock: clock.clone() })
}

impl Queue for LocalQueue {
    fn send(&self, message: Message, delay_seconds: i64) -> Sending<'_> {
        let due = self.clock.now().plus_seconds(delay_seconds);
        let sent = self.sender.send(Waiting { message, due });
        Box::pin(async move { sent.map_err(|_| anyhow::anyhow!("the queue has ended")) })
    }
}

/// What hands the messages on. It ends, in the middle of whatever it does, when this is dropped.
pub(crate) struct Deliveries(JoinHandle<()>);

impl Drop for Deliveries {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Messages {
    /// Gives the messages that are due to the function, from now on. If the tables are for this process alone, all jobs
    /// that it finds there have lost their messages.
    pub(crate) fn deliver(self, worker: Worker, is_alone: bool) -> Deliveries {
        Deliveries(tokio::spawn(self.run(worker, is_alone)))
    }

    async fn run(mut self, worker: Worker, is_alone: bool) {
        let (mut waiting, mut running) = (Vec::new(), JoinSet::new());
        let mut interval = tokio::time::interval(LOOK_EVERY);
        sweep(&worker, is_alone).await;
        let mut swept = self.clock.now();
        loop {
            tokio::select! {
                message = self.receiver.recv() => waiting.extend(message),
                Some(Ok(again)) = running.join_next() => waiting.extend(again),
                _ = interval.tick() => {}
            }
            let now = self.clock.now();
            if now >= swept.plus_seconds(SWEEP_SECONDS) {
                swept = now;
                sweep(&worker, false).await;
            }
            for due in waiting.extract_if(.., |waiting: &mut Waiting| waiting.due <= now) {
                running.spawn(deliver(worker.clone(), due, self.clock.clone()));
            }
        }
    }
}

async fn sweep(worker: &Worker, is_restart: bool) {
    if let Err(error) = worker.sweep(is_restart).await {
        tracing::warn!(code = error.code.name(), "jobs could not be looked for");
    }
}

/// Gives the function one message; it comes again if it was not handled.
async fn deliver(worker: Worker, waiting: Waiting, clock: Clock) -> Option<Waiting> {
    let body = json!(waiting.message).to_string();
    let event = json!({"Records": [{"messageId": Uuid::new_v4().to_string(), "body": body, "eventSource": "aws:sqs"}]});
    let event: Event = serde_json::from_value(event).ok()?;
    let is_done = worker.handle(event).await.is_ok_and(|answer| answer.is_whole());
    (!is_done).then(|| Waiting { due: clock.now().plus_seconds(AGAIN_SECONDS), ..waiting })
}
