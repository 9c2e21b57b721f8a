//! A relay in front of the database of the shared system that counts requests by what they ask for.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::harness::system;

/// What stands in every request of the SDK once, before the name of the operation.
const MARK: &[u8] = b"x-amz-target: DynamoDB_20120810.";

const READS: [&str; 4] = ["GetItem", "BatchGetItem", "Query", "Scan"];

/// How often which operation was asked for.
#[derive(Clone, Default)]
pub(crate) struct Counter(Arc<Mutex<BTreeMap<String, usize>>>);

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
                let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
                    (client.into_split(), server.into_split());
                tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
                let counting = counting.clone();
                tokio::spawn(async move {
                    let (mut bytes, mut unread) = (vec![0; 64 * 1024], Vec::new());
                    while let Ok(length @ 1..) = from_client.read(&mut bytes).await {
                        unread.extend_from_slice(&bytes[..length]);
                        counting.count(&mut unread);
                        to_server.write_all(&bytes[..length]).await.unwrap();
                    }
                });
            }
        });
        (format!("http://{address}"), counter)
    }

    pub(crate) fn reset(&self) {
        self.0.lock().unwrap().clear();
    }

    /// How many read.
    pub(crate) fn reads(&self) -> usize {
        self.0
            .lock()
            .unwrap()
            .iter()
            .filter(|(name, _)| READS.contains(&name.as_str()))
            .map(|(_, count)| count)
            .sum()
    }

    /// Those that write, by operation.
    pub(crate) fn writes(&self) -> BTreeMap<String, usize> {
        let mut counts = self.0.lock().unwrap().clone();
        counts.retain(|name, _| !READS.contains(&name.as_str()));
        counts
    }

    /// Counts what is whole, and leaves what may be a part of a mark or of a name, wherever the reads are cut.
    fn count(&self, unread: &mut Vec<u8>) {
        while let Some(at) = unread.windows(MARK.len()).position(|window| window == MARK) {
            let name = &unread[at + MARK.len()..];
            let Some(end) = name.iter().position(|byte| *byte == b'\r') else { return };
            let name = String::from_utf8_lossy(&name[..end]).into_owned();
            *self.0.lock().unwrap().entry(name).or_default() += 1;
            unread.drain(..at + MARK.len() + end);
        }
        let kept = unread.len().min(MARK.len() - 1);
        unread.drain(..unread.len() - kept);
    }
}
