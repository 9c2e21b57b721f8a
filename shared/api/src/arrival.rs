//! Sanitizes the event of a request, so that converting it into a request never fails.

use std::collections::HashMap;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderName, HeaderValue, header};
use lambda_http::{aws_lambda_events::query_map::QueryMap, request::LambdaRequest};

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The same event, made so that `lambda_http` can make a request of it: what cannot be read there ends the process. The
/// host, the protocol and the path make a URL; nothing here asks for the first two, so whoever sent them, they are replaced.
/// The rest API Gateway never sends, but whoever may invoke the function does: a body that is not in base 64, though the
/// event says so, is the text that it is, and a parameter without a value is none.
#[must_use]
pub fn sanitize(mut event: LambdaRequest) -> LambdaRequest {
    if let LambdaRequest::ApiGatewayV1(request) = &mut event {
        for headers in [&mut request.headers, &mut request.multi_value_headers] {
            headers.insert(header::HOST, HeaderValue::from_static("localhost"));
            headers.insert(FORWARDED_PROTO, HeaderValue::from_static("https"));
        }
        let path = request.path.get_or_insert_default();
        if !path.starts_with('/') {
            path.insert(0, '/');
        }
        if request.is_base64_encoded
            && let Some(body) = &mut request.body
        {
            match BASE64_STANDARD.decode(&*body).map(String::from_utf8) {
                // Decoded once: what is a text, as JSON is, is handed on as one.
                Ok(Ok(text)) => (*body, request.is_base64_encoded) = (text, false),
                Ok(Err(_)) => {}
                Err(_) => request.is_base64_encoded = false,
            }
        }
        for query in [&mut request.query_string_parameters, &mut request.multi_value_query_string_parameters]
        {
            *query = with_values(query);
        }
    }
    event
}

/// The parameters that have values.
fn with_values(query: &QueryMap) -> QueryMap {
    if query.is_empty() {
        return QueryMap::default();
    }
    // The only way to all of it: its iterator takes for granted that each parameter has a value.
    let all = serde_json::to_value(query).and_then(serde_json::from_value::<HashMap<String, Vec<String>>>);
    let mut all = all.unwrap_or_default();
    all.retain(|_, values| !values.is_empty());
    all.into()
}

#[cfg(test)]
mod tests {
    use lambda_http::Request;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn request(event: Value) -> Request {
        sanitize(serde_json::from_value::<LambdaRequest>(event).unwrap()).into()
    }

    fn event(path: &Value, host: &str, protocol: &str) -> Value {
        json!({
            "resource": "/{proxy+}", "path": path, "httpMethod": "GET",
            "headers": {"Host": host, "X-Forwarded-Proto": protocol, "X-Own": "1"},
            "multiValueHeaders": {"Host": [host, host], "X-Forwarded-Proto": [protocol], "X-Own": ["1"]},
            "requestContext": {"stage": "$default", "domainName": host, "httpMethod": "GET", "identity": {}},
        })
    }

    const ODD: &[&str] = &[
        "", " ", "a b", "[", "a:b", "a:99999", "/", "\\", "@", "a@b:c", "http", "://", "%", "x/y?z#",
        "\u{e9}",
    ];

    #[test]
    fn no_host_and_no_protocol_is_too_odd() {
        for odd in ODD {
            for (host, protocol) in [(*odd, "https"), ("localhost", *odd), (*odd, *odd)] {
                let request = request(event(&json!("/v1/me"), host, protocol));
                assert_eq!(request.uri().path(), "/v1/me", "{odd}");
                assert_eq!(request.headers()["x-own"], "1", "{odd}");
                assert_eq!(request.headers()["host"], "localhost", "{odd}");
            }
        }
    }

    #[test]
    fn no_path_is_too_odd() {
        for odd in ODD {
            request(event(&json!(odd), "localhost", "https"));
        }
        assert_eq!(request(event(&Value::Null, "localhost", "https")).uri().path(), "/");
    }

    #[test]
    fn a_body_that_is_not_in_base64_is_a_text() {
        for (body, read) in
            [("eyJhIjoxfQ==", "{\"a\":1}"), ("{\"a\":1}", "{\"a\":1}"), ("eyJ", "eyJ"), ("", "")]
        {
            let mut event = event(&json!("/v1/me"), "localhost", "https");
            event["body"] = json!(body);
            event["isBase64Encoded"] = json!(true);
            assert_eq!(&**request(event).body(), read.as_bytes());
        }
    }

    #[test]
    fn a_parameter_without_a_value_is_none() {
        for name in ["queryStringParameters", "multiValueQueryStringParameters"] {
            let mut event = event(&json!("/v1/me"), "localhost", "https");
            event[name] = json!({"limit": ["5", "6"], "cursor": [], "a b": ["&"]});
            let query = request(event).uri().query().unwrap().to_owned();
            assert!(query.contains("limit=5"), "{query}");
            assert!(query.contains("a+b=%26"), "{query}");
            assert!(!query.contains("cursor"), "{query}");
        }
        let mut event = event(&json!("/v1/me"), "localhost", "https");
        event["multiValueQueryStringParameters"] = json!({"cursor": []});
        assert_eq!(request(event).uri().query().unwrap_or_default(), "");
    }

    proptest! {
        #[test]
        fn whatever_is_sent_makes_a_request(path: String, host: String, protocol: String) {
            let event = event(&json!(path), &host, &protocol);
            // What is no header is no event: that ends in a refusal, not in a panic.
            if let Ok(event) = serde_json::from_value::<LambdaRequest>(event) {
                let _: Request = sanitize(event).into();
            }
        }
    }
}
