//! A proxy in front of the database that loses the response to a write after the database has applied it.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// The number of updates before the one whose response is lost; none, if no response is to be lost.
#[derive(Clone, Default)]
pub(super) struct Losing(Arc<Mutex<Option<usize>>>);

impl Losing {
    /// Loses the response to one update, after so many others.
    pub(super) fn after(&self, updates: usize) {
        *self.0.lock().unwrap() = Some(updates);
    }

    /// Whether it was lost.
    pub(super) fn is_over(&self) -> bool {
        self.0.lock().unwrap().is_none()
    }

    fn loses(&self, request: &[u8]) -> bool {
        let mut left = self.0.lock().unwrap();
        if !request.windows(MARK.len()).any(|window| window == MARK) {
            return false;
        }
        let loses = left.take_if(|left| *left == 0).is_some();
        *left = left.map(|left| left - 1);
        loses
    }
}

const MARK: &[u8] = b"DynamoDB_20120810.UpdateItem";

/// Starts a proxy; returns its address.
pub(super) async fn start(database: SocketAddr, losing: Losing) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(database).await.unwrap();
            tokio::spawn(pass(client, server, losing.clone()));
        }
    });
    address
}

/// Forwards what both sides send. The SDK sends the head of a request in one piece.
async fn pass(mut client: TcpStream, mut server: TcpStream, losing: Losing) {
    let (mut request, mut answer, mut loses) = (vec![0; 64 * 1024], vec![0; 64 * 1024], false);
    loop {
        tokio::select! {
            Ok(length @ 1..) = client.read(&mut request) => {
                loses |= losing.loses(&request[..length]);
                server.write_all(&request[..length]).await.unwrap();
            }
            Ok(length @ 1..) = server.read(&mut answer) => {
                if loses {
                    return;
                }
                client.write_all(&answer[..length]).await.unwrap();
            }
            else => return,
        }
    }
}
