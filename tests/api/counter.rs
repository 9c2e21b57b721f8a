//! A relay in front of the database of the shared system that counts requests by what they ask for.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::harness::system;

/// What stands in every request of the SDK once, before the name of the operation.
const MARK: &[u8] = b"x-amz-target: DynamoDB_20120810.";

const READS: [&str; 4] = ["GetItem", "BatchGetItem", "Query", "Scan"];

/// What a write is answered that is refused; the SDK does not try that again.
const REFUSAL: &str = "HTTP/1.1 400 Bad Request\r\ncontent-type: application/x-amz-json-1.0\r\n\
    connection: close\r\ncontent-length: 58\r\n\r\n{\"__type\":\"ValidationException\",\"message\":\"it is refused\"}";

/// How often which operation was asked for.
#[derive(Clone, Default)]
pub(crate) struct Counter {
    counts: Arc<Mutex<BTreeMap<String, usize>>>,
    refuses_writes: Arc<AtomicBool>,
    /// Of which operation the next answer is lost, and of which one is refused, after so many others.
    losing: Arc<Mutex<Option<Awaited>>>,
    /// What is neither passed on nor answered, ever.
    holding: Arc<Mutex<Option<Awaited>>>,
    refusing: Arc<Mutex<Option<Awaited>>>,
}

/// An operation, and how many of it pass before.
type Awaited = (&'static str, usize);

/// Why a connection is passed on no more.
enum End {
    Closed,
    /// Nothing of a write has reached the database.
    Refused,
    /// The database has all of a request, and its answer is to be lost.
    Losing,
}

impl Counter {
    /// A new one, and where it listens.
    pub(crate) async fn start() -> (String, Self) {
        let database = system().dynamodb.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, counter) = (listener.local_addr().unwrap(), Self::default());
        let counting = counter.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&database).await.unwrap();
                tokio::spawn(counting.clone().pass(client, server));
            }
        });
        (format!("http://{address}"), counter)
    }

    /// Passes on what both sides send, until one of them ends, a write is refused, or an answer is lost.
    async fn pass(self, mut client: TcpStream, mut server: TcpStream) {
        let (mut from_server, mut to_server) = server.split();
        let (mut from_client, mut to_client) = client.split();
        let requests = async {
            let (mut bytes, mut unread) = (vec![0; 64 * 1024], Vec::new());
            while let Ok(length @ 1..) = from_client.read(&mut bytes).await {
                unread.extend_from_slice(&bytes[..length]);
                let is_losing = begins(&self.losing, &unread);
                let is_refusing = begins(&self.refusing, &unread);
                if begins(&self.holding, &unread) {
                    std::future::pending::<()>().await;
                }
                if self.count(&mut unread) && (is_refusing || self.refuses_writes.load(Ordering::Relaxed)) {
                    return End::Refused;
                }
                to_server.write_all(&bytes[..length]).await.unwrap();
                if is_losing {
                    return End::Losing;
                }
            }
            End::Closed
        };
        let end = tokio::select! {
            end = requests => end,
            _ = tokio::io::copy(&mut from_server, &mut to_client) => End::Closed,
        };
        match end {
            End::Closed => {}
            End::Refused => {
                to_client.write_all(REFUSAL.as_bytes()).await.unwrap();
                // All that the client has sent is read, as what is left unread would break the answer off.
                tokio::io::copy(&mut from_client, &mut tokio::io::sink()).await.unwrap();
            }
            // The rest of the request is passed on until the database answers.
            End::Losing => {
                let mut answer = [0];
                tokio::select! {
                    _ = from_server.read(&mut answer) => {}
                    _ = tokio::io::copy(&mut from_client, &mut to_server) => {}
                }
            }
        }
    }

    /// Loses the answer to the next such operation, which is done.
    pub(crate) fn lose_the_next(&self, operation: &'static str) {
        *self.losing.lock().unwrap() = Some((operation, 0));
    }

    /// Never answers the next such operation, of which nothing reaches the database.
    pub(crate) fn hold_the_next(&self, operation: &'static str) {
        *self.holding.lock().unwrap() = Some((operation, 0));
    }

    /// Refuses the next such operation, which writes; nothing of it reaches the database.
    pub(crate) fn refuse_the_next(&self, operation: &'static str) {
        self.refuse_after(operation, 0);
    }

    /// The same of one after so many others.
    pub(crate) fn refuse_after(&self, operation: &'static str, others: usize) {
        *self.refusing.lock().unwrap() = Some((operation, others));
    }

    /// Whether writes are refused from now on, and nothing of them reaches the database.
    pub(crate) fn refuse_writes(&self, refuses: bool) {
        self.refuses_writes.store(refuses, Ordering::Relaxed);
    }

    pub(crate) fn reset(&self) {
        self.counts.lock().unwrap().clear();
    }

    /// How many read.
    pub(crate) fn reads(&self) -> usize {
        self.counts
            .lock()
            .unwrap()
            .iter()
            .filter(|(name, _)| READS.contains(&name.as_str()))
            .map(|(_, count)| count)
            .sum()
    }

    /// Those that write, by operation.
    pub(crate) fn writes(&self) -> BTreeMap<String, usize> {
        let mut counts = self.counts.lock().unwrap().clone();
        counts.retain(|name, _| !READS.contains(&name.as_str()));
        counts
    }

    /// Counts what is whole, and leaves what may be a part of a mark or of a name, wherever the reads are cut. Says
    /// whether one of them writes.
    fn count(&self, unread: &mut Vec<u8>) -> bool {
        let mut writes = false;
        while let Some(at) = unread.windows(MARK.len()).position(|window| window == MARK) {
            let name = &unread[at + MARK.len()..];
            let Some(end) = name.iter().position(|byte| *byte == b'\r') else { return writes };
            let name = String::from_utf8_lossy(&name[..end]).into_owned();
            writes |= !READS.contains(&name.as_str());
            *self.counts.lock().unwrap().entry(name).or_default() += 1;
            unread.drain(..at + MARK.len() + end);
        }
        let kept = unread.len().min(MARK.len() - 1);
        unread.drain(..unread.len() - kept);
        writes
    }
}

/// Whether what was read begins the operation that is waited for, once.
fn begins(awaited: &Mutex<Option<Awaited>>, unread: &[u8]) -> bool {
    let mut awaited = awaited.lock().unwrap();
    let Some((name, others)) = &mut *awaited else { return false };
    if !String::from_utf8_lossy(unread).contains(&format!("DynamoDB_20120810.{name}\r")) {
        return false;
    }
    if *others == 0 {
        *awaited = None;
        return true;
    }
    *others -= 1;
    false
}
