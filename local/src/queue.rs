//! A queue and its workers: messages of one lane one after the other, or side by side with those of others in turn.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use base::{Timestamp, clock::Clock};
use serde_json::json;
use table::queue::{Message, Order, Postpone, Queue, Sending};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::{Id, JoinSet},
};
use uuid::Uuid;

/// How often it is looked which messages are due: by the functions' clock, which may be set.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// A message that was not handled comes again after so long.
const AGAIN_SECONDS: i64 = 5;
/// Where there are no lanes, so many messages of one group are handled at a time while others wait.
const OF_A_GROUP: usize = 4;

/// A function that is given events of a queue, as their texts; whether it has handled all of an event.
pub(crate) type Handler = Arc<dyn Fn(String) -> HandlerFuture + Send + Sync>;
/// What such a function does.
pub(crate) type HandlerFuture = Pin<Box<dyn Future<Output = bool> + Send>>;

/// By the receipts of messages, after how many seconds they are to come again.
type PutOff = Arc<Mutex<HashMap<String, i64>>>;

/// The end that is sent to.
pub(crate) struct LocalQueue<M> {
    sender: UnboundedSender<(Timestamp, M)>,
    put_off: PutOff,
    clock: Clock,
}

impl<M: Message + Clone> Queue<M> for LocalQueue<M> {
    fn send(&self, message: M, delay_seconds: i64) -> Sending<'_> {
        let sent = self.sender.send((self.clock.now().plus_seconds(delay_seconds), message));
        Box::pin(async move { sent.map_err(|_| anyhow::anyhow!("the queue has ended")) })
    }

    fn send_all(&self, messages: Vec<M>) -> Sending<'_> {
        Box::pin(async move {
            for message in messages {
                self.send(message, 0).await?;
            }
            Ok(())
        })
    }
}

impl<M: Message> Postpone for LocalQueue<M> {
    fn postpone<'a>(&'a self, receipt: &'a str, seconds: i64) -> Sending<'a> {
        Box::pin(async move {
            let mut put_off = self.put_off.lock().unwrap_or_else(PoisonError::into_inner);
            put_off.insert(receipt.to_owned(), seconds);
            Ok(())
        })
    }
}

/// The workers of a queue, and what waits for them.
pub(crate) struct Pool<M> {
    name: &'static str,
    at_once: usize,
    order: Order<M>,
    clock: Clock,
    receiver: UnboundedReceiver<(Timestamp, M)>,
    put_off: PutOff,
    /// What is not due yet, by its time and then in the order in which it came.
    waiting: BTreeMap<(Timestamp, u64), Taken<M>>,
    /// Groups that are put off, by the time at which they go on.
    blocked: BTreeMap<(Timestamp, u64), String>,
    sequence: u64,
    groups: HashMap<String, Group<M>>,
    /// Groups that have a message and may have another worker, in turn.
    ready: VecDeque<String>,
    running: JoinSet<bool>,
    handled: HashMap<Id, Held<M>>,
}

/// A message, and how often it was taken.
struct Taken<M> {
    message: M,
    times: u32,
}

/// A message that is being handled.
struct Held<M> {
    taken: Taken<M>,
    group: String,
    receipt: String,
}

/// Messages that are due, of one lane or of one who shares the queue with others.
struct Group<M> {
    messages: VecDeque<Taken<M>>,
    running: usize,
    is_blocked: bool,
    is_ready: bool,
}

/// A queue, and its workers.
pub(crate) fn queue<M: Message + Clone + Sync>(
    name: &'static str,
    at_once: usize,
    order: Order<M>,
    clock: &Clock,
) -> (Arc<LocalQueue<M>>, Pool<M>) {
    let (sender, receiver) = unbounded_channel();
    let put_off = PutOff::default();
    let pool = Pool {
        name,
        at_once,
        order,
        clock: clock.clone(),
        receiver,
        put_off: put_off.clone(),
        waiting: BTreeMap::new(),
        blocked: BTreeMap::new(),
        sequence: 0,
        groups: HashMap::new(),
        ready: VecDeque::new(),
        running: JoinSet::new(),
        handled: HashMap::new(),
    };
    (Arc::new(LocalQueue { sender, put_off, clock: clock.clone() }), pool)
}

impl<M: Message + Clone + Sync> Pool<M> {
    pub(crate) async fn run(mut self, handler: Handler) {
        let mut interval = tokio::time::interval(POLL_INTERVAL);
        loop {
            tokio::select! {
                Some((due, message)) = self.receiver.recv() => self.add(due, Taken { message, times: 0 }),
                Some(ended) = self.running.join_next_with_id() => {
                    let (id, is_done) = ended.unwrap_or_else(|error| (error.id(), false));
                    if let Some(held) = self.handled.remove(&id) {
                        self.end(held, is_done);
                    }
                }
                _ = interval.tick() => {}
            }
            self.look();
            while let Some((taken, group)) = self.next() {
                let receipt = Uuid::new_v4().to_string();
                let event = event(self.name, &taken, &receipt);
                let running = self.running.spawn(handler(event));
                self.handled.insert(running.id(), Held { taken, group, receipt });
            }
        }
    }

    fn add(&mut self, due: Timestamp, taken: Taken<M>) {
        match self.order {
            Order::Lanes(_) => self.enter(taken),
            Order::Fair => {
                self.sequence += 1;
                self.waiting.insert((due, self.sequence), taken);
            }
        }
    }

    /// Puts a message that is due behind those of its group.
    fn enter(&mut self, taken: Taken<M>) {
        let name = match self.order {
            Order::Lanes(lane) => lane(&taken.message),
            Order::Fair => taken.message.group().unwrap_or_default().to_owned(),
        };
        self.group(&name).messages.push_back(taken);
        self.make_ready(&name);
    }

    fn group(&mut self, name: &str) -> &mut Group<M> {
        self.groups.entry(name.to_owned()).or_insert_with(|| Group {
            messages: VecDeque::new(),
            running: 0,
            is_blocked: false,
            is_ready: false,
        })
    }

    /// Lets a group have its turn, if there is anything for another worker; forgets it, if there is nothing at all.
    fn make_ready(&mut self, name: &str) {
        let most = if matches!(self.order, Order::Lanes(_)) { 1 } else { OF_A_GROUP };
        let Some(group) = self.groups.get_mut(name) else { return };
        if group.messages.is_empty() && group.running == 0 && !group.is_blocked && !group.is_ready {
            self.groups.remove(name);
        } else if !group.messages.is_empty() && group.running < most && !group.is_blocked && !group.is_ready {
            group.is_ready = true;
            self.ready.push_back(name.to_owned());
        }
    }

    /// Looks at what has become due.
    fn look(&mut self) {
        let now = self.clock.now();
        while let Some(first) = self.waiting.first_entry().filter(|first| first.key().0 <= now) {
            let taken = first.remove();
            self.enter(taken);
        }
        while let Some(first) = self.blocked.first_entry().filter(|first| first.key().0 <= now) {
            let name = first.remove();
            self.group(&name).is_blocked = false;
            self.make_ready(&name);
        }
    }

    /// A message that has a worker, and its group.
    fn next(&mut self) -> Option<(Taken<M>, String)> {
        if self.running.len() >= self.at_once {
            return None;
        }
        let name = self.ready.pop_front()?;
        let group = self.group(&name);
        group.is_ready = false;
        let mut taken = group.messages.pop_front()?;
        taken.times += 1;
        group.running += 1;
        self.make_ready(&name);
        Some((taken, name))
    }

    /// A worker has come to its end. What it did not handle comes again, and nothing of its lane before it.
    fn end(&mut self, held: Held<M>, is_done: bool) {
        let Held { taken, group: name, receipt } = held;
        let put_off = self.put_off.lock().unwrap_or_else(PoisonError::into_inner).remove(&receipt);
        self.group(&name).running -= 1;
        if !is_done {
            let due = self.clock.now().plus_seconds(put_off.unwrap_or(AGAIN_SECONDS));
            self.sequence += 1;
            if matches!(self.order, Order::Lanes(_)) {
                let group = self.group(&name);
                group.messages.push_front(taken);
                group.is_blocked = true;
                self.blocked.insert((due, self.sequence), name.clone());
            } else {
                self.waiting.insert((due, self.sequence), taken);
            }
        }
        self.make_ready(&name);
    }
}

/// The event by which SQS gives a function one message.
fn event<M: Message>(queue: &str, taken: &Taken<M>, receipt: &str) -> String {
    let event = json!({"Records": [{
        "messageId": receipt,
        "receiptHandle": receipt,
        "body": json!(taken.message).to_string(),
        "attributes": {"ApproximateReceiveCount": taken.times.to_string()},
        "eventSource": "aws:sqs",
        "eventSourceARN": format!("arn:aws:sqs:local:000000000000:{queue}"),
    }]});
    event.to_string()
}

#[cfg(test)]
mod tests;
