//! The API Gateway stand-in: real events in, real answers out, the authorizer's policy honoured.

mod answer;
mod event;
mod head;
mod headers;
mod policy;
mod resources;
mod responses;

use std::{collections::HashMap, net::IpAddr, pin::Pin, sync::Arc, time::Duration};

use api::cors::{EXPOSED, Origins};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, header, request::Parts},
    response::Response,
};
use http_body_util::LengthLimitError;
use serde_json::Value;
use time::OffsetDateTime;
use url::Url;
use uuid::Uuid;

pub use responses::{GatewayResponse, RESPONSES};

use self::{
    event::Call,
    policy::{Context, PolicyDecision},
    responses::Refusal,
};

/// The largest body that API Gateway takes.
const BODY_BYTES_MAX: usize = 10 * 1024 * 1024;
/// The most bytes of the line of a request and its headers, which API Gateway counts together.
const HEAD_BYTES_MAX: usize = 10_240;
/// The most bytes of an event that Lambda takes, of which a body in base 64 is a part: some 4.5 MB of it.
const EVENT_BYTES_MAX: usize = 6 * 1024 * 1024;
/// API Gateway waits no longer for a function.
const FUNCTION_TIMEOUT: Duration = Duration::from_secs(29);
/// The one message of a failed authorizer that means 401.
const UNAUTHORIZED: &str = "Unauthorized";

/// A future in a box.
pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A Lambda function: an event in, an answer out, or the message of its failure.
pub(crate) trait Function: Send + Sync {
    /// Handles one event.
    fn invoke(&self, event: Value) -> BoxFuture<'_, Result<Value, String>>;
}

/// The REST API with its functions.
pub(crate) struct Gateway {
    authorizer: Arc<dyn Function>,
    families: HashMap<&'static str, Arc<dyn Function>>,
    origins: Origins,
}

/// How an invocation ends without an answer.
enum Failure {
    Message(String),
    Timeout,
}

impl Gateway {
    /// The gateway in front of these functions, looked up by name.
    pub(crate) fn new(function: impl Fn(&str) -> Arc<dyn Function>) -> Self {
        let families = crate::families::RESOURCES
            .iter()
            .map(|resource| (resource.function, function(resource.function)))
            .collect();
        Self { authorizer: function("authorizer"), families, origins: Origins::default() }
    }

    /// The same for pages of these origins alone.
    pub(crate) fn called_from(self, origins: Origins) -> Self {
        Self { origins, ..self }
    }

    /// Answers one request.
    pub(crate) async fn handle(&self, request: Request, source_ip: IpAddr) -> Response {
        let request_id = Uuid::new_v4();
        let is_head = *request.method() == Method::HEAD;
        let origin = request.headers().get(header::ORIGIN).cloned();
        let outcome = match read(request, source_ip, request_id).await {
            Ok(call) => self.answer(&call).await,
            Err(refusal) => Err((refusal, Context::new())),
        };
        let response = outcome.unwrap_or_else(|(refusal, context)| {
            let mut answer = refusal.answer(&request_id.to_string(), &context);
            self.allow(origin, answer.headers_mut());
            answer
        });
        if is_head { head::without_body(response) } else { response }
    }

    /// Lets pages read an answer of the gateway itself. It can name one origin, or the one that asks, whichever that is: it
    /// tells nothing that a page without a credential could not have asked for itself.
    fn allow(&self, asking: Option<HeaderValue>, headers: &mut HeaderMap) {
        if let Some(origin) = self.origins.only().or(asking) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        }
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
        headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    }

    async fn answer(&self, call: &Call) -> Result<Response, (Refusal, Context)> {
        // OPTIONS has a method of its own on each resource, which asks nobody: browsers send it without the credential.
        let is_guarded = call.resource.is_guarded && call.parts.method != Method::OPTIONS;
        let context = if is_guarded { Some(self.authorize(call).await?) } else { None };
        self.integrate(call, context).await.map_err(|refusal| (refusal, Context::new()))
    }

    /// Asks the authorizer; the context of its consent.
    async fn authorize(&self, call: &Call) -> Result<Context, (Refusal, Context)> {
        let refuse = |refusal| (refusal, Context::new());
        let answer =
            invoke(&self.authorizer, call.authorizer_event()).await.map_err(|failure| match failure {
                Failure::Message(message) if message == UNAUTHORIZED => refuse(Refusal::Unauthorized),
                failure => {
                    failure.log("authorizer", call.request_id);
                    refuse(Refusal::AuthorizerFailure)
                }
            })?;
        match PolicyDecision::of(answer, &call.method_arn()) {
            Some(PolicyDecision { is_allowed: true, context }) => Ok(context),
            Some(PolicyDecision { is_allowed: false, context }) => Err((Refusal::AccessDenied, context)),
            None => Err(refuse(Refusal::AuthorizerMisconfigured)),
        }
    }

    async fn integrate(&self, call: &Call, context: Option<Context>) -> Result<Response, Refusal> {
        let name = call.resource.function;
        let function = self.families.get(name).ok_or(Refusal::IntegrationFailure)?;
        let event = call.proxy_event(context);
        let body = event["body"].as_str().map_or(0, str::len);
        if body > EVENT_BYTES_MAX {
            return Err(Refusal::TooLarge);
        }
        let answer = invoke(function, event).await.map_err(|failure| {
            failure.log(name, call.request_id);
            match failure {
                Failure::Message(_) => Refusal::IntegrationFailure,
                Failure::Timeout => Refusal::IntegrationTimeout,
            }
        })?;
        answer::response(answer).ok_or(Refusal::IntegrationFailure)
    }
}

impl Failure {
    fn log(&self, function: &str, request_id: Uuid) {
        let cause = match self {
            Self::Message(message) => message,
            Self::Timeout => "it took longer than API Gateway waits",
        };
        tracing::error!(function, %request_id, cause, "the function failed");
    }
}

async fn read(request: Request, source_ip: IpAddr, request_id: Uuid) -> Result<Call, Refusal> {
    let received = OffsetDateTime::now_utc();
    let (parts, body) = request.into_parts();
    // A function would get it decoded and encode it anew, up to three times as long: longer than any URL may be.
    if parts.uri.path_and_query().is_some_and(|uri| uri.as_str().len() > HEAD_BYTES_MAX) {
        return Err(Refusal::UriTooLong);
    }
    if !has_sound_host(&parts) {
        return Err(Refusal::BadRequest);
    }
    if head_bytes(&parts) > HEAD_BYTES_MAX {
        return Err(Refusal::HeadTooLarge);
    }
    let (resource, path_parameters) = resources::find(parts.uri.path()).ok_or(Refusal::NoSuchResource)?;
    let body = read_body(&parts.headers, body).await?;
    Ok(Call { resource, path_parameters, parts, body, source_ip, request_id, received })
}

/// The bytes of the request's line and headers, with what stands between them.
fn head_bytes(parts: &Parts) -> usize {
    let line = parts.method.as_str().len() + parts.uri.to_string().len() + " HTTP/1.1\r\n ".len();
    let headers =
        parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    line + headers.sum::<usize>()
}

async fn read_body(headers: &HeaderMap, body: Body) -> Result<Bytes, Refusal> {
    let announced =
        headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > BODY_BYTES_MAX) {
        return Err(Refusal::TooLarge);
    }
    to_bytes(body, BODY_BYTES_MAX).await.map_err(|error| {
        if error.into_inner().is::<LengthLimitError>() { Refusal::TooLarge } else { Refusal::BadRequest }
    })
}

/// API Gateway knows its own host names only, so a function never sees one that makes no URL, or makes another path.
fn has_sound_host(parts: &Parts) -> bool {
    let mut hosts = parts.headers.get_all(header::HOST).iter();
    let host = hosts
        .next()
        .and_then(|host| host.to_str().ok())
        .filter(|host| !host.contains(['/', '\\', '?', '#', '@']));
    host.is_some_and(|host| Url::parse(&format!("http://{host}/")).is_ok()) && hosts.next().is_none()
}

/// Invokes a function as Lambda does: it goes on to its end even if the client has left, and a panic is its failure.
async fn invoke(function: &Arc<dyn Function>, event: Value) -> Result<Value, Failure> {
    let function = function.clone();
    let invocation = tokio::spawn(async move { function.invoke(event).await });
    match tokio::time::timeout(FUNCTION_TIMEOUT, invocation).await {
        Ok(Ok(outcome)) => outcome.map_err(Failure::Message),
        Ok(Err(crash)) => Err(Failure::Message(crash.to_string())),
        Err(_) => Err(Failure::Timeout),
    }
}

#[cfg(test)]
mod tests;
