//! One request to a receiver, within a bounded time, and with little read of the answer. There is no code for redirects.

use std::{sync::Arc, time::Duration};

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
use shared::{delivery::RESPONSE_LENGTH_MAX, webhook::target::Target};
use tokio::{task::JoinSet, time::timeout};
use tokio_rustls::rustls::RootCertStore;
use url::Position;

use crate::{
    connect::{Connector, system_roots},
    resolve::Resolver,
};

/// The most headers of an answer, and the most bytes of all of them.
const HEADERS_MAX: usize = 64;
const HEADER_BYTES_MAX: usize = 16 * 1_024;

/// How long a request may take.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// Until a connection stands.
    pub connect: Duration,
    /// Until the status is there.
    pub whole: Duration,
    /// From then on, until as much of the answer as is kept is there. The status counts without it.
    pub answer: Duration,
}

impl Default for Times {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { connect: seconds(5), whole: seconds(15), answer: seconds(1) }
    }
}

/// What sends requests.
pub(crate) struct Client {
    connector: Connector,
    times: Times,
}

/// What a receiver has answered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    /// The beginning of the body.
    pub(crate) text: String,
}

/// Why there was no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    RefusedTarget,
    NameNotFound,
    Connect,
    Tls,
    Timeout,
    InvalidResponse,
    Closed,
}

impl Failure {
    /// The stable name that an attempt shows.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::RefusedTarget => "refused_target",
            Self::NameNotFound => "name_not_found",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::InvalidResponse => "invalid_response",
            Self::Closed => "closed",
        }
    }

    fn of(error: hyper::Error) -> Self {
        if error.is_parse() { Self::InvalidResponse } else { Self::Closed }
    }
}

impl Client {
    /// A client that trusts whom the system trusts.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub(crate) fn new(resolver: Arc<dyn Resolver>, times: Times) -> anyhow::Result<Self> {
        Self::with_roots(resolver, system_roots(), times)
    }

    pub(crate) fn with_roots(
        resolver: Arc<dyn Resolver>,
        roots: RootCertStore,
        times: Times,
    ) -> anyhow::Result<Self> {
        Ok(Self { connector: Connector::new(resolver, roots, times.connect)?, times })
    }

    /// Posts the body to the target and tells what came of it.
    pub(crate) async fn post(
        &self,
        target: &Target,
        headers: HeaderMap,
        body: String,
    ) -> Result<Answer, Failure> {
        let request = request(target, headers, body).ok_or(Failure::RefusedTarget)?;
        let mut driving = JoinSet::new();
        let exchange = async {
            let stream = TokioIo::new(self.connector.connect(target).await?);
            let mut settings = http1::Builder::new();
            settings.max_headers(HEADERS_MAX).max_buf_size(HEADER_BYTES_MAX);
            let (mut sender, connection) = settings.handshake(stream).await.map_err(Failure::of)?;
            // It ends with this function, whatever state it is in.
            driving.spawn(connection);
            sender.send_request(request).await.map_err(Failure::of)
        };
        let response = timeout(self.times.whole, exchange).await.unwrap_or(Err(Failure::Timeout))?;
        let (head, body) = response.into_parts();
        let retry_after = head.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        Ok(Answer {
            status: head.status.as_u16(),
            retry_after: retry_after.map(str::to_owned),
            text: self.beginning(body).await,
        })
    }

    /// What has come of a body by the time that it is given.
    async fn beginning(&self, mut body: Incoming) -> String {
        let mut bytes = Vec::new();
        let reading = async {
            while bytes.len() < RESPONSE_LENGTH_MAX
                && let Some(Ok(frame)) = body.frame().await
            {
                bytes.extend_from_slice(frame.data_ref().map_or(&[], Bytes::as_ref));
            }
        };
        // A body that is late is cut, not waited for: a receiver that has taken the event must not cost the others time.
        let _ = timeout(self.times.answer, reading).await;
        bytes.truncate(RESPONSE_LENGTH_MAX);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

fn request(target: &Target, headers: HeaderMap, body: String) -> Option<Request<Full<Bytes>>> {
    let url = target.url();
    let mut request =
        Request::post(&url[Position::BeforePath..Position::AfterQuery]).body(Full::from(body)).ok()?;
    let host = HeaderValue::from_str(&url[Position::BeforeHost..Position::AfterPort]).ok()?;
    *request.headers_mut() = headers;
    request.headers_mut().insert(HOST, host);
    Some(request)
}
