//! The event of a request, before it is made into one: what is made of it there must never fail.

use http::{HeaderName, HeaderValue, header};
use lambda_http::request::LambdaRequest;

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The same event with a host, a protocol and a path that make a URL: `lambda_http` puts one together from them, and takes
/// it for granted that it is one. Nothing here asks for the first two, so whoever sent them, they are replaced.
#[must_use]
pub fn sound(mut event: LambdaRequest) -> LambdaRequest {
    if let LambdaRequest::ApiGatewayV1(request) = &mut event {
        for headers in [&mut request.headers, &mut request.multi_value_headers] {
            headers.insert(header::HOST, HeaderValue::from_static("localhost"));
            headers.insert(FORWARDED_PROTO, HeaderValue::from_static("https"));
        }
        let path = request.path.get_or_insert_default();
        if !path.starts_with('/') {
            path.insert(0, '/');
        }
    }
    event
}

#[cfg(test)]
mod tests {
    use lambda_http::Request;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn request(event: Value) -> Request {
        sound(serde_json::from_value::<LambdaRequest>(event).unwrap()).into()
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

    proptest! {
        #[test]
        fn whatever_is_sent_makes_a_request(path: String, host: String, protocol: String) {
            let event = event(&json!(path), &host, &protocol);
            // What is no header is no event: that ends in a refusal, not in a panic.
            if let Ok(event) = serde_json::from_value::<LambdaRequest>(event) {
                let _: Request = sound(event).into();
            }
        }
    }
}
