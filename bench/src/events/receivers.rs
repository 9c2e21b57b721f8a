//! Receivers of webhooks on one port, told apart by their paths; others that take their time; and one that takes connections
//! and never answers.

use std::{
    collections::{HashMap, HashSet},
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, ensure};
use hyper::{Request, Response, body::Bytes};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinSet, time::Instant};

use crate::http::{answer, serve};

/// When nothing came for so long, nothing comes any more.
const PATIENCE: Duration = Duration::from_mins(2);
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// How long those take that take their time: hardly less than is given them.
const SLOWLY: Duration = Duration::from_secs(14);

/// The receivers; they end when this is dropped.
pub(crate) struct Receivers {
    /// `host:port`.
    address: String,
    slow: String,
    silent: String,
    seen: Arc<Mutex<Seen>>,
    seen_slowly: Arc<Mutex<Seen>>,
    _serving: JoinSet<()>,
}

/// What came.
#[derive(Default)]
struct Seen {
    count: usize,
    /// In milliseconds, each from the time of its change.
    delays: Vec<f64>,
    last: Option<Instant>,
    /// Events, each once.
    events: HashSet<String>,
    /// Their versions by object, in the order in which they came.
    versions: HashMap<String, Vec<u64>>,
}

impl Receivers {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let listen = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let (quick, slow, silent) = (listen().await?, listen().await?, listen().await?);
        let address = |listener: &TcpListener| listener.local_addr().map(|address| address.to_string());
        let [quick_address, slow_address, silent_address] =
            [address(&quick)?, address(&slow)?, address(&silent)?];
        let (seen, seen_slowly, mut serving) =
            (Arc::<Mutex<Seen>>::default(), Arc::<Mutex<Seen>>::default(), JoinSet::new());
        for (listener, seen, time) in
            [(quick, seen.clone(), Duration::ZERO), (slow, seen_slowly.clone(), SLOWLY)]
        {
            serving.spawn(serve(listener, move |request: Request<Bytes>| {
                let taken = take(&seen, &request);
                async move {
                    tokio::time::sleep(time).await;
                    taken
                }
            }));
        }
        serving.spawn(async move {
            let mut open = Vec::new();
            while let Ok((stream, _)) = silent.accept().await {
                open.push(stream);
            }
        });
        Ok(Self {
            address: quick_address,
            slow: slow_address,
            silent: silent_address,
            seen,
            seen_slowly,
            _serving: serving,
        })
    }

    /// The URL of a receiver that answers.
    pub(crate) fn url(&self, number: usize) -> String {
        format!("http://{}/{number}", self.address)
    }

    /// The URL of the one that does not.
    pub(crate) fn silent_url(&self) -> String {
        format!("http://{}/", self.silent)
    }

    /// The URL of a receiver that takes its time.
    pub(crate) fn slow_url(&self, number: usize) -> String {
        format!("http://{}/{number}", self.slow)
    }

    /// How many came to those that take their time.
    pub(crate) fn slow_count(&self) -> usize {
        self.seen_slowly.lock().unwrap_or_else(PoisonError::into_inner).count
    }

    /// Forgets what came so far.
    pub(crate) fn forget(&self) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Seen::default();
    }

    /// Waits until so many came; when the last of them did.
    pub(crate) async fn all(&self, wanted: usize) -> anyhow::Result<Instant> {
        self.until(wanted, |seen| seen.count).await
    }

    /// Waits until so many different ones came; when the last request did.
    pub(crate) async fn all_once(&self, wanted: usize) -> anyhow::Result<Instant> {
        self.until(wanted, |seen| seen.events.len()).await
    }

    async fn until(&self, wanted: usize, count: impl Fn(&Seen) -> usize) -> anyhow::Result<Instant> {
        let (mut known, mut since) = (0, Instant::now());
        loop {
            let (came, last) = {
                let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
                (count(&seen), seen.last)
            };
            if came >= wanted {
                return last.context("nothing came");
            }
            if came > known {
                (known, since) = (came, Instant::now());
            }
            ensure!(since.elapsed() < PATIENCE, "{came} of {wanted} events have come");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Of how many objects there are events, and of how many these came in another order than that of their versions.
    pub(crate) fn objects(&self) -> (usize, usize) {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let disordered = seen.versions.values().filter(|versions| !versions.is_sorted()).count();
        (seen.versions.len(), disordered)
    }

    /// The delays of what came.
    pub(crate) fn delays(&self) -> Vec<f64> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).delays.clone()
    }
}

fn take(seen: &Mutex<Seen>, request: &Request<Bytes>) -> Response<Bytes> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    let at = body["timestamp"].as_str().and_then(|at| at.parse::<base::Timestamp>().ok());
    let Some(at) = at.and_then(|at| u64::try_from(at.millis()).ok()) else { return answer(400, "") };
    let delay = now.saturating_sub(Duration::from_millis(at));
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    seen.count += 1;
    let data = &body["data"];
    if let (Some(event), Some(object), Some(version)) =
        (data["event_id"].as_str(), data["object"]["id"].as_str(), data["version"].as_u64())
        && seen.events.insert(format!("{event} {}", request.uri().path()))
    {
        seen.versions.entry(format!("{object} {}", request.uri().path())).or_default().push(version);
    }
    seen.delays.push(delay.as_secs_f64() * 1_000.0);
    seen.last = Some(Instant::now());
    answer(204, "")
}
