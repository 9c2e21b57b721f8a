//! The program: its first line, its end, and what it keeps.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU16, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use clap::Parser as _;
use local::{Options, Running};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::http::{self, new_team, send, session, teams};

/// Teams that a writer makes at most: as many as a person may be in.
const TEAMS_MAX: usize = 50;

/// A running process.
pub(crate) struct Engine {
    pub(crate) child: Child,
    pub(crate) url: String,
}

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_engine"));
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Starts it and waits until it is ready. What it says later is read and left alone: it would stand still when nobody does.
pub(crate) fn start(arguments: &[&str]) -> Engine {
    let mut child = command(arguments).spawn().unwrap();
    let (mut out, mut err) = (BufReader::new(child.stdout.take().unwrap()), child.stderr.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    thread::spawn(move || io::copy(&mut out, &mut io::sink()));
    thread::spawn(move || io::copy(&mut err, &mut io::sink()));
    let url =
        line.trim_end().strip_prefix("ready ").unwrap_or_else(|| panic!("not ready: {line:?}")).to_owned();
    Engine { child, url }
}

pub(crate) fn on(data: &Path) -> Engine {
    start(&["--port=0", "--seed=none", "--data", data.to_str().unwrap()])
}

/// The system in this process, whose clock can be moved. A test beside this one may have begun a process a moment ago, which holds
/// the lock of a system that has ended here until it is a program of its own.
pub(crate) async fn running(arguments: &[String]) -> Running {
    let held_here = format!("is in use by process {}:", std::process::id());
    loop {
        match local::start(Options::parse_from(arguments)).await {
            Err(error) if format!("{error:#}").contains(&held_here) => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            outcome => return outcome.unwrap(),
        }
    }
}

/// A port that a system can be started on again and again: it lies below those that are given to who asks for any, so that
/// nobody else is given it while the system is down.
pub(crate) fn own_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 1_000).unwrap() * 20;
    loop {
        let port = 10_000 + (first + NEXT.fetch_add(1, Ordering::SeqCst)) % 20_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// How a program ends that cannot start.
fn refused(arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = command(arguments).output().unwrap();
    assert_eq!((status.code(), stdout.as_slice()), (Some(1), &b""[..]));
    String::from_utf8(stderr).unwrap()
}

impl Engine {
    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Ends it as a person would.
    pub(crate) fn end(self) {
        self.signal("-TERM");
        assert_eq!(self.exit_code(), Some(0));
    }

    fn exit_code(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A directory that is removed in the end.
pub(crate) struct Directory(pub(crate) PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        Self(std::env::temp_dir().join(format!("engine-{}", Uuid::new_v4())))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// Creates teams one after the other until the engine is gone; those it acknowledged.
async fn write(url: String, session: String, name: String, made: Arc<AtomicUsize>) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0..TEAMS_MAX {
        let Ok(answer) = new_team(&url, &session, &format!("{name}-{number}")).send().await else { break };
        assert_eq!(answer.status(), 201);
        let Ok(team) = answer.json::<serde_json::Value>().await else { break };
        acknowledged.push(team["id"].as_str().unwrap().to_owned());
        made.store(acknowledged.len(), Ordering::SeqCst);
    }
    acknowledged
}

#[tokio::test]
async fn kill_9_loses_no_acknowledged_write_and_no_session() {
    let data = Directory::new();
    let mut engine = on(&data.0);
    let (mut writers, mut made) = (JoinSet::new(), Vec::new());
    for name in ["ada", "bob", "eve", "joe"] {
        let session = session(&engine.url, &format!("{name}@example.com")).await;
        let (url, count) = (engine.url.clone(), Arc::<AtomicUsize>::default());
        made.push(count.clone());
        writers.spawn(async move { (write(url, session.clone(), name.to_owned(), count).await, session) });
    }
    // It is killed when each of them is at work.
    while made.iter().any(|count| count.load(Ordering::SeqCst) < 5) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    engine.child.kill().unwrap();
    let written = writers.join_all().await;
    drop(engine);
    let engine = on(&data.0);
    for (acknowledged, session) in written {
        assert!(!acknowledged.is_empty());
        let found = teams(&engine.url, &session).await;
        let lost: Vec<_> = acknowledged.iter().filter(|id| !found.contains(id)).collect();
        assert!(lost.is_empty(), "lost {lost:?} of {}", acknowledged.len());
        // Each team is made by one transaction of several items, and one at most was under way.
        assert!(found.len() <= acknowledged.len() + 1);
    }
}

#[test]
fn a_directory_serves_one_process_at_a_time() {
    let data = Directory::new();
    let engine = on(&data.0);
    let message = refused(&["--port=0", "--data", data.0.to_str().unwrap()]);
    let expected =
        format!("in use by process {}: end it, or choose another directory with --data", engine.child.id());
    assert!(message.contains(&expected), "{message}");
}

#[test]
fn what_cannot_start_says_what_to_do() {
    let engine = start(&["--port=0", "--seed=none", "--in-memory"]);
    let (_, port) = engine.url.rsplit_once(':').unwrap();
    for (arguments, expected) in [
        (vec!["--in-memory", "--port", port], "choose another one with --port"),
        (vec!["--port=0", "--data", "/dev/null/engine"], "choose another directory with --data"),
        (vec!["--port=0", "--in-memory", "--bind", "0.0.0.0"], "--i-know"),
        (vec!["--port=0", "--in-memory", "--dynamodb", "http://127.0.0.1:1"], "http://127.0.0.1:1"),
    ] {
        let message = refused(&arguments);
        assert!(message.contains("error: ") && message.contains(expected), "{message}");
    }
}

#[test]
fn a_signal_ends_it_after_what_is_in_flight() {
    for signal in ["-TERM", "-INT"] {
        let engine = start(&["--port=0", "--seed=none", "--in-memory"]);
        let address = engine.url.trim_start_matches("http://").to_owned();
        let mut stream = TcpStream::connect(&address).unwrap();
        let body = r#"{"email":"ada@example.com"}"#;
        let (begin, end) = body.split_at(10);
        let length = body.len();
        let head = format!(
            "POST /local/session HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(format!("{head}{begin}").as_bytes()).unwrap();
        // Connections are taken in their order: who is answered came behind this one.
        assert!(answered(&address));
        engine.signal(signal);
        wait_until(|| TcpStream::connect(&address).is_err());
        stream.write_all(end.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
        assert_eq!(engine.exit_code(), Some(0), "{signal}");
    }
}

/// Whether a whole request is answered.
fn answered(address: &str) -> bool {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET /v1/health HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.starts_with("HTTP/1.1 200 ")
}

fn wait_until(is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_mins(2), "it never came");
        thread::sleep(Duration::from_millis(10));
    }
}

#[tokio::test]
async fn another_engine_can_hold_the_tables() {
    let holder = http::start(&["--seed=none"]).await;
    let other = http::start(&["--seed=none", &format!("--dynamodb={}", holder.dynamodb_url())]).await;
    let (status, team) =
        send(new_team(other.url(), &session(other.url(), "ada@example.com").await, "ada")).await;
    assert_eq!(status, 201, "{team}");
    let found = teams(holder.url(), &session(holder.url(), "ada@example.com").await).await;
    assert_eq!(found, [team["id"].as_str().unwrap()]);
    other.shutdown().await;
    holder.shutdown().await;
}
