//! Receivers of webhooks on one port, told apart by their paths, and one that takes connections and never answers.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, ensure};
use hyper::{Request, Response, body::Bytes};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinSet, time::Instant};

use crate::http::{answer, serve};

/// What is late by more than this does not come any more.
const PATIENCE: Duration = Duration::from_mins(2);
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// The receivers; they end when this is dropped.
pub(crate) struct Receivers {
    /// `host:port`.
    address: String,
    silent: String,
    seen: Arc<Mutex<Seen>>,
    _serving: JoinSet<()>,
}

/// What came.
#[derive(Default)]
struct Seen {
    count: usize,
    /// In milliseconds, each from the time of its change.
    delays: Vec<f64>,
    last: Option<Instant>,
}

impl Receivers {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let listen = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let (listener, silent) = (listen().await?, listen().await?);
        let (address, silent_address) =
            (listener.local_addr()?.to_string(), silent.local_addr()?.to_string());
        let (seen, mut serving) = (Arc::<Mutex<Seen>>::default(), JoinSet::new());
        let own = seen.clone();
        serving.spawn(serve(listener, move |request: Request<Bytes>| {
            let taken = take(&own, &request);
            async move { taken }
        }));
        serving.spawn(async move {
            let mut open = Vec::new();
            while let Ok((stream, _)) = silent.accept().await {
                open.push(stream);
            }
        });
        Ok(Self { address, silent: silent_address, seen, _serving: serving })
    }

    /// The URL of a receiver that answers.
    pub(crate) fn url(&self, number: usize) -> String {
        format!("http://{}/{number}", self.address)
    }

    /// The URL of the one that does not.
    pub(crate) fn silent_url(&self) -> String {
        format!("http://{}/", self.silent)
    }

    /// Forgets what came so far.
    pub(crate) fn forget(&self) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Seen::default();
    }

    /// Waits until so many came; when the last of them did.
    pub(crate) async fn all(&self, wanted: usize) -> anyhow::Result<Instant> {
        let begun = Instant::now();
        loop {
            let (count, last) = {
                let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
                (seen.count, seen.last)
            };
            if count >= wanted {
                return last.context("nothing came");
            }
            ensure!(begun.elapsed() < PATIENCE, "{count} of {wanted} events have come");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// The delays of what came.
    pub(crate) fn delays(&self) -> Vec<f64> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).delays.clone()
    }
}

fn take(seen: &Mutex<Seen>, request: &Request<Bytes>) -> Response<Bytes> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    let at = body["timestamp"].as_str().and_then(|at| at.parse::<shared::Timestamp>().ok());
    let Some(at) = at.and_then(|at| u64::try_from(at.millis()).ok()) else { return answer(400, "") };
    let delay = now.saturating_sub(Duration::from_millis(at));
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    seen.count += 1;
    seen.delays.push(delay.as_secs_f64() * 1_000.0);
    seen.last = Some(Instant::now());
    answer(204, "")
}
