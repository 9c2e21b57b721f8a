//! The queues of webhooks in this process: requests, requests to receivers that fail, and deliveries that are tried again,
//! each with workers of its own. The real functions are given the events that SQS would give them.

use std::sync::Arc;

use base::{Result, clock::Clock, id::WebhookId};
use delivery::{
    DeliveryStatus, Request, Retry, StoredDelivery, UNDELIVERED_INDEX, requeue_delay_seconds,
    undelivered_partition,
};
use resources::resource::Resource as _;
use table::{
    Item, Key, Table, TableQuery, Tables, decode,
    queue::{Order, Postpone, Queue},
    text,
};
use tokio::task::JoinSet;
use webhook::{StoredWebhook, WEBHOOK_PREFIX};

use crate::queue::{Handler, Pool, queue};

/// Messages that are handled at the same time, by all workers of a queue. The template says the same.
const REQUESTS: usize = 400;
const SLOW_REQUESTS: usize = 60;
const RETRIES: usize = 10;
/// The name of the queue whose messages are not passed on.
pub(crate) const SLOW_QUEUE: &str = "slow-requests";

/// The ends of the queues that functions send to.
#[derive(Clone)]
pub(crate) struct Queues {
    pub(crate) requests: Arc<dyn Queue<Request>>,
    pub(crate) slow_requests: Arc<dyn Queue<Request>>,
    pub(crate) retries: Arc<dyn Queue<Retry>>,
    /// By what requests are put off, and those to slow receivers.
    pub(crate) postpone: [Arc<dyn Postpone>; 2],
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
    let (requests, fast) = queue("requests", REQUESTS, Order::Lanes(Request::lane), clock);
    let (slow_requests, slow) = queue(SLOW_QUEUE, SLOW_REQUESTS, Order::Lanes(Request::slow_lane), clock);
    let (retries, again) = queue("retries", RETRIES, Order::Fair, clock);
    let messages = Messages {
        requests: fast,
        slow_requests: slow,
        retries: again,
        retry: retries.clone(),
        clock: clock.clone(),
    };
    let postpone: [Arc<dyn Postpone>; 2] = [requests.clone(), slow_requests.clone()];
    (Queues { requests, slow_requests, retries, postpone }, messages)
}

/// The pumps from the queues to the functions. They stop, in the middle of whatever they do, when this is
/// dropped.
pub(crate) struct QueuePumps {
    _running: JoinSet<()>,
}

impl Messages {
    /// Gives the messages that are due to the functions, from now on; and those about what is under way in these tables, if
    /// nobody else sees to that.
    pub(crate) fn deliver(self, requests: Handler, retries: Handler, tables: Option<&Tables>) -> QueuePumps {
        let Self { requests: fast, slow_requests: slow, retries: again, retry, clock } = self;
        let mut running = JoinSet::new();
        running.spawn(fast.run(requests.clone()));
        running.spawn(slow.run(requests));
        running.spawn(again.run(retries));
        if let Some(tables) = tables.cloned() {
            running.spawn(async move {
                if let Err(error) = find_pending(&tables, &*retry, &clock).await {
                    tracing::warn!(
                        code = error.code.name(),
                        "deliveries of an earlier run could not be looked for"
                    );
                }
            });
        }
        QueuePumps { _running: running }
    }
}

/// Sends a message about each delivery that is under way: those of an earlier run have lost theirs.
async fn find_pending(tables: &Tables, retries: &dyn Queue<Retry>, clock: &Clock) -> Result<()> {
    let mut after: Option<Item> = None;
    loop {
        let page = tables.workspace.scan(after.take()).await?;
        let is_webhook = |item: &&Item| text(item, "sk").is_some_and(|sk| sk.starts_with(WEBHOOK_PREFIX));
        for item in page.items.iter().filter(is_webhook) {
            resend(&tables.activity, &StoredWebhook::from_item(item)?.id, retries, clock).await?;
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
        let query = TableQuery::index(
            UNDELIVERED_INDEX.0,
            UNDELIVERED_INDEX.1,
            undelivered_partition(webhook, DeliveryStatus::Pending),
        )
        .after(after.take());
        let page = activity.query(query).await?;
        for item in activity.get_many(page.items.iter().filter_map(Key::of).collect()).await? {
            let (delivery, now): (StoredDelivery, _) = (decode(item)?, clock.now());
            let delay = requeue_delay_seconds(delivery.next_attempt_at.unwrap_or(now), now);
            retries.send(Retry::of(&delivery), delay).await?;
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}
