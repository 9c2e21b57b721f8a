//! The HTTP server: the gateway, and beside it the issuer and a receiver of webhooks.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, anyhow};
use axum::{
    Router,
    extract::{ConnectInfo, Request, State, connect_info::Connected},
    response::Response,
    serve::{self, IncomingStream},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

use crate::{
    gateway::Gateway,
    issuer::{self, Issuer},
    listener,
    peer::Peer,
    receiver,
};

/// Requests in flight get this long to finish when the server ends.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// The running server.
pub(crate) struct Server {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Takes connections and tells both of their ends.
struct Listener(TcpListener);

impl serve::Listener for Listener {
    type Io = TcpStream;
    type Addr = Peer;

    async fn accept(&mut self) -> (TcpStream, Peer) {
        let (stream, remote) = serve::Listener::accept(&mut self.0).await;
        let local = stream.local_addr().map_or(remote.ip(), |address| address.ip());
        (stream, Peer { remote, local: local.to_canonical() })
    }

    fn local_addr(&self) -> io::Result<Peer> {
        let address = self.0.local_addr()?;
        Ok(Peer { remote: address, local: address.ip() })
    }
}

impl Connected<IncomingStream<'_, Listener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Listener>) -> Self {
        *stream.remote_addr()
    }
}

/// Takes the address.
///
/// # Errors
/// When it cannot be had, with what to do about it.
pub(crate) fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    listener::bind(address).map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => anyhow!(
            "port {} is taken: end what listens there, or choose another one with --port (0 takes any free one)",
            address.port()
        ),
        _ => anyhow!("cannot listen on {address}: {error}"),
    })
}

/// The address under which this machine reaches a listener.
///
/// # Errors
/// When the listener has none any more.
pub(crate) fn url(listener: &TcpListener) -> anyhow::Result<String> {
    let mut address = listener.local_addr().context("reading the server's address")?;
    if address.ip().is_unspecified() {
        let loopback = if address.is_ipv4() { "127.0.0.1" } else { "::1" };
        address.set_ip(loopback.parse()?);
    }
    Ok(format!("http://{address}"))
}

impl Server {
    /// Answers requests from now on.
    pub(crate) fn start(listener: TcpListener, gateway: Gateway, issuer: Issuer) -> Self {
        let own = issuer::routes(issuer).merge(receiver::routes());
        let router = Router::<Arc<Gateway>>::new()
            .nest("/local", issuer::guarded(own))
            .fallback(handle)
            .with_state(Arc::new(gateway));
        let (stop, stopped) = oneshot::channel::<()>();
        let service = router.into_make_service_with_connect_info::<Peer>();
        let server =
            axum::serve(Listener(listener), service).with_graceful_shutdown(async { drop(stopped.await) });
        let task = tokio::spawn(async {
            if let Err(error) = server.await {
                tracing::error!(cause = %error, "the server ended");
            }
        });
        Self { stop, task }
    }

    /// Takes no more connections and lets what is in flight finish.
    pub(crate) async fn stop(self) {
        drop(self.stop);
        if tokio::time::timeout(DRAIN_TIMEOUT, self.task).await.is_err() {
            tracing::warn!("some requests did not finish in time");
        }
    }
}

async fn handle(
    State(gateway): State<Arc<Gateway>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: Request,
) -> Response {
    gateway.handle(request, peer.remote.ip().to_canonical()).await
}
