//! Connects to a target: only to an address that was checked, and without TLS only if the URL is `http`.

use std::{net::IpAddr, sync::Arc, time::Duration};

use delivery::target::WebhookTarget;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{self, ClientConfig, RootCertStore, pki_types::ServerName},
};
use url::Host;

use crate::{failure::Failure, resolve::Resolver};

/// The most addresses of a name that are tried.
const ADDRESSES_MAX: usize = 4;

/// A connection.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Makes connections. None is reused, so that the addresses of a name are checked for each request.
pub(crate) struct Connector {
    resolver: Arc<dyn Resolver>,
    tls: TlsConnector,
    time: Duration,
}

impl Connector {
    /// A connector that trusts these certificate authorities, with a timeout.
    pub(crate) fn new(
        resolver: Arc<dyn Resolver>,
        roots: RootCertStore,
        time: Duration,
    ) -> anyhow::Result<Self> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { resolver, tls: Arc::new(config).into(), time })
    }

    pub(crate) async fn connect(&self, target: &WebhookTarget) -> Result<Box<dyn Stream>, Failure> {
        let connected = tokio::time::timeout(self.time, self.connect_slowly(target)).await;
        connected.unwrap_or(Err(Failure::Timeout))
    }

    async fn connect_slowly(&self, target: &WebhookTarget) -> Result<Box<dyn Stream>, Failure> {
        let addresses = self.addresses(target).await?;
        let plain = self.reach(&addresses, target.port()).await?;
        if target.url().scheme() == "http" {
            return Ok(Box::new(plain));
        }
        let name = server_name(target).ok_or(Failure::Tls)?;
        Ok(Box::new(self.tls.connect(name, plain).await.map_err(|error| Failure::of_tls(&error))?))
    }

    /// The addresses of the target, if all of them are allowed: a name that also has others is refused.
    async fn addresses(&self, target: &WebhookTarget) -> Result<Vec<IpAddr>, Failure> {
        let found = match target.url().host() {
            Some(Host::Ipv4(address)) => vec![address.into()],
            Some(Host::Ipv6(address)) => vec![address.into()],
            Some(Host::Domain(name)) => {
                self.resolver.resolve(name).await.map_err(|_| Failure::NameNotFound)?
            }
            None => vec![],
        };
        match found.as_slice() {
            [] => Err(Failure::NameNotFound),
            found if !found.iter().all(|address| target.may_be_at(*address)) => Err(Failure::RefusedTarget),
            _ => Ok(found),
        }
    }

    /// Connects to the first address that accepts.
    async fn reach(&self, addresses: &[IpAddr], port: u16) -> Result<TcpStream, Failure> {
        let addresses = &addresses[..addresses.len().min(ADDRESSES_MAX)];
        // An address that does not respond must leave time for the others.
        let time = self.time / u32::try_from(addresses.len()).unwrap_or(1);
        for address in addresses {
            if let Ok(Ok(stream)) = tokio::time::timeout(time, TcpStream::connect((*address, port))).await {
                return Ok(stream);
            }
        }
        Err(Failure::Connect)
    }
}

/// The certificate authorities that the system trusts. They come with the Lambda runtime and are updated with
/// it.
pub(crate) fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        tracing::warn!("the system has no certificates of authorities: no webhook can be sent over TLS");
    }
    roots
}

fn server_name(target: &WebhookTarget) -> Option<ServerName<'static>> {
    match target.url().host()? {
        Host::Domain(name) => ServerName::try_from(name.to_owned()).ok(),
        Host::Ipv4(address) => Some(IpAddr::from(address).into()),
        Host::Ipv6(address) => Some(IpAddr::from(address).into()),
    }
}
