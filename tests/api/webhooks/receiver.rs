//! A receiver on this machine that keeps what comes, and a system that sends to it.

use std::{
    collections::HashSet,
    net::Ipv4Addr,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::*;

/// A system that sends anywhere, and as often as it can.
pub(super) fn sending() -> &'static System {
    static SYSTEM: OnceLock<System> = OnceLock::new();
    SYSTEM.get_or_init(|| sending_at(1_000_000))
}

/// One that sends anywhere, and for a team so often in a second to one host.
pub(super) fn sending_at(per_second: u32) -> System {
    let rate = format!("--webhook-requests-per-second={per_second}");
    System::with(vec!["--allow-private-webhooks".to_owned(), rate])
}

/// A request that came.
#[derive(Clone)]
pub(super) struct Came {
    pub(super) path: String,
    pub(super) id: String,
    pub(super) body: Value,
    pub(super) at: Instant,
}

/// A receiver. It ends when this is dropped.
pub(super) struct Receiver {
    url: String,
    came: Arc<Mutex<Vec<Came>>>,
    open_most: Arc<AtomicUsize>,
    _serving: JoinSet<()>,
}

impl Receiver {
    /// One that answers request number so and so, counted from nought, after that time; never, if there is none.
    pub(super) async fn start(answers: impl Fn(usize) -> Option<Duration> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (came, open_most) = (Arc::<Mutex<Vec<Came>>>::default(), Arc::<AtomicUsize>::default());
        let (kept, most, answers) = (came.clone(), open_most.clone(), Arc::new(answers));
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let (mut open, mut connections) = (JoinSet::new(), 0);
            loop {
                tokio::select! {
                    accepted = listener.accept() => {
                        let (stream, answers) = (accepted.unwrap().0, answers.clone());
                        open.spawn(take(stream, kept.clone(), move |number| answers(number)));
                        connections += 1;
                    }
                    Some(_) = open.join_next() => connections -= 1,
                }
                most.fetch_max(connections, Ordering::SeqCst);
            }
        });
        Self { url, came, open_most, _serving: serving }
    }

    /// One that answers at once.
    pub(super) async fn quick() -> Self {
        Self::start(|_| Some(Duration::ZERO)).await
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.url)
    }

    /// How many connections were open at a time, at the most.
    pub(super) fn open_most(&self) -> usize {
        self.open_most.load(Ordering::SeqCst)
    }

    /// All that came so far.
    pub(super) fn came(&self) -> Vec<Came> {
        self.came.lock().unwrap().clone()
    }

    /// Each event once, in the order in which they came for the first time, as soon as there are so many.
    pub(super) async fn events(&self, count: usize) -> Vec<Came> {
        self.until(|events| events.len() >= count).await
    }

    /// The same as soon as this holds of them.
    pub(super) async fn until(&self, holds: impl Fn(&[Came]) -> bool) -> Vec<Came> {
        let begun = Instant::now();
        loop {
            let (mut known, mut events) = (HashSet::new(), self.came());
            events.retain(|event| known.insert((event.path.clone(), event.id.clone())));
            if holds(&events) {
                return events;
            }
            assert!(begun.elapsed() < Duration::from_mins(2), "not what was waited for: {}", events.len());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

async fn take(
    mut stream: TcpStream,
    kept: Arc<Mutex<Vec<Came>>>,
    answers: impl Fn(usize) -> Option<Duration>,
) {
    let Some((head, body)) = request(&mut stream).await else { return };
    let path = head.split(' ').nth(1).unwrap().trim_start_matches('/').to_owned();
    let id = head.lines().find_map(|line| line.strip_prefix("webhook-id: ")).unwrap().to_owned();
    let number = {
        let mut kept = kept.lock().unwrap();
        kept.push(Came { path, id, body, at: Instant::now() });
        kept.len() - 1
    };
    match answers(number) {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
    let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await;
}

/// Head and body of a request.
async fn request(stream: &mut TcpStream) -> Option<(String, Value)> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            if body.len() >= length.parse().unwrap() {
                return Some((head.to_owned(), serde_json::from_str(body).unwrap()));
            }
        }
        let mut part = [0; 4_096];
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&part[..count]),
        }
    }
}
