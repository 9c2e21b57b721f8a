//! A request in the words of API Gateway: the events for the authorizer and for the function behind a resource.

use std::{collections::BTreeMap, net::IpAddr};

use axum::{
    body::Bytes,
    http::{header, request::Parts},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::families::Resource;

use super::{
    headers::{self, Lists, text},
    policy::Context,
    resources::PathParameters,
};

const ACCOUNT: &str = "000000000000";
const API: &str = "local";
const STAGE: &str = "live";

/// A request for a resource.
pub(super) struct Call {
    pub(super) resource: &'static Resource,
    pub(super) path_parameters: PathParameters,
    pub(super) parts: Parts,
    pub(super) body: Bytes,
    pub(super) source_ip: IpAddr,
    pub(super) request_id: Uuid,
    pub(super) received: OffsetDateTime,
}

impl Call {
    /// The path as it was sent.
    fn path(&self) -> &str {
        self.parts.uri.path()
    }

    /// What a policy must allow.
    pub(super) fn method_arn(&self) -> String {
        let path = self.path().trim_start_matches('/');
        format!("arn:aws:execute-api:local:{ACCOUNT}:{API}/{STAGE}/{}/{path}", self.parts.method)
    }

    /// The event of a `REQUEST` authorizer.
    pub(super) fn authorizer_event(&self) -> Value {
        let mut event = self.common();
        event.insert("type".to_owned(), json!("REQUEST"));
        event.insert("methodArn".to_owned(), json!(self.method_arn()));
        Value::Object(event)
    }

    /// The event of a Lambda proxy integration.
    pub(super) fn proxy_event(&self, authorizer: Option<Context>) -> Value {
        let mut event = self.common();
        let (body, is_base64) = self.body();
        event.insert("body".to_owned(), body);
        event.insert("isBase64Encoded".to_owned(), json!(is_base64));
        if let Some(authorizer) = authorizer {
            event["requestContext"]["authorizer"] = Value::Object(authorizer);
        }
        Value::Object(event)
    }

    fn common(&self) -> Map<String, Value> {
        let headers = headers::handed_on(&self.parts.headers, self.source_ip);
        let query = self.query();
        let event = json!({
            "resource": self.resource.path,
            "path": self.path(),
            "httpMethod": self.parts.method.as_str(),
            "headers": last_of_each(&headers),
            "multiValueHeaders": headers,
            "queryStringParameters": query.as_ref().map(last_of_each),
            "multiValueQueryStringParameters": query,
            "pathParameters": self.path_parameters(),
            "stageVariables": null,
            "requestContext": self.context(),
        });
        if let Value::Object(event) = event { event } else { Map::new() }
    }

    fn context(&self) -> Value {
        let text = |name| self.parts.headers.get(name).map(text);
        json!({
            "accountId": ACCOUNT,
            "apiId": API,
            "domainName": text(header::HOST),
            "extendedRequestId": STANDARD.encode(&self.request_id.as_bytes()[..11]),
            "httpMethod": self.parts.method.as_str(),
            "identity": {
                "accessKey": null,
                "accountId": null,
                "caller": null,
                "cognitoAuthenticationProvider": null,
                "cognitoAuthenticationType": null,
                "cognitoIdentityId": null,
                "cognitoIdentityPoolId": null,
                "principalOrgId": null,
                "sourceIp": self.source_ip.to_string(),
                "user": null,
                "userAgent": text(header::USER_AGENT),
                "userArn": null,
            },
            // As behind a domain: only the address that API Gateway gives has the stage in it.
            "path": self.path(),
            "protocol": format!("{:?}", self.parts.version),
            "requestId": self.request_id.to_string(),
            "requestTime": common_log_time(self.received),
            "requestTimeEpoch": epoch_millis(self.received),
            "resourcePath": self.resource.path,
            "stage": STAGE,
        })
    }

    fn query(&self) -> Option<Lists> {
        let query = self.parts.uri.query().filter(|query| !query.is_empty())?;
        let mut lists = Lists::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            lists.entry(name.into_owned()).or_default().push(value.into_owned());
        }
        Some(lists)
    }

    fn path_parameters(&self) -> Value {
        if self.path_parameters.is_empty() {
            return Value::Null;
        }
        self.path_parameters.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect()
    }

    /// The body in base 64, as the API takes all media types for binary ones.
    fn body(&self) -> (Value, bool) {
        if self.body.is_empty() { (Value::Null, false) } else { (json!(STANDARD.encode(&self.body)), true) }
    }
}

fn last_of_each(lists: &Lists) -> BTreeMap<&str, &str> {
    lists.iter().filter_map(|(name, values)| Some((name.as_str(), values.last()?.as_str()))).collect()
}

fn epoch_millis(at: OffsetDateTime) -> i64 {
    at.unix_timestamp() * 1_000 + i64::from(at.millisecond())
}

/// Such as `09/Apr/2015:12:34:56 +0000`.
fn common_log_time(at: OffsetDateTime) -> String {
    let month = at.month().to_string();
    let (hour, minute, second) = at.to_hms();
    format!("{:02}/{}/{}:{hour:02}:{minute:02}:{second:02} +0000", at.day(), &month[..3], at.year())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use axum::http::{HeaderValue, Request};

    use super::*;
    use crate::gateway::resources;

    fn call(method: &str, uri: &str, headers: &[(&str, &[u8])], body: &[u8]) -> Call {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, HeaderValue::from_bytes(value).unwrap());
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let (resource, path_parameters) = resources::find(parts.uri.path()).unwrap();
        Call {
            resource,
            path_parameters,
            parts,
            body: Bytes::copy_from_slice(body),
            source_ip: Ipv4Addr::LOCALHOST.into(),
            request_id: Uuid::nil(),
            received: OffsetDateTime::from_unix_timestamp_nanos(1_428_582_896_007_000_000).unwrap(),
        }
    }

    const UPSERT: &str = "/v1/teams/t%31/objects/contacts?match=email&tag=a&tag=b+c&empty&x=%26%e4";

    fn upsert() -> Call {
        let headers: &[(&str, &[u8])] = &[
            ("Host", b"127.0.0.1:3000"),
            ("User-Agent", b"curl/8"),
            ("X-Twice", b"1"),
            ("X-Twice", b"2"),
            ("X-Odd", b"\xff"),
            ("X-Forwarded-For", b"10.0.0.9"),
            ("X-Forwarded-Proto", b"gopher, https"),
        ];
        call("PUT", UPSERT, headers, br#"{"fields":{}}"#)
    }

    #[test]
    fn a_proxy_event_is_whole() {
        let context = json!({"principalId": "usr_1", "team_id": "t1"}).as_object().cloned();
        let event = upsert().proxy_event(context);
        let expected = json!({
            "resource": "/v1/teams/{team}/objects/{proxy+}",
            "path": "/v1/teams/t%31/objects/contacts",
            "httpMethod": "PUT",
            "headers": {
                "host": "127.0.0.1:3000", "user-agent": "curl/8", "x-twice": "2", "x-odd": "\u{fffd}",
                "x-forwarded-for": "10.0.0.9, 127.0.0.1", "x-forwarded-port": "3000", "x-forwarded-proto": "http",
            },
            "multiValueHeaders": {
                "host": ["127.0.0.1:3000"], "user-agent": ["curl/8"], "x-twice": ["1", "2"], "x-odd": ["\u{fffd}"],
                "x-forwarded-for": ["10.0.0.9, 127.0.0.1"], "x-forwarded-port": ["3000"], "x-forwarded-proto": ["http"],
            },
            "queryStringParameters": {"match": "email", "tag": "b c", "empty": "", "x": "&\u{fffd}"},
            "multiValueQueryStringParameters": {"match": ["email"], "tag": ["a", "b c"], "empty": [""], "x": ["&\u{fffd}"]},
            "pathParameters": {"team": "t1", "proxy": "contacts"},
            "stageVariables": null,
            "requestContext": {
                "accountId": "000000000000", "apiId": "local", "domainName": "127.0.0.1:3000",
                "extendedRequestId": "AAAAAAAAAAAAAAA=", "httpMethod": "PUT",
                "identity": {
                    "accessKey": null, "accountId": null, "caller": null, "cognitoAuthenticationProvider": null,
                    "cognitoAuthenticationType": null, "cognitoIdentityId": null, "cognitoIdentityPoolId": null,
                    "principalOrgId": null, "sourceIp": "127.0.0.1", "user": null, "userAgent": "curl/8", "userArn": null,
                },
                "path": "/v1/teams/t%31/objects/contacts", "protocol": "HTTP/1.1",
                "requestId": "00000000-0000-0000-0000-000000000000",
                "requestTime": "09/Apr/2015:12:34:56 +0000", "requestTimeEpoch": 1_428_582_896_007_i64,
                "resourcePath": "/v1/teams/{team}/objects/{proxy+}", "stage": "live",
                "authorizer": {"principalId": "usr_1", "team_id": "t1"},
            },
            "body": "eyJmaWVsZHMiOnt9fQ==",
            "isBase64Encoded": true,
        });
        assert_eq!(event, expected);
    }

    #[test]
    fn an_authorizer_event_has_the_same_request_but_no_body() {
        let mut expected = upsert().proxy_event(None);
        let event = upsert().authorizer_event();
        let members = expected.as_object_mut().unwrap();
        members.remove("body");
        members.remove("isBase64Encoded");
        members.insert("type".to_owned(), json!("REQUEST"));
        let arn = "arn:aws:execute-api:local:000000000000:local/live/PUT/v1/teams/t%31/objects/contacts";
        members.insert("methodArn".to_owned(), json!(arn));
        assert_eq!(event, expected);
    }

    #[test]
    fn what_a_request_lacks_is_null() {
        let event = call("GET", "/v1/me", &[], b"").proxy_event(None);
        for place in ["body", "queryStringParameters", "multiValueQueryStringParameters", "pathParameters"] {
            assert_eq!(event[place], Value::Null, "{place}");
        }
        assert_eq!(event["requestContext"].get("authorizer"), None);
        assert_eq!(event["requestContext"]["identity"]["userAgent"], Value::Null);
    }

    #[test]
    fn a_body_comes_in_base_64() {
        for (body, expected) in [(&b"{}"[..], "e30="), (b"caf\xc3\xa9", "Y2Fmw6k="), (b"\xff\x00", "/wA=")] {
            let event = call("POST", "/v1/tokens", &[], body).proxy_event(None);
            assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!(expected), &json!(true)));
        }
    }

    #[test]
    fn any_method_is_passed_on() {
        for method in ["GET", "get", "PROPFIND", "M-SEARCH"] {
            assert_eq!(call(method, "/v1/me", &[], b"").proxy_event(None)["httpMethod"], method);
        }
    }
}
