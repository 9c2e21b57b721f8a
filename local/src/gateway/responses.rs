//! The gateway's own answers, as `template.yaml` declares them under `GatewayResponses`.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse as _, Response},
};
use serde_json::Value;

use super::policy::Context;

/// One of the gateway's own answers.
#[derive(Debug)]
pub struct GatewayResponse {
    /// Its name in API Gateway.
    pub name: &'static str,
    /// The HTTP status; none where the one of the failure is kept.
    pub status: Option<u16>,
    /// The body, with `$context.…` for what each request fills in.
    pub body: &'static str,
    /// The headers, with the same variables.
    pub headers: &'static [(&'static str, &'static str)],
}

macro_rules! problem {
    ($title:literal, $code:literal, $detail:literal) => {
        concat!(
            r#"{"type":"about:blank","title":""#, $title, r#"","code":""#, $code,
            r#"","detail":""#, $detail, r#"","request_id":"$context.requestId","errors":[]}"#
        )
    };
    ($title:literal, $status:literal, $code:literal, $detail:literal $(, $rest:literal)?) => {
        concat!(
            r#"{"type":"about:blank","title":""#, $title, r#"","status":"#, $status, r#","code":""#, $code,
            r#"","detail":""#, $detail, r#"","request_id":"$context.requestId","errors":[]"#, $($rest,)? "}"
        )
    };
}

const TYPE: (&str, &str) = ("Content-Type", "application/problem+json");
const ID: (&str, &str) = ("X-Request-Id", "$context.requestId");
const WAIT: (&str, &str) = ("Retry-After", "1");
const CHALLENGE: (&str, &str) = ("WWW-Authenticate", r#"Bearer realm="api", error="invalid_token""#);

/// Which permission is missing, if it is one that another token could have.
const SCOPE: (&str, &str) = ("WWW-Authenticate", "$context.authorizer.challenge");

const NOT_FOUND: &str = problem!("Not Found", 404, "not_found", "There is no such path.");
const UNAUTHORIZED: &str = problem!(
    "Unauthorized",
    401,
    "invalid_token",
    "No valid credential was sent. Of a token, its owner finds the reason in its history, under SETTINGS > API ACCESS."
);
const BAD_REQUEST: &str = problem!("Bad Request", 400, "invalid_request", "The request is not valid.");
const RATE_LIMITED: &str = problem!(
    "Too Many Requests",
    429,
    "rate_limited",
    "Too many requests. Wait as long as Retry-After says."
);
const INTERNAL: &str = problem!(
    "Internal Server Error",
    500,
    "internal",
    "Something failed on our side. It is logged under the request_id."
);

const UNAVAILABLE: &str =
    problem!("Service Unavailable", 503, "unavailable", "The service is busy. Try again in a moment.");

/// All of them.
pub const RESPONSES: &[GatewayResponse] = &[
    response("UNAUTHORIZED", 401, UNAUTHORIZED, &[TYPE, ID, CHALLENGE]),
    response("INVALID_SIGNATURE", 401, UNAUTHORIZED, &[TYPE, ID, CHALLENGE]),
    response("EXPIRED_TOKEN", 401, UNAUTHORIZED, &[TYPE, ID, CHALLENGE]),
    response(
        "ACCESS_DENIED",
        403,
        problem!(
            "Forbidden",
            403,
            "$context.authorizer.code",
            "$context.authorizer.detail",
            r#","required_permissions":$context.authorizer.required_permissions_json"#
        ),
        &[TYPE, ID, SCOPE],
    ),
    response(
        "WAF_FILTERED",
        403,
        problem!("Forbidden", 403, "filtered", "The request was refused by a rule of a firewall."),
        &[TYPE, ID],
    ),
    response("MISSING_AUTHENTICATION_TOKEN", 404, NOT_FOUND, &[TYPE, ID]),
    response("RESOURCE_NOT_FOUND", 404, NOT_FOUND, &[TYPE, ID]),
    response("BAD_REQUEST_BODY", 400, BAD_REQUEST, &[TYPE, ID]),
    response("BAD_REQUEST_PARAMETERS", 400, BAD_REQUEST, &[TYPE, ID]),
    response(
        "REQUEST_TOO_LARGE",
        413,
        problem!("Payload Too Large", 413, "too_large", "The body is larger than 1 MiB."),
        &[TYPE, ID],
    ),
    response(
        "UNSUPPORTED_MEDIA_TYPE",
        415,
        problem!(
            "Unsupported Media Type",
            415,
            "unsupported_media_type",
            "The body must be JSON, sent with Content-Type: application/json."
        ),
        &[TYPE, ID],
    ),
    response("THROTTLED", 429, RATE_LIMITED, &[TYPE, ID, WAIT]),
    response("QUOTA_EXCEEDED", 429, RATE_LIMITED, &[TYPE, ID, WAIT]),
    GatewayResponse {
        name: "DEFAULT_4XX",
        status: None,
        body: problem!("Request Refused", "invalid_request", "The request is not valid."),
        headers: &[TYPE, ID],
    },
    response("AUTHORIZER_FAILURE", 503, UNAVAILABLE, &[TYPE, ID, WAIT]),
    response("AUTHORIZER_CONFIGURATION_ERROR", 503, UNAVAILABLE, &[TYPE, ID, WAIT]),
    response("API_CONFIGURATION_ERROR", 500, INTERNAL, &[TYPE, ID]),
    response("INTEGRATION_FAILURE", 503, UNAVAILABLE, &[TYPE, ID, WAIT]),
    response("INTEGRATION_TIMEOUT", 503, UNAVAILABLE, &[TYPE, ID, WAIT]),
    GatewayResponse {
        name: "DEFAULT_5XX",
        status: None,
        body: problem!(
            "Service Failure",
            "internal",
            "Something failed on our side. It is logged under the request_id."
        ),
        headers: &[TYPE, ID],
    },
];

/// What API Gateway says to a longer request line than it takes, before anything of the API is asked.
const URI_TOO_LONG: GatewayResponse = response(
    "URI_TOO_LONG",
    414,
    problem!(
        "URI Too Long",
        414,
        "uri_too_long",
        "The path and the query are too long: send a body instead."
    ),
    &[TYPE, ID],
);

const fn response(
    name: &'static str,
    status: u16,
    body: &'static str,
    headers: &'static [(&'static str, &'static str)],
) -> GatewayResponse {
    GatewayResponse { name, status: Some(status), body, headers }
}

/// Why the gateway answers by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Unauthorized,
    AccessDenied,
    NoSuchResource,
    BadRequest,
    UriTooLong,
    HeadTooLarge,
    TooLarge,
    AuthorizerFailure,
    AuthorizerMisconfigured,
    IntegrationFailure,
    IntegrationTimeout,
}

impl Refusal {
    const fn name(self) -> &'static str {
        match self {
            Self::Unauthorized => "UNAUTHORIZED",
            Self::AccessDenied => "ACCESS_DENIED",
            // API Gateway takes an unknown path for a forgotten signature.
            Self::NoSuchResource => "MISSING_AUTHENTICATION_TOKEN",
            Self::BadRequest | Self::HeadTooLarge => "DEFAULT_4XX",
            Self::UriTooLong => URI_TOO_LONG.name,
            Self::TooLarge => "REQUEST_TOO_LARGE",
            Self::AuthorizerFailure => "AUTHORIZER_FAILURE",
            Self::AuthorizerMisconfigured => "AUTHORIZER_CONFIGURATION_ERROR",
            Self::IntegrationFailure => "INTEGRATION_FAILURE",
            Self::IntegrationTimeout => "INTEGRATION_TIMEOUT",
        }
    }

    /// The status of what has no name of its own.
    const fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::HeadTooLarge => 431,
            _ => 500,
        }
    }

    /// The answer, filled in from the request's id and the authorizer's context.
    pub(super) fn answer(self, request_id: &str, context: &Context) -> Response {
        let mut templates = RESPONSES.iter().chain([&URI_TOO_LONG]);
        let Some(template) = templates.find(|response| response.name == self.name()) else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let mut answer = Response::new(Body::from(filled(template.body, request_id, context)));
        *answer.status_mut() = StatusCode::from_u16(template.status.unwrap_or(self.status()))
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in template.headers {
            let value = HeaderValue::from_str(&filled(value, request_id, context));
            // A variable without a value makes no header.
            let value = value.ok().filter(|value| !value.is_empty());
            if let (Ok(name), Some(value)) = (name.parse::<HeaderName>(), value) {
                answer.headers_mut().insert(name, value);
            }
        }
        answer
    }
}

/// What API Gateway fills in itself of an authorizer, whatever the authorizer's context holds.
const BUILT_IN: &[&str] =
    &["claims", "error", "integrationLatency", "integrationStatus", "latency", "requestId", "status"];

/// The template with its variables replaced, by nothing where there is no value; texts go in as they are.
fn filled(template: &str, request_id: &str, context: &Context) -> String {
    let mut parts = template.split("$context.");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '.';
        let (name, rest) = part.split_at(part.find(|letter| !is_name(letter)).unwrap_or(part.len()));
        let from_authorizer =
            |name| context.get(name).filter(|_| !BUILT_IN.contains(&name)).and_then(Value::as_str);
        let value = match name {
            "requestId" => Some(request_id),
            _ => name.strip_prefix("authorizer.").and_then(from_authorizer),
        };
        text.push_str(value.unwrap_or_default());
        text.push_str(rest);
    }
    text
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use serde_json::json;

    use super::*;

    const ALL: &[Refusal] = &[
        Refusal::Unauthorized,
        Refusal::AccessDenied,
        Refusal::NoSuchResource,
        Refusal::BadRequest,
        Refusal::UriTooLong,
        Refusal::HeadTooLarge,
        Refusal::TooLarge,
        Refusal::AuthorizerFailure,
        Refusal::AuthorizerMisconfigured,
        Refusal::IntegrationFailure,
        Refusal::IntegrationTimeout,
    ];

    fn context() -> Context {
        let context = json!({"error": "insufficient_scope", "code": "insufficient_scope", "detail": "The token needs the permission object:read.",
            "required_permissions_json": "[\"object:read\"]"});
        context.as_object().cloned().unwrap()
    }

    #[test]
    fn variables_are_replaced_wherever_they_stand() {
        for (template, expected) in [
            ("", ""),
            ("$context.requestId", "r-1"),
            ("\"$context.requestId\"", "\"r-1\""),
            ("a $context.authorizer.code b $context.requestId", "a insufficient_scope b r-1"),
            ("<$context.authorizer.error>", "<>"),
            ("<$context.authorizer.unknown>", "<>"),
            ("<$context.unknown>", "<>"),
            ("$100 $context", "$100 $context"),
        ] {
            assert_eq!(filled(template, "r-1", &context()), expected, "{template}");
        }
    }

    #[tokio::test]
    async fn each_refusal_is_a_problem_with_the_requests_id() {
        for refusal in ALL {
            let answer = refusal.answer("r-1", &context());
            let status = answer.status().as_u16();
            assert_eq!(answer.headers()["content-type"], "application/problem+json");
            assert_eq!(answer.headers()["x-request-id"], "r-1");
            let body: Value =
                serde_json::from_slice(&to_bytes(answer.into_body(), 10_000).await.unwrap()).unwrap();
            let repeated = body.get("status").and_then(Value::as_u64);
            assert!(repeated.is_none_or(|repeated| repeated == u64::from(status)), "{refusal:?}");
            assert_eq!(&body["request_id"], &json!("r-1"), "{refusal:?}");
        }
    }

    #[tokio::test]
    async fn a_denial_names_the_missing_permission() {
        let mut context = context();
        let answer = Refusal::AccessDenied.answer("r-1", &context);
        assert!(!answer.headers().contains_key("www-authenticate"));
        context.insert("challenge".to_owned(), json!("Bearer scope=\"object:read\""));
        let answer = Refusal::AccessDenied.answer("r-1", &context);
        assert_eq!(answer.headers()["www-authenticate"], "Bearer scope=\"object:read\"");
        let body: Value =
            serde_json::from_slice(&to_bytes(answer.into_body(), 10_000).await.unwrap()).unwrap();
        let expected = json!({
            "type": "about:blank", "title": "Forbidden", "status": 403, "code": "insufficient_scope",
            "detail": "The token needs the permission object:read.", "request_id": "r-1", "errors": [],
            "required_permissions": ["object:read"],
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn names_are_unique_and_titles_are_those_of_the_status() {
        let names: std::collections::HashSet<_> = RESPONSES.iter().map(|response| response.name).collect();
        assert_eq!(names.len(), RESPONSES.len());
        for response in RESPONSES {
            let Some(status) = response.status else {
                // It may be any, so none is named.
                assert!(response.name.starts_with("DEFAULT_") && !response.body.contains("status"));
                continue;
            };
            let title = StatusCode::from_u16(status).unwrap().canonical_reason().unwrap();
            assert!(
                response.body.contains(&format!(r#""title":"{title}","status":{status},"#)),
                "{response:?}"
            );
        }
    }
}
