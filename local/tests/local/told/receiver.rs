//! A receiver of webhooks that is never killed and keeps all that it gets. Some of what it sees for the first time it
//! fails to take, drops, or takes slowly.

use std::{
    collections::{BTreeMap, HashSet},
    net::Ipv4Addr,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base::Timestamp;
use http_body_util::{BodyExt as _, Empty};
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinSet};

use crate::dice::Dice;

/// Of a hundred events so many are not taken at first, and as many not even answered.
const FAILING: usize = 1;
/// And so many are taken after a while.
const SLOW: usize = 3;
const SLOWLY: Duration = Duration::from_millis(150);
/// What happened longer ago is taken at once: it has waited for a worker that was killed, and would wait for minutes after
/// another failure.
const RECENT: Duration = Duration::from_secs(4);

/// What came, by event id; each of them may have come often.
pub(super) struct Receiver {
    pub(super) url: String,
    kept: Arc<Mutex<Kept>>,
    _serving: JoinSet<()>,
}

struct Kept {
    dice: Dice,
    seen: HashSet<String>,
    events: BTreeMap<String, Value>,
    requests: usize,
}

/// What it does with a request.
enum Turn {
    Take,
    TakeSlowly,
    Fail,
    Drop,
}

impl Receiver {
    pub(super) async fn start(seed: u64) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}/hooks", listener.local_addr().unwrap());
        let (dice, seen, events) = (Dice(seed), HashSet::new(), BTreeMap::new());
        let kept = Arc::new(Mutex::new(Kept { dice, seen, events, requests: 0 }));
        let (mut serving, own) = (JoinSet::new(), kept.clone());
        serving.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let kept = own.clone();
                let service = service_fn(move |request| take(kept.clone(), request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { url, kept, _serving: serving }
    }

    /// How many requests came.
    pub(super) fn count(&self) -> usize {
        self.kept.lock().unwrap().requests
    }

    /// The events that were taken, by their ids.
    pub(super) fn events(&self) -> BTreeMap<String, Value> {
        self.kept.lock().unwrap().events.clone()
    }
}

async fn take(
    kept: Arc<Mutex<Kept>>,
    request: Request<Incoming>,
) -> Result<Response<Empty<Bytes>>, std::io::Error> {
    let id = request.headers()["webhook-id"].to_str().unwrap().to_owned();
    // Whoever is killed in the middle of a request has not sent it.
    let Ok(body) = request.into_body().collect().await else { return Err(std::io::Error::other("cut")) };
    let body: Value = serde_json::from_slice(&body.to_bytes()).unwrap();
    let turn = kept.lock().unwrap().turn(&id, &body);
    let status = match turn {
        Turn::Take => StatusCode::NO_CONTENT,
        Turn::TakeSlowly => {
            tokio::time::sleep(SLOWLY).await;
            StatusCode::NO_CONTENT
        }
        Turn::Fail => StatusCode::INTERNAL_SERVER_ERROR,
        Turn::Drop => return Err(std::io::Error::other("dropped")),
    };
    if status.is_success() {
        let known = kept.lock().unwrap().events.insert(id, body.clone());
        assert!(known.is_none_or(|known| known == body), "the same event has another body: {body}");
    }
    let mut response = Response::new(Empty::new());
    *response.status_mut() = status;
    Ok(response)
}

impl Kept {
    fn turn(&mut self, id: &str, body: &Value) -> Turn {
        self.requests += 1;
        let at: Timestamp = body["timestamp"].as_str().unwrap().parse().unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let age = now.saturating_sub(Duration::from_millis(at.millis().try_into().unwrap()));
        if !self.seen.insert(id.to_owned()) || age > RECENT {
            return Turn::Take;
        }
        match self.dice.below(100) {
            lot if lot < FAILING => Turn::Fail,
            lot if lot < 2 * FAILING => Turn::Drop,
            lot if lot < 2 * FAILING + SLOW => Turn::TakeSlowly,
            _ => Turn::Take,
        }
    }
}
