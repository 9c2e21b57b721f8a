//! Whole requests through the gateway, with functions that answer what a test tells them.

use std::{net::Ipv4Addr, sync::Mutex};

use axum::{body::Body, http::StatusCode};
use serde_json::json;

use super::*;

/// Answers always the same and keeps the events.
struct Told {
    answer: Result<Value, String>,
    events: Mutex<Vec<Value>>,
}

impl Function for Told {
    fn invoke(&self, event: Value) -> BoxFuture<'_, Result<Value, String>> {
        assert_ne!(self.answer, Err("panic".to_owned()), "as told");
        self.events.lock().unwrap().push(event);
        Box::pin(async { self.answer.clone() })
    }
}

struct Api {
    authorizer: Arc<Told>,
    family: Arc<Told>,
}

fn told(answer: Result<Value, String>) -> Arc<Told> {
    Arc::new(Told { answer, events: Mutex::default() })
}

fn api(authorizer: Result<Value, &str>, family: Result<Value, &str>) -> Api {
    Api { authorizer: told(authorizer.map_err(str::to_owned)), family: told(family.map_err(str::to_owned)) }
}

fn policy(effect: &str, resource: &str, context: &Value) -> Value {
    let statement = json!({"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource});
    json!({"principalId": "usr_1", "policyDocument": {"Statement": [statement]}, "context": context})
}

fn allowed() -> Value {
    policy("Allow", "*", &json!({"user_id": "usr_1"}))
}

fn fine() -> Value {
    json!({"statusCode": 200, "body": "{}"})
}

fn request(method: &str, path: &str, body: impl Into<Body>) -> Request {
    Request::builder().method(method).uri(path).header("host", "127.0.0.1:3000").body(body.into()).unwrap()
}

impl Api {
    async fn send(&self, request: Request) -> (StatusCode, HeaderMap, Value) {
        let (status, headers, body) = self.raw(request).await;
        (status, headers, serde_json::from_slice(&body).unwrap())
    }

    async fn raw(&self, request: Request) -> (StatusCode, HeaderMap, Bytes) {
        let function = |name: &str| -> Arc<dyn Function> {
            if name == "authorizer" { self.authorizer.clone() } else { self.family.clone() }
        };
        let (parts, body) =
            Gateway::new(function).handle(request, Ipv4Addr::LOCALHOST.into()).await.into_parts();
        (parts.status, parts.headers, to_bytes(body, 100_000).await.unwrap())
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let (status, _, body) = self.send(request("GET", path, "")).await;
        (status.as_u16(), body["code"].clone())
    }

    fn calls(&self) -> (usize, usize) {
        (self.authorizer.events.lock().unwrap().len(), self.family.events.lock().unwrap().len())
    }
}

#[tokio::test]
async fn what_the_authorizer_allows_reaches_the_function_with_its_context() {
    let api = api(Ok(allowed()), Ok(fine()));
    assert_eq!(api.get("/v1/me").await.0, 200);
    let event = api.family.events.lock().unwrap()[0].clone();
    assert_eq!(event["requestContext"]["authorizer"], json!({"principalId": "usr_1", "user_id": "usr_1"}));
    let asked = api.authorizer.events.lock().unwrap()[0].clone();
    assert_eq!(asked["requestContext"]["requestId"], event["requestContext"]["requestId"]);
}

#[tokio::test]
async fn a_public_resource_asks_no_authorizer() {
    let api = api(Err("Unauthorized"), Ok(fine()));
    assert_eq!(api.get("/v1/health").await.0, 200);
    assert_eq!(api.calls(), (0, 1));
}

#[tokio::test]
async fn what_is_no_path_reaches_nothing() {
    let api = api(Ok(allowed()), Ok(fine()));
    assert_eq!(api.get("*").await, (404, json!("not_found")));
    assert_eq!(api.calls(), (0, 0));
}

#[tokio::test]
async fn a_longer_query_than_api_gateway_takes_is_414_and_reaches_nothing() {
    let api = api(Ok(allowed()), Ok(fine()));
    for query in ["%".repeat(30_000), "%25".repeat(10_000), format!("a={}", "b".repeat(10_235))] {
        let (status, headers, body) = api.send(request("GET", &format!("/v1/me?{query}"), "")).await;
        assert_eq!((status.as_u16(), &body["code"]), (414, &json!("uri_too_long")));
        assert_eq!(headers["content-type"], "application/problem+json");
    }
    assert_eq!(api.calls(), (0, 0));
    assert_eq!(api.get(&format!("/v1/me?{}", "%".repeat(10_000))).await.0, 200);
}

#[tokio::test]
async fn a_refused_credential_is_401_with_a_challenge() {
    let api = api(Err("Unauthorized"), Ok(fine()));
    let (status, headers, body) = api.send(request("GET", "/v1/me", "")).await;
    assert_eq!((status.as_u16(), &body["code"]), (401, &json!("invalid_token")));
    assert_eq!(headers["www-authenticate"], r#"Bearer realm="api", error="invalid_token""#);
    assert_eq!(headers["x-request-id"], body["request_id"].as_str().unwrap());
    assert_eq!(api.calls(), (1, 0));
}

#[tokio::test]
async fn whatever_else_the_authorizer_answers_lets_nobody_pass() {
    let context = json!({"code": "no_access", "detail": "No.", "required_permissions_json": "[]"});
    for (answer, expected) in [
        (Ok(policy("Deny", "*", &context)), (403, json!("no_access"))),
        (Ok(policy("Allow", "arn:aws:execute-api:*/live/POST/*", &context)), (403, json!("no_access"))),
        (Ok(policy("Allow", "*", &json!({"list": []}))), (503, json!("unavailable"))),
        (Ok(json!({})), (503, json!("unavailable"))),
        (Err("unauthorized"), (503, json!("unavailable"))),
        (Err("the table is gone"), (503, json!("unavailable"))),
        (Err("panic"), (503, json!("unavailable"))),
    ] {
        let api = api(answer.clone(), Ok(fine()));
        assert_eq!(api.get("/v1/me").await, expected, "{answer:?}");
        assert_eq!(api.calls().1, 0, "{answer:?}");
    }
}

#[tokio::test]
async fn a_failed_function_is_503_as_one_that_is_throttled_and_tells_nothing() {
    for answer in [Err("secret"), Err("panic"), Ok(json!({"statusCode": "secret"}))] {
        let (status, headers, body) = api(Ok(allowed()), answer).send(request("GET", "/v1/me", "")).await;
        assert_eq!((status.as_u16(), &body["code"]), (503, &json!("unavailable")));
        assert_eq!(headers["retry-after"], "1");
        assert!(!body.to_string().contains("secret"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_function_that_hangs_is_503() {
    struct Hung;
    impl Function for Hung {
        fn invoke(&self, _: Value) -> BoxFuture<'_, Result<Value, String>> {
            Box::pin(std::future::pending())
        }
    }
    let gateway = Gateway::new(|_| Arc::new(Hung));
    let answer = gateway.handle(request("GET", "/v1/health", ""), Ipv4Addr::LOCALHOST.into()).await;
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
}

#[tokio::test]
async fn a_body_over_10_mib_is_413_before_anybody_is_asked_and_over_four_and_a_half_before_the_function() {
    let api = api(Ok(allowed()), Ok(fine()));
    let most = EVENT_BYTES_MAX / 4 * 3;
    let (status, ..) = api.send(request("POST", "/v1/tokens", vec![b'x'; most])).await;
    assert_eq!(status, 200);
    for size in [most + 1, BODY_BYTES_MAX] {
        let (status, _, body) = api.send(request("POST", "/v1/tokens", vec![b'x'; size])).await;
        assert_eq!((status.as_u16(), &body["code"]), (413, &json!("too_large")));
    }
    assert_eq!(api.calls(), (3, 1));
    let (status, ..) = api.send(request("POST", "/v1/tokens", vec![b'x'; BODY_BYTES_MAX + 1])).await;
    assert_eq!(status, 413);
    let mut announced = request("POST", "/v1/tokens", "");
    announced.headers_mut().insert("content-length", (BODY_BYTES_MAX + 1).into());
    assert_eq!(api.send(announced).await.0, 413);
    assert_eq!(api.calls(), (3, 1));
}

#[tokio::test]
async fn a_head_is_answered_with_the_length_of_the_body_and_without_it() {
    for (path, authorizer, status) in
        [("/v1/me", Ok(allowed()), 200), ("/v1/me", Err("Unauthorized"), 401), ("*", Ok(allowed()), 404)]
    {
        let api = api(authorizer, Ok(json!({"statusCode": 200, "body": "{\"a\": 1}"})));
        let (_, get, body) = api.raw(request("GET", path, "")).await;
        let (got, head, nothing) = api.raw(request("HEAD", path, "")).await;
        assert_eq!((got.as_u16(), nothing.len()), (status, 0));
        assert_eq!((&head["content-length"], body.is_empty()), (&body.len().into(), false));
        assert_eq!(head["content-type"], get["content-type"]);
    }
}

#[tokio::test]
async fn a_browser_that_asks_first_meets_no_authorizer() {
    let api = api(Err("Unauthorized"), Ok(fine()));
    assert_eq!(api.send(request("OPTIONS", "/v1/me", "")).await.0, 200);
    assert_eq!(api.send(request("options", "/v1/me", "")).await.0, 401);
    assert_eq!(api.calls(), (1, 1));
}

#[tokio::test]
async fn pages_can_read_what_the_gateway_itself_answers() {
    let shop = "https://shop.example";
    for (origins, asking, allowed) in [
        (None, None, Some("*")),
        (None, Some(shop), Some("*")),
        (Some(shop), None, Some(shop)),
        (Some(shop), Some("https://other.example"), Some(shop)),
        (Some("https://shop.example,https://desk.example"), Some(shop), Some(shop)),
        (Some("https://shop.example,https://desk.example"), None, None),
    ] {
        let refusing = told(Err("Unauthorized".to_owned()));
        let gateway = Gateway::new(|_| refusing.clone()).called_from(Origins::of(origins));
        let mut request = request("GET", "/v1/me", "");
        if let Some(asking) = asking {
            request.headers_mut().insert("origin", asking.parse().unwrap());
        }
        let answer = gateway.handle(request, Ipv4Addr::LOCALHOST.into()).await;
        let origin = answer.headers().get("access-control-allow-origin");
        assert_eq!((answer.status().as_u16(), origin.map(|origin| origin.to_str().unwrap())), (401, allowed));
        assert_eq!(answer.headers()["access-control-expose-headers"], EXPOSED);
        assert_eq!(answer.headers()["vary"], "Origin");
    }
}

#[tokio::test]
async fn a_host_that_could_bend_the_path_is_400() {
    let api = api(Ok(allowed()), Ok(fine()));
    for host in ["", "[", "a b", "127.0.0.1:99999", "127.0.0.1/v1/me?", "u@127.0.0.1", "1.2.3.999", "a\\b"] {
        let mut request = request("GET", "/v1/health", "");
        request.headers_mut().insert("host", host.parse().unwrap());
        assert_eq!(api.send(request).await.0, 400, "{host:?}");
    }
    let mut without = request("GET", "/v1/health", "");
    without.headers_mut().remove("host");
    assert_eq!(api.send(without).await.0, 400);
    assert_eq!(api.calls(), (0, 0));
}

#[tokio::test]
async fn a_line_and_headers_over_ten_kilobytes_are_431_before_anybody_is_asked() {
    let api = api(Ok(allowed()), Ok(fine()));
    let with = |length: usize| {
        let mut request = request("GET", "/v1/health", "");
        request.headers_mut().insert("x-long", "x".repeat(length).parse().unwrap());
        request
    };
    let rest = head_bytes(&with(0).into_parts().0);
    assert_eq!(api.send(with(HEAD_BYTES_MAX - rest)).await.0, 200);
    let (status, _, body) = api.send(with(HEAD_BYTES_MAX - rest + 1)).await;
    assert_eq!((status.as_u16(), &body["code"]), (431, &json!("invalid_request")));
    assert_eq!(api.calls(), (0, 1));
}

#[tokio::test]
async fn a_policy_that_names_more_than_512_characters_is_none() {
    let long = |length: usize| policy("Allow", &"*".repeat(length), &json!({}));
    let takes = async |answer| api(Ok(answer), Ok(fine())).get("/v1/me").await.0;
    assert_eq!((takes(long(512)).await, takes(long(513)).await), (200, 503));
}

#[tokio::test]
async fn a_slash_at_the_end_leads_to_the_same_resource_and_stays_in_the_path() {
    let api = api(Ok(allowed()), Ok(fine()));
    assert_eq!(api.get("/v1/me/").await.0, 200);
    let event = api.family.events.lock().unwrap()[0].clone();
    assert_eq!((&event["resource"], &event["path"]), (&json!("/v1/me"), &json!("/v1/me/")));
    assert_eq!(api.calls(), (1, 1));
}
