//! The body of an error, which only the edge of a function can give it: it needs the id of the request.

use std::sync::Arc;

use axum::{http::header, response::Response};

use super::Error;

/// Turns an error that a handler left behind into its body. A refusal that did not come from a handler, such as a body
/// over the limit, is turned into one of ours.
pub fn render(mut response: Response, request_id: &str) -> Response {
    let Some(error) = response.extensions_mut().remove::<Arc<Error>>() else { return response };
    let mut answer = error.respond(request_id);
    // What the routing and a handler alone know.
    for name in [header::ALLOW, header::ACCESS_CONTROL_ALLOW_ORIGIN] {
        if let Some(value) = response.headers().get(&name) {
            answer.headers_mut().insert(name, value.clone());
        }
    }
    answer
}
