//! What a function answers, turned into an HTTP response.

use std::collections::HashMap;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::Value;

/// The answer of a Lambda proxy integration.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status_code: u16,
    headers: Option<HashMap<String, String>>,
    multi_value_headers: Option<HashMap<String, Vec<String>>>,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
}

/// The response; `None` if the answer is malformed, which API Gateway calls a failure of the function.
pub(super) fn response(answer: Value) -> Option<Response> {
    let Answer { status_code, headers, multi_value_headers, body, is_base64_encoded } =
        serde_json::from_value(answer).ok()?;
    let body = body.unwrap_or_default();
    let body = if is_base64_encoded == Some(true) { STANDARD.decode(body).ok()? } else { body.into_bytes() };
    let is_empty = body.is_empty();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() =
        StatusCode::from_u16(status_code).ok().filter(|status| status.as_u16() >= 200)?;
    *response.headers_mut() = merged(headers.unwrap_or_default(), &multi_value_headers.unwrap_or_default())?;
    if !is_empty {
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().entry(header::CONTENT_TYPE).or_insert(json);
    }
    Some(response)
}

/// Both kinds of headers; a name that stands in both counts with its list.
fn merged(single: HashMap<String, String>, lists: &HashMap<String, Vec<String>>) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in single {
        headers.insert(name.parse::<HeaderName>().ok()?, HeaderValue::from_str(&value).ok()?);
    }
    for (name, values) in lists {
        let name = name.parse::<HeaderName>().ok()?;
        headers.remove(&name);
        for value in values {
            headers.append(&name, HeaderValue::from_str(value).ok()?);
        }
    }
    // The server writes these by itself, from the body it sends.
    for name in [header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING] {
        headers.remove(name);
    }
    Some(headers)
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn an_answer_becomes_a_response() {
        let answer = json!({
            "statusCode": 201,
            "headers": {"ETag": "\"1\"", "x-list": "0", "Content-Length": "999"},
            "multiValueHeaders": {"X-List": ["1", "2"], "content-type": ["text/plain"]},
            "body": "caf\u{e9}",
            "isBase64Encoded": false,
        });
        let response = response(answer).unwrap();
        assert_eq!(response.status(), 201);
        let headers = response.headers();
        assert_eq!(
            (&headers["etag"], &headers["content-type"]),
            (&"\"1\"".parse().unwrap(), &"text/plain".parse().unwrap())
        );
        assert_eq!(headers.get_all("x-list").iter().collect::<Vec<_>>(), ["1", "2"]);
        assert!(!headers.contains_key("content-length"));
        assert_eq!(to_bytes(response.into_body(), 100).await.unwrap(), "café".as_bytes());
    }

    #[tokio::test]
    async fn an_empty_answer_has_no_type() {
        for answer in [json!({"statusCode": 204}), json!({"statusCode": 202, "body": ""})] {
            assert!(!response(answer).unwrap().headers().contains_key("content-type"));
        }
    }

    #[tokio::test]
    async fn a_short_answer_is_json_and_base_64_is_decoded() {
        let response = response(json!({"statusCode": 200, "body": "/wA=", "isBase64Encoded": true})).unwrap();
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(to_bytes(response.into_body(), 100).await.unwrap(), &b"\xff\0"[..]);
    }

    #[test]
    fn a_malformed_answer_is_none() {
        for answer in [
            json!(null),
            json!({}),
            json!({"statusCode": "200"}),
            json!({"statusCode": 42}),
            json!({"statusCode": 100}),
            json!({"statusCode": 200, "body": {}}),
            json!({"statusCode": 200, "body": "?", "isBase64Encoded": true}),
            json!({"statusCode": 200, "headers": {"a b": "c"}}),
            json!({"statusCode": 200, "headers": {"a": "b\r\nc"}}),
        ] {
            assert!(response(answer.clone()).is_none(), "{answer}");
        }
    }
}
