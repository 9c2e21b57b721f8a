//! What collects every byte: of a process, and of the answers to requests.

use std::{
    io::Read,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::Duration,
};

use reqwest::{Method, RequestBuilder, header::HeaderMap};
use serde_json::Value;

use crate::{http::client, process::command};

/// What was collected, each with where it came from.
#[derive(Clone, Default)]
pub(super) struct Net(Arc<Mutex<Vec<Place>>>);

/// Where something came from, and what it was.
type Place = (String, Vec<u8>);

impl Net {
    /// A new place; its number.
    fn open(&self, from: &str) -> usize {
        let mut all = self.0.lock().unwrap();
        all.push((from.to_owned(), Vec::new()));
        all.len() - 1
    }

    fn extend(&self, place: usize, bytes: &[u8]) {
        self.0.lock().unwrap()[place].1.extend_from_slice(bytes);
    }

    pub(super) fn add(&self, from: &str, text: &str) {
        self.extend(self.open(from), text.as_bytes());
    }

    /// Where the word was found.
    pub(super) fn holding(&self, word: &str) -> Vec<String> {
        let all = self.0.lock().unwrap();
        all.iter().filter(|(_, bytes)| holds(bytes, word)).map(|(from, _)| from.clone()).collect()
    }
}

pub(super) fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}

/// A process of which every byte is collected, at its most talkative.
pub(super) struct Talking {
    child: Child,
    streams: Vec<JoinHandle<()>>,
}

impl Talking {
    pub(super) fn start(net: &Net, arguments: &[&str]) -> Self {
        let mut command = command(arguments);
        command.env("LOG_LEVEL", "trace").env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full");
        let mut child = command.stdin(Stdio::null()).spawn().unwrap();
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let streams = vec![collect(net, "stdout", out), collect(net, "stderr", err)];
        Self { child, streams }
    }

    /// Waits for its end.
    pub(super) fn ended(mut self) {
        self.child.wait().unwrap();
        self.streams.drain(..).for_each(|stream| stream.join().unwrap());
    }

    pub(super) fn end(self) {
        let status = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(status.success());
        self.ended();
    }
}

/// Reads a stream as it comes, so that no full pipe holds the process up.
fn collect(net: &Net, from: &str, mut stream: impl Read + Send + 'static) -> JoinHandle<()> {
    let (net, place) = (net.clone(), net.open(from));
    thread::spawn(move || {
        let mut buffer = [0; 4_096];
        while let Ok(length @ 1..) = stream.read(&mut buffer) {
            net.extend(place, &buffer[..length]);
        }
    })
}

/// Where the process answers, once it says so.
pub(super) async fn ready(net: &Net) -> String {
    for _ in 0..6_000 {
        let said = net.0.lock().unwrap().iter().find(|(from, _)| from == "stdout").unwrap().1.clone();
        let said = String::from_utf8(said).unwrap();
        if let Some(url) = said.strip_prefix("ready ").and_then(|rest| rest.strip_suffix('\n')) {
            return url.to_owned();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it was never ready");
}

/// Sends requests, keeps the answers, and remembers every secret it is given.
pub(super) struct Client {
    pub(super) net: Net,
    pub(super) url: String,
    pub(super) secrets: Vec<String>,
}

impl Client {
    pub(super) fn request(&self, method: &str, path: &str, credential: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        client().request(method, format!("{}{path}", self.url)).bearer_auth(credential)
    }

    /// Sends and keeps the answer, whole.
    pub(super) async fn send(&self, request: RequestBuilder) -> (u16, Value) {
        let (status, head, body, from) = answered(request).await;
        self.net.add(&from, &format!("{head:?}\n{body}"));
        (status, serde_json::from_str(&body).unwrap_or_default())
    }

    /// Sends what is to be answered with a secret, once; the rest of the answer is kept.
    pub(super) async fn secret(&mut self, request: RequestBuilder, member: &str) -> (String, Value) {
        let (status, head, body, from) = answered(request).await;
        assert!(status < 300, "{from} {body}");
        let json: Value = serde_json::from_str(&body).unwrap();
        let secret = json[member].as_str().unwrap().to_owned();
        self.net.add(&from, &format!("{head:?}\n{}", body.replacen(&secret, "", 1)));
        if !self.secrets.contains(&secret) {
            self.secrets.push(secret.clone());
        }
        (secret, json)
    }
}

async fn answered(request: RequestBuilder) -> (u16, HeaderMap, String, String) {
    let (client, request) = request.build_split();
    let request = request.unwrap();
    let mut from = format!("{} {}", request.method(), request.url().path());
    from.truncate(60);
    let answer = client.execute(request).await.unwrap();
    let (status, head) = (answer.status().as_u16(), answer.headers().clone());
    (status, head, answer.text().await.unwrap(), format!("{from} {status}"))
}
