//! The HTTP server in front of the protocol: preflights, what is not signed, and the headers of every answer.

use std::{net, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
    serve::ListenerExt as _,
};
use s3s::{HttpResponse, StdError, s3_error, service::S3Service};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use super::{access, cors::Origins};

/// Requests in flight get this long to finish when the server ends.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// What no answer goes without, whatever object it holds: nothing is taken for another type than it says, no script of
/// an object runs, and no address with a signature is told to others. Pictures are shown by pages of another origin,
/// the console's, which is not even the same site when one is called localhost and the other 127.0.0.1: who has the
/// signed address may embed what it leads to.
const HEADERS: [(&str, &str); 4] = [
    ("x-content-type-options", "nosniff"),
    ("content-security-policy", "default-src 'none'; sandbox"),
    ("cross-origin-resource-policy", "cross-origin"),
    ("referrer-policy", "no-referrer"),
];

/// The running server.
pub(super) struct Server {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

struct Front {
    service: S3Service,
    origins: Origins,
}

/// The address under which this machine reaches a listener.
///
/// # Errors
/// When the listener has none any more.
pub(super) fn url(listener: &net::TcpListener) -> anyhow::Result<String> {
    let mut address = listener.local_addr().context("reading the object store's address")?;
    if address.ip().is_unspecified() {
        let loopback = if address.is_ipv4() { "127.0.0.1" } else { "::1" };
        address.set_ip(loopback.parse()?);
    }
    Ok(format!("http://{address}"))
}

impl Server {
    /// Answers requests from now on.
    ///
    /// # Errors
    /// When the listener cannot be used.
    pub(super) fn start(
        listener: net::TcpListener,
        service: S3Service,
        origins: Vec<String>,
    ) -> anyhow::Result<Self> {
        listener.set_nonblocking(true)?;
        // The head of an answer and its body are written apart: the second would wait for the client to acknowledge
        // the first, for up to 40 ms.
        let listener = TcpListener::from_std(listener)?.tap_io(|stream| drop(stream.set_nodelay(true)));
        let front = Front { service, origins: Origins::new(origins) };
        let router = Router::new().fallback(handle).with_state(Arc::new(front));
        let (stop, stopped) = oneshot::channel::<()>();
        let server = axum::serve(listener, router).with_graceful_shutdown(async { drop(stopped.await) });
        let task = tokio::spawn(async {
            if let Err(error) = server.await {
                tracing::error!(cause = %error, "the object store ended");
            }
        });
        Ok(Self { stop, task })
    }

    /// Takes no more connections and lets what is in flight finish.
    pub(super) async fn stop(self) {
        drop(self.stop);
        if tokio::time::timeout(DRAIN_TIMEOUT, self.task).await.is_err() {
            tracing::warn!("some requests of the object store did not finish in time");
        }
    }
}

async fn handle(State(front): State<Arc<Front>>, request: Request) -> Response {
    let origin = front.origins.allowed(request.headers());
    let mut response = if request.method() == Method::OPTIONS {
        front.origins.preflight(request.headers())
    } else {
        answer(&front.service, request).await
    };
    Origins::write(origin.as_ref(), response.headers_mut());
    write_headers(response.headers_mut());
    response
}

async fn answer(service: &S3Service, request: Request) -> Response {
    // Before its body is looked at: forms of browsers are otherwise read into memory as a whole first.
    if !access::claims_signature(request.headers(), request.uri()) {
        return refused();
    }
    match service.call(request.map(s3s::Body::http_body_unsync)).await {
        Ok(response) => with_body(response),
        Err(error) => {
            let error = StdError::from(error);
            tracing::error!(cause = %error, "the object store could not answer");
            failed()
        }
    }
}

fn refused() -> Response {
    s3_error!(AccessDenied, "A signature is required").to_http_response().map_or_else(|_| failed(), with_body)
}

fn failed() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

fn with_body(response: HttpResponse) -> Response {
    response.map(Body::new)
}

fn write_headers(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Without one a browser guesses, in spite of `nosniff`, for what it opens as a page.
    if headers.get(header::CONTENT_LENGTH).is_none_or(|length| length != "0") {
        headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static("application/octet-stream"));
    }
}
