//! A worker with a database of its own, and queues that record what is sent to them.

use std::{
    net::Ipv4Addr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use base::{
    Timestamp,
    id::{DeliveryId, EventId, ObjectId, TeamId, WebhookId},
};
use delivery::{
    Deliveries, DeliveryStatus, Health, Request, Retry, SignedRequest, StoredDelivery, StoredEvent, Topic,
    WebhookContent, delivery_key, target::TargetRules,
};
use serde_json::{Value, json};
use table::{
    Item, Tables, Write,
    config::{AccessKeys, Config},
    queue::{Message, Postpone, Queue, Sending},
};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_rustls::rustls::RootCertStore;

use super::{
    TIMEOUTS,
    lossy::{self, Losing},
    receiver::Receiver,
};
use crate::{Event, Queues, SystemResolver, Timeouts, Worker, client::Client};

/// A queue that records its messages, with their delays.
pub(super) struct Kept<M> {
    messages: Mutex<Vec<(M, i64)>>,
    is_away: AtomicBool,
}

impl<M> Default for Kept<M> {
    fn default() -> Self {
        Self { messages: Mutex::default(), is_away: AtomicBool::default() }
    }
}

impl<M> Kept<M> {
    /// All messages since the last call.
    pub(super) fn take(&self) -> Vec<(M, i64)> {
        std::mem::take(&mut self.messages.lock().unwrap())
    }

    pub(super) fn set_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::SeqCst);
    }
}

impl<M: Message> Queue<M> for Kept<M> {
    fn send(&self, message: M, delay_seconds: i64) -> Sending<'_> {
        let is_away = self.is_away.load(Ordering::SeqCst);
        if !is_away {
            self.messages.lock().unwrap().push((message, delay_seconds));
        }
        Box::pin(async move { if is_away { Err(anyhow::anyhow!("the queue is away")) } else { Ok(()) } })
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

/// The delays of postponed messages.
#[derive(Default)]
pub(super) struct Postponed(Mutex<Vec<(String, i64)>>);

impl Postponed {
    /// All messages that were postponed since the last call, by their receipts, with their delays.
    pub(super) fn take(&self) -> Vec<(String, i64)> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Postpone for Postponed {
    fn postpone<'a>(&'a self, receipt: &'a str, seconds: i64) -> Sending<'a> {
        self.0.lock().unwrap().push((receipt.to_owned(), seconds));
        Box::pin(async { Ok(()) })
    }
}

pub(super) struct World {
    pub(super) tables: Tables,
    pub(super) worker: Worker,
    pub(super) slow: Arc<Kept<Request>>,
    pub(super) retries: Arc<Kept<Retry>>,
    /// The postponed messages of both queues.
    pub(super) postpone: Arc<Postponed>,
    pub(super) losing: Losing,
    pub(super) team: TeamId,
    pub(super) webhook: WebhookId,
    _database: JoinSet<()>,
}

impl World {
    /// A world in which requests may go to any target.
    pub(super) async fn new() -> Self {
        Self::with(TargetRules::anywhere()).await
    }

    pub(super) async fn with(rules: TargetRules) -> Self {
        let database = dynoxide::Database::memory().unwrap();
        let key = |name: &str, kind: &str| json!({"AttributeName": name, "KeyType": kind});
        let attribute = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
        let table = json!({
            "TableName": "activity",
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [key("pk", "HASH"), key("sk", "RANGE")],
            "AttributeDefinitions": [attribute("pk"), attribute("sk")],
        });
        database.create_table(serde_json::from_value(table).unwrap()).unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let losing = Losing::default();
        let endpoint = lossy::start(listener.local_addr().unwrap(), losing.clone()).await;
        let keys = AccessKeys { id: "id".into(), secret: "secret".into(), session: None };
        let config = Config {
            region: "local".into(),
            credentials: Some(keys),
            dynamodb_endpoint: Some(format!("http://{endpoint}")),
            ..Config::default()
        };
        let mut running = JoinSet::new();
        running.spawn(dynoxide::server::serve_on(listener, database));
        let tables = Tables::on_aws(&config).unwrap();
        let (slow, retries) = (Arc::new(Kept::default()), Arc::new(Kept::default()));
        let postpone = Arc::new(Postponed::default());
        let queues = Queues {
            slow: slow.clone(),
            slow_name: "slow".into(),
            postpone: [postpone.clone(), postpone.clone()],
            retries: retries.clone(),
        };
        let client = Client::with_roots(Arc::new(SystemResolver), RootCertStore::empty(), TIMEOUTS).unwrap();
        let worker = Worker::with_client(&tables, queues, rules, client);
        let (team, webhook) = (TeamId::new(), WebhookId::new());
        Self { tables, worker, slow, retries, postpone, losing, team, webhook, _database: running }
    }

    /// The worker with the timeouts that it has on AWS.
    pub(super) fn patient_worker(&self) -> Worker {
        let client =
            Client::with_roots(Arc::new(SystemResolver), RootCertStore::empty(), Timeouts::default())
                .unwrap();
        Worker { client: Arc::new(client), ..self.worker.clone() }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.tables.clock.now()
    }

    /// The request of a new event and its delivery, after so many attempts, signed now.
    pub(super) async fn request(&self, receiver: &Receiver, tries: u64) -> Request {
        self.request_about(None, receiver, tries).await
    }

    /// The same for an event about that object.
    pub(super) async fn request_about(
        &self,
        object: Option<&ObjectId>,
        receiver: &Receiver,
        tries: u64,
    ) -> Request {
        let (now, event) = (self.now(), EventId::new());
        let expires = now.seconds() + 1_000_000;
        let stored = StoredEvent {
            id: event.clone(),
            team: self.team.clone(),
            topic: Topic::ObjectCreated,
            object_type: None,
            object: None,
            body: format!(r#"{{"event":"{event}"}}"#),
            at: now,
            expires,
        };
        let delivery = StoredDelivery {
            id: DeliveryId::new(),
            team: self.team.clone(),
            webhook: self.webhook.clone(),
            event_id: event.clone(),
            topic: Topic::ObjectCreated,
            object_type: None,
            object: object.cloned(),
            content: WebhookContent::Full,
            status: DeliveryStatus::Pending,
            tries,
            tries_before: 0,
            attempts: vec![],
            next_attempt_at: Some(now),
            created_at: now,
            expires,
        };
        let deliveries = Deliveries::new(&self.tables);
        self.write(deliveries.put_event(&stored).unwrap()).await;
        self.write(deliveries.put_delivery(&delivery).unwrap()).await;
        Request {
            team: self.team.clone(),
            webhook: self.webhook.clone(),
            delivery: delivery.id,
            event,
            tries,
            lane: 0,
            not_before: None,
            signed: signed_at(receiver, now.seconds()),
        }
    }

    pub(super) async fn write(&self, write: Write) {
        self.tables.activity.write(write).await.unwrap();
    }

    /// An update of the delivery.
    pub(super) fn update(&self, request: &Request) -> Write {
        self.tables.activity.update(delivery_key(&request.webhook, &request.delivery))
    }

    /// Stores this health of the receiver.
    pub(super) async fn set_health(&self, health: &Health) {
        self.write(self.tables.activity.put(Health::key(&self.webhook), health).unwrap()).await;
    }

    pub(super) async fn health(&self) -> Health {
        Deliveries::new(&self.tables).health(&self.webhook).await.unwrap()
    }

    pub(super) async fn item(&self, request: &Request) -> Item {
        let key = delivery_key(&request.webhook, &request.delivery);
        self.tables.activity.get(key).await.unwrap().unwrap()
    }

    pub(super) async fn delivery(&self, request: &Request) -> StoredDelivery {
        table::decode(self.item(request).await).unwrap()
    }

    /// Gives the worker a message; returns whether it has to be delivered again.
    pub(super) async fn handle(&self, request: &Request) -> bool {
        self.handle_of("requests", request).await
    }

    /// The same from the slow queue.
    pub(super) async fn handle_slow(&self, request: &Request) -> bool {
        self.handle_of("slow", request).await
    }

    async fn handle_of(&self, queue: &str, request: &Request) -> bool {
        !self.worker.handle(event(queue, &[json!(request).to_string()])).await.is_success()
    }
}

/// A request to a receiver that was signed in that second.
pub(super) fn signed_at(receiver: &Receiver, seconds: i64) -> SignedRequest {
    let headers = [("webhook-timestamp".to_owned(), seconds.to_string())].into();
    SignedRequest { url: receiver.url(), headers, content: WebhookContent::Full }
}

/// An SQS event with these messages, `m0` and so on, with the receipts `r0` and so on.
pub(super) fn event(queue: &str, bodies: &[String]) -> Event {
    let source = format!("arn:aws:sqs:local:000000000000:{queue}");
    let record = |(index, body): (usize, &String)| json!({"messageId": format!("m{index}"), "receiptHandle": format!("r{index}"), "attributes": {"ApproximateReceiveCount": "1"}, "body": body, "eventSource": "aws:sqs", "eventSourceARN": source});
    let records: Vec<Value> = bodies.iter().enumerate().map(record).collect();
    serde_json::from_value(json!({"Records": records})).unwrap()
}
