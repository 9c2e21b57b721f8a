//! Receivers for tests: each test says what its receiver does with a connection.

use std::{
    future::Future,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// A receiver. It stops with its test.
pub(super) struct Receiver {
    pub(super) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    _running: JoinSet<()>,
}

impl Receiver {
    /// A receiver that does this with each connection.
    pub(super) async fn start<B, F>(behave: B) -> Self
    where
        B: Fn(TcpStream) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let (mut running, counter) = (JoinSet::new(), connections.clone());
        running.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                open.spawn(behave(stream));
            }
        });
        Self { address, connections, _running: running }
    }

    /// A receiver that reads each request and responds with this text.
    pub(super) async fn answering(text: impl Into<String>) -> Self {
        Self::start_answering(text.into(), Arc::default()).await
    }

    /// The same, which also stores the requests.
    pub(super) async fn keeping(text: &str) -> (Self, Arc<Mutex<Vec<String>>>) {
        let kept = Arc::default();
        (Self::start_answering(text.to_owned(), Arc::clone(&kept)).await, kept)
    }

    async fn start_answering(text: String, kept: Arc<Mutex<Vec<String>>>) -> Self {
        Self::start(move |mut stream| {
            let (text, kept) = (text.clone(), kept.clone());
            async move {
                let request = read_request(&mut stream).await;
                kept.lock().unwrap().push(request);
                let _ = stream.write_all(text.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        })
        .await
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/hooks?a=b", self.address)
    }

    /// The number of connections so far.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// A response with this status line and headers, and without a body.
pub(super) fn answer(head: &str) -> String {
    format!("HTTP/1.1 {head}\r\ncontent-length: 0\r\n\r\n")
}

/// Reads a request to its end, or as far as it comes.
pub(super) async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let (mut read, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&read).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.and_then(|length| length.parse().ok()).unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut chunk).await {
            Ok(length) if length > 0 => read.extend_from_slice(&chunk[..length]),
            _ => return text,
        }
    }
}

/// Waits until this is true.
pub(super) async fn until(holds: impl Fn() -> bool) {
    until_async(|| async { holds() }).await;
}

/// The same for an asynchronous condition.
pub(super) async fn until_async<F: Future<Output = bool>>(holds: impl Fn() -> F) {
    for _ in 0..3_000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it does not come about");
}
