//! The HTTP client for receivers: time and size of a response are bounded, and redirects are not followed.

use std::{sync::Arc, time::Duration};

use delivery::{RESPONSE_LENGTH_MAX, target::WebhookTarget};
use http::{
    HeaderMap, Request,
    header::{HOST, HeaderValue, RETRY_AFTER},
};
use http_body_util::{BodyExt as _, Full};
use hyper::{
    body::{Bytes, Incoming},
    client::conn::http1,
};
use hyper_util::rt::TokioIo;
use tokio::{task::JoinSet, time::timeout};
use tokio_rustls::rustls::RootCertStore;
use url::Position;

use crate::{
    connect::{Connector, system_roots},
    failure::Failure,
    resolve::Resolver,
};

/// The most headers of a response, and the most bytes of all of them.
const HEADERS_MAX: usize = 64;
const HEADER_BYTES_MAX: usize = 16 * 1_024;

/// The timeouts of a request.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For the connection.
    pub connect: Duration,
    /// For status and headers of the response, connection included.
    pub response: Duration,
    /// After that, for as much of the body as is stored. If it is over, the response counts without the rest.
    pub body: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { connect: seconds(5), response: seconds(15), body: seconds(1) }
    }
}

/// A client for webhook requests.
pub(crate) struct Client {
    connector: Connector,
    timeouts: Timeouts,
}

/// The response of a receiver.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    /// The start of the body, as text.
    pub(crate) body: String,
}

impl Client {
    /// A client that trusts the certificate authorities of the system.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub(crate) fn new(resolver: Arc<dyn Resolver>, timeouts: Timeouts) -> anyhow::Result<Self> {
        Self::with_roots(resolver, system_roots(), timeouts)
    }

    pub(crate) fn with_roots(
        resolver: Arc<dyn Resolver>,
        roots: RootCertStore,
        timeouts: Timeouts,
    ) -> anyhow::Result<Self> {
        Ok(Self { connector: Connector::new(resolver, roots, timeouts.connect)?, timeouts })
    }

    /// Posts the body to the target.
    pub(crate) async fn post(
        &self,
        target: &WebhookTarget,
        headers: HeaderMap,
        body: String,
    ) -> Result<Response, Failure> {
        let request = request(target, headers, body).ok_or(Failure::RefusedTarget)?;
        let mut tasks = JoinSet::new();
        let exchange = async {
            let stream = TokioIo::new(self.connector.connect(target).await?);
            let mut settings = http1::Builder::new();
            settings.max_headers(HEADERS_MAX).max_buf_size(HEADER_BYTES_MAX);
            let (mut sender, connection) = settings.handshake(stream).await.map_err(Failure::of)?;
            // The set aborts the task when this function returns.
            tasks.spawn(connection);
            sender.send_request(request).await.map_err(Failure::of)
        };
        let response = timeout(self.timeouts.response, exchange).await.unwrap_or(Err(Failure::Timeout))?;
        let (head, body) = response.into_parts();
        let retry_after = head.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        Ok(Response {
            status: head.status.as_u16(),
            retry_after: retry_after.map(str::to_owned),
            body: self.start_of(body).await,
        })
    }

    /// As much of a body as is stored, and arrives in time.
    async fn start_of(&self, mut body: Incoming) -> String {
        let mut bytes = Vec::new();
        let reading = async {
            while bytes.len() < RESPONSE_LENGTH_MAX
                && let Some(Ok(frame)) = body.frame().await
            {
                bytes.extend_from_slice(frame.data_ref().map_or(&[], Bytes::as_ref));
            }
        };
        // A body that is late is cut: a receiver that has accepted the event must not delay others.
        let _ = timeout(self.timeouts.body, reading).await;
        bytes.truncate(RESPONSE_LENGTH_MAX);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

fn request(target: &WebhookTarget, headers: HeaderMap, body: String) -> Option<Request<Full<Bytes>>> {
    let url = target.url();
    let mut request =
        Request::post(&url[Position::BeforePath..Position::AfterQuery]).body(Full::from(body)).ok()?;
    let host = HeaderValue::from_str(&url[Position::BeforeHost..Position::AfterPort]).ok()?;
    *request.headers_mut() = headers;
    request.headers_mut().insert(HOST, host);
    Some(request)
}
