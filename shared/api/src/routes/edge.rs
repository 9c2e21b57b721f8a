//! The edge of a function: canonical paths, a request id on every answer, errors as `application/problem+json`.

use axum::{
    body::HttpBody as _,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, Uri, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use lambda_http::{RequestExt as _, request::RequestContext};

use super::BODY_LENGTH_MAX;
use crate::{
    caller::Caller,
    cors::{self, Origins},
    path,
};
use base::error::{Error, render};
use table::deadline::Deadline;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Wraps every request.
pub(super) async fn edge(State(origins): State<Origins>, mut request: Request, next: Next) -> Response {
    let request_id = request_id(&request).unwrap_or_default();
    let budget = request.extensions().get::<RequestContext>().and_then(Caller::budget);
    let origin = request.headers().get(header::ORIGIN).cloned();
    // Answered whole: it is the gateway that leaves the body out, and it tells how long the body would be.
    if *request.method() == Method::HEAD {
        *request.method_mut() = Method::GET;
    }
    let response = match path_without_stage(&request) {
        _ if cors::is_preflight(&request) => cors::preflight(),
        _ if is_too_large(&request) => Error::too_large().into_response(),
        Some(uri) => {
            *request.uri_mut() = uri;
            let deadline = Deadline::of(request.lambda_context_ref());
            deadline.limit(next.run(request)).await.unwrap_or_else(Error::into_response)
        }
        None => Error::not_found("path").into_response(),
    };
    let mut response = finish(response, &request_id);
    origins.write(origin.as_ref(), response.headers_mut());
    if let Some(budget) = budget {
        budget.write(response.headers_mut());
    }
    response
}

/// The path as the gateway's resources have it; `None` if it is not in canonical form. The runtime puts the name of the
/// stage in front of it, which is no part of our routes.
fn path_without_stage(request: &Request) -> Option<Uri> {
    let path = request.extensions().raw_http_path();
    if !path::is_canonical(path) {
        return None;
    }
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{path}{query}").parse().ok()
}

/// Gives an answer its last form.
pub(super) fn finish(response: Response, request_id: &str) -> Response {
    let mut response = render(response, request_id);
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(X_REQUEST_ID, id);
    }
    // What a team owns is for no cache between it and its client.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Whether the body is larger than any may be, on a route that reads one or not; an event holds it whole.
fn is_too_large(request: &Request) -> bool {
    request.body().size_hint().lower() > BODY_LENGTH_MAX as u64
}

fn request_id(request: &Request) -> Option<String> {
    match request.extensions().get::<RequestContext>()? {
        RequestContext::ApiGatewayV1(context) => context.request_id.clone(),
        _ => None,
    }
}
