//! The queues of webhooks in this process: requests, requests to receivers that fail, and deliveries that are tried again,
//! each with workers of its own. The real functions are given the events that SQS would give them.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    future::Future,
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use serde::Serialize;
use serde_json::json;
use shared::{
    Platform, Result, Timestamp,
    clock::Clock,
    delivery::{
        Message, OPEN_INDEX, Queue, Request, Retry, Sending, Status, StoredDelivery, hop_seconds,
        open_partition,
    },
    id::WebhookId,
    table::{Item, Key, Query, Table, decode, text},
    webhook::{StoredWebhook, WEBHOOK_PREFIX},
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::{Id, JoinSet},
};
use uuid::Uuid;

/// How often it is looked which messages are due: by the functions' clock, which may be set.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// A message that was not handled comes again after so long.
const AGAIN_SECONDS: i64 = 5;
/// Messages that are handled at the same time: by all workers of a queue, and for one webhook. One that hangs keeps no
/// more workers than these from the others.
const REQUESTS: (usize, usize) = (256, 8);
const SLOW_REQUESTS: (usize, usize) = (64, 2);
const RETRIES: (usize, usize) = (8, 8);
/// The name of the queue whose messages are not passed on.
pub(crate) const SLOW_QUEUE: &str = "slow-requests";

/// A function that is given events of a queue, as their texts; whether it has handled all of an event.
pub(crate) type Handler = Arc<dyn Fn(String) -> Handling + Send + Sync>;
/// What such a function does.
pub(crate) type Handling = Pin<Box<dyn Future<Output = bool> + Send>>;

/// The ends of the queues that functions send to.
#[derive(Clone)]
pub(crate) struct Queues {
    pub(crate) requests: Arc<dyn Queue<Request>>,
    pub(crate) slow_requests: Arc<dyn Queue<Request>>,
    pub(crate) retries: Arc<dyn Queue<Retry>>,
}

/// The other ends.
pub(crate) struct Messages {
    requests: Pool<Request>,
    slow_requests: Pool<Request>,
    retries: Pool<Retry>,
    retry: Arc<dyn Queue<Retry>>,
    clock: Clock,
}

/// The queues. Their messages end with the process; the deliveries do not, and are found again at the start.
pub(crate) fn queues(clock: &Clock) -> (Queues, Messages) {
    let (requests, request_pool) = queue("requests", REQUESTS, clock);
    let (slow_requests, slow_pool) = queue(SLOW_QUEUE, SLOW_REQUESTS, clock);
    let (retries, retry_pool) = queue("retries", RETRIES, clock);
    let messages = Messages {
        requests: request_pool,
        slow_requests: slow_pool,
        retries: retry_pool,
        retry: retries.clone(),
        clock: clock.clone(),
    };
    (Queues { requests, slow_requests, retries }, messages)
}

/// What hands the messages on. It ends, in the middle of whatever it does, when this is dropped.
pub(crate) struct Delivering {
    _running: JoinSet<()>,
}

impl Messages {
    /// Gives the messages that are due to the functions, from now on; and those about what is under way on the platform, if
    /// nobody else sees to that.
    pub(crate) fn deliver(
        self,
        requests: Handler,
        retries: Handler,
        platform: Option<&Platform>,
    ) -> Delivering {
        let Self { requests: fast, slow_requests: slow, retries: again, retry, clock } = self;
        let mut running = JoinSet::new();
        running.spawn(fast.run(requests.clone()));
        running.spawn(slow.run(requests));
        running.spawn(again.run(retries));
        if let Some(platform) = platform.cloned() {
            running.spawn(async move {
                if let Err(error) = find_pending(&platform, &*retry, &clock).await {
                    tracing::warn!(
                        code = error.code.name(),
                        "deliveries of an earlier run could not be looked for"
                    );
                }
            });
        }
        Delivering { _running: running }
    }
}

/// Sends a message about each delivery that is under way: those of an earlier run have lost theirs.
async fn find_pending(platform: &Platform, retries: &dyn Queue<Retry>, clock: &Clock) -> Result<()> {
    let mut after: Option<Item> = None;
    loop {
        let page = platform.workspace.scan(after.take()).await?;
        let is_webhook = |item: &&Item| text(item, "sk").is_some_and(|sk| sk.starts_with(WEBHOOK_PREFIX));
        for item in page.items.iter().filter(is_webhook) {
            resend(&platform.activity, &StoredWebhook::from_item(item)?.id, retries, clock).await?;
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

/// Sends a message about each delivery to a webhook that is under way, page by page: the first need not wait for the last.
async fn resend(
    activity: &Table,
    webhook: &WebhookId,
    retries: &dyn Queue<Retry>,
    clock: &Clock,
) -> Result<()> {
    let mut after = None;
    loop {
        let query = Query::index(OPEN_INDEX.0, OPEN_INDEX.1, open_partition(webhook, Status::Pending))
            .after(after.take());
        let page = activity.query(query).await?;
        for item in activity.get_many(page.items.iter().filter_map(Key::of).collect()).await? {
            let (delivery, now): (StoredDelivery, _) = (decode(item)?, clock.now());
            let delay = hop_seconds(delivery.next_attempt_at.unwrap_or(now), now);
            retries.send(Retry::of(&delivery), delay).await?;
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

/// The end that is sent to.
struct LocalQueue<M> {
    sender: UnboundedSender<(Timestamp, M)>,
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

/// The workers of a queue, and what waits for them.
struct Pool<M> {
    name: &'static str,
    at_once: usize,
    for_one_webhook: usize,
    clock: Clock,
    receiver: UnboundedReceiver<(Timestamp, M)>,
    /// By the time at which they are due, then in the order in which they came.
    waiting: BTreeMap<(Timestamp, u64), M>,
    came: u64,
    /// What is due of webhooks that have all the workers that they may have.
    held_up: HashMap<Option<String>, VecDeque<M>>,
    running: JoinSet<bool>,
    handled: HashMap<Id, M>,
}

fn queue<M: Message + Clone + Sync>(
    name: &'static str,
    (at_once, for_one_webhook): (usize, usize),
    clock: &Clock,
) -> (Arc<dyn Queue<M>>, Pool<M>) {
    let (sender, receiver) = unbounded_channel();
    let pool = Pool {
        name,
        at_once,
        for_one_webhook,
        clock: clock.clone(),
        receiver,
        waiting: BTreeMap::new(),
        came: 0,
        held_up: HashMap::new(),
        running: JoinSet::new(),
        handled: HashMap::new(),
    };
    (Arc::new(LocalQueue { sender, clock: clock.clone() }), pool)
}

impl<M: Message + Clone + Sync> Pool<M> {
    async fn run(mut self, handler: Handler) {
        let mut interval = tokio::time::interval(LOOK_EVERY);
        loop {
            tokio::select! {
                Some((due, message)) = self.receiver.recv() => self.add(due, message),
                Some(ended) = self.running.join_next_with_id() => {
                    let (id, is_done) = ended.unwrap_or_else(|error| (error.id(), false));
                    if let Some(message) = self.handled.remove(&id)
                        && !is_done
                    {
                        self.add(self.clock.now().plus_seconds(AGAIN_SECONDS), message);
                    }
                }
                _ = interval.tick() => {}
            }
            while let Some(message) = self.next() {
                let running = self.running.spawn(handler(event(self.name, &message)));
                self.handled.insert(running.id(), message);
            }
        }
    }

    fn add(&mut self, due: Timestamp, message: M) {
        self.came += 1;
        self.waiting.insert((due, self.came), message);
    }

    /// A message that is due and has a worker.
    fn next(&mut self) -> Option<M> {
        if self.running.len() >= self.at_once {
            return None;
        }
        let mut busy: HashMap<Option<&str>, usize> = HashMap::new();
        for message in self.handled.values() {
            *busy.entry(message.group()).or_default() += 1;
        }
        let is_free = |group: Option<&str>| busy.get(&group).is_none_or(|busy| *busy < self.for_one_webhook);
        let freed = self.held_up.iter_mut().find(|(group, _)| is_free(group.as_deref()));
        if let Some((group, messages)) = freed {
            let (message, group) = (messages.pop_front(), group.clone());
            if messages.is_empty() {
                self.held_up.remove(&group);
            }
            return message;
        }
        let now = self.clock.now();
        while let Some(first) = self.waiting.first_entry().filter(|first| first.key().0 <= now) {
            let message = first.remove();
            if is_free(message.group()) {
                return Some(message);
            }
            self.held_up.entry(message.group().map(str::to_owned)).or_default().push_back(message);
        }
        None
    }
}

/// The event by which SQS gives a function one message.
fn event(queue: &str, message: &impl Serialize) -> String {
    let event = json!({"Records": [{
        "messageId": Uuid::new_v4().to_string(),
        "body": json!(message).to_string(),
        "eventSource": "aws:sqs",
        "eventSourceARN": format!("arn:aws:sqs:local:000000000000:{queue}"),
    }]});
    event.to_string()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use serde_json::Value;
    use shared::id::{DeliveryId, TeamId};
    use tokio::time::timeout;

    use super::*;

    /// The messages that came, each with its webhook.
    #[derive(Clone, Default)]
    struct Seen(Arc<Mutex<Vec<Retry>>>);

    impl Seen {
        /// A function that keeps what comes, and does not come to an end for these webhooks.
        fn handler(&self, hanging: Vec<WebhookId>) -> Handler {
            let seen = self.0.clone();
            Arc::new(move |event| {
                let event: Value = serde_json::from_str(&event).unwrap();
                let body = event["Records"][0]["body"].as_str().unwrap();
                let retry: Retry = serde_json::from_str(body).unwrap();
                let hangs = hanging.contains(&retry.webhook);
                let is_handled = retry.tries != 99;
                seen.lock().unwrap().push(retry);
                Box::pin(async move {
                    if hangs {
                        std::future::pending::<()>().await;
                    }
                    is_handled
                })
            })
        }

        async fn until(&self, count: usize) -> Vec<Retry> {
            let waiting = async {
                while self.0.lock().unwrap().len() < count {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            timeout(Duration::from_mins(2), waiting).await.expect("the messages come");
            self.0.lock().unwrap().clone()
        }
    }

    fn retry(webhook: &WebhookId, tries: u64) -> Retry {
        Retry { team: TeamId::new(), webhook: webhook.clone(), delivery: DeliveryId::new(), tries }
    }

    #[tokio::test]
    async fn messages_come_at_their_time_and_again_when_they_were_not_handled() {
        let clock = Clock::default();
        let (queue, pool) = queue::<Retry>("retries", (4, 4), &clock);
        let seen = Seen::default();
        let _running = tokio::spawn(pool.run(seen.handler(vec![])));
        let webhook = WebhookId::new();
        queue.send(retry(&webhook, 2), 100).await.unwrap();
        queue.send(retry(&webhook, 99), 0).await.unwrap();
        queue.send_all(vec![retry(&webhook, 1)]).await.unwrap();
        let tries = |seen: Vec<Retry>| seen.iter().map(|retry| retry.tries).collect::<Vec<_>>();
        assert_eq!(tries(seen.until(2).await), [99, 1]);
        clock.advance(6);
        assert_eq!(tries(seen.until(3).await), [99, 1, 99]);
        clock.advance(94);
        let mut all = tries(seen.until(5).await);
        all.sort_unstable();
        assert_eq!(all, [1, 2, 99, 99, 99]);
    }

    #[tokio::test]
    async fn who_hangs_keeps_some_workers_and_not_all() {
        let clock = Clock::default();
        let (queue, pool) = queue::<Retry>("retries", (4, 2), &clock);
        let (hanging, other) = (WebhookId::new(), WebhookId::new());
        let seen = Seen::default();
        let _running = tokio::spawn(pool.run(seen.handler(vec![hanging.clone()])));
        queue.send_all((0..20).map(|_| retry(&hanging, 0)).collect()).await.unwrap();
        queue.send_all((0..20).map(|_| retry(&other, 0)).collect()).await.unwrap();
        let seen = seen.until(22).await;
        let of = |webhook: &WebhookId| seen.iter().filter(|retry| retry.webhook == *webhook).count();
        assert_eq!((of(&hanging), of(&other)), (2, 20));
    }
}
