//! The authorizer events of API Gateway, whose three formats are parsed into one request.

use std::{fmt, net::IpAddr};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};

use crate::token::{LastUsed, StoredToken};
use base::{
    access::Credential,
    actor::{Actor, Source},
    secret::redact_secrets,
    text::shown,
    timestamp::Timestamp,
};

/// More of a client's name for itself is not kept.
const USER_AGENT_LENGTH_MAX: usize = 256;

/// An event of API Gateway: REST API `TOKEN` and `REQUEST`, HTTP API with payload format 2.0. Of its headers only the
/// credential is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    version: Option<String>,
    r#type: Option<String>,
    method_arn: Option<String>,
    authorization_token: Option<String>,
    path: Option<String>,
    raw_path: Option<String>,
    http_method: Option<String>,
    headers: Option<Authorization>,
    multi_value_headers: Option<Authorization>,
    #[serde(default)]
    request_context: RequestContext,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RequestContext {
    request_id: Option<String>,
    stage: Option<String>,
    domain_name: Option<String>,
    identity: ClientInfo,
    http: Http,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ClientInfo {
    source_ip: Option<String>,
    user_agent: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Http {
    method: Option<String>,
    source_ip: Option<String>,
    user_agent: Option<String>,
}

/// What API Gateway asks the authorizer.
pub(super) struct AuthorizationRequest {
    pub(super) format: EventFormat,
    pub(super) method: String,
    pub(super) path: String,
    /// What stands behind `Bearer`.
    pub(super) credential: Option<String>,
    pub(super) request_id: String,
    client: ClientInfo,
}

/// The format of the event, which decides the format of the answer.
pub(super) enum EventFormat {
    /// An IAM policy for this method ARN (REST API).
    Policy(String),
    /// A yes or no with context (HTTP API 2.0, simple response).
    Simple,
}

impl AuthorizationRequest {
    /// The address of the client, IPv4 in IPv6 taken for what it is.
    pub(super) fn address(&self) -> Option<IpAddr> {
        Some(self.client.source_ip.as_deref()?.parse::<IpAddr>().ok()?.to_canonical())
    }

    /// This use of a credential, as it is recorded.
    pub(super) fn usage(&self, at: Timestamp) -> LastUsed {
        let ClientInfo { source_ip, user_agent } = &self.client;
        let user_agent = user_agent.as_ref().and_then(|name| shown(name, USER_AGENT_LENGTH_MAX));
        let user_agent = user_agent.map(|name| redact_secrets(&name));
        LastUsed { at, ip: source_ip.clone(), user_agent }
    }

    /// The actor of what the authorizer itself writes: whoever sent the token.
    pub(super) fn actor(&self, token: &StoredToken, now: Timestamp) -> Actor {
        Actor {
            user: Some(token.user.clone()),
            credential: Some(Credential::Token),
            token: Some(token.id.clone()),
            form: None,
            ip: self.usage(now).ip.unwrap_or_default(),
            source: Source::Api,
            request_id: self.request_id.clone(),
        }
    }
}

impl TryFrom<Event> for AuthorizationRequest {
    type Error = lambda_runtime::Error;

    /// Reads an event.
    ///
    /// # Errors
    /// When it has none of the three forms.
    fn try_from(event: Event) -> Result<Self, Self::Error> {
        if event.version.as_deref() == Some("2.0") { of_http(event) } else { of_rest(event) }
    }
}

fn of_rest(event: Event) -> Result<AuthorizationRequest, lambda_runtime::Error> {
    let arn = event.method_arn.ok_or("no methodArn")?;
    let (of_arn_method, of_arn_path) = method_and_path(&arn).ok_or("the method ARN has no route")?;
    let (method, path, authorization) = match event.r#type.as_deref() {
        Some("TOKEN") => (of_arn_method, of_arn_path, event.authorization_token),
        Some("REQUEST") => {
            // Sent twice it is none, as it would be unclear which one counts.
            let is_single = event.multi_value_headers.is_none_or(|headers| headers.is_clear());
            let authorization = event.headers.filter(|_| is_single).and_then(Authorization::single);
            (event.http_method.ok_or("no httpMethod")?, event.path.ok_or("no path")?, authorization)
        }
        _ => return Err("the event is neither TOKEN nor REQUEST".into()),
    };
    let RequestContext { request_id, identity, .. } = event.request_context;
    Ok(AuthorizationRequest {
        method,
        path,
        credential: authorization.as_deref().and_then(bearer),
        client: identity,
        request_id: request_id.unwrap_or_default(),
        format: EventFormat::Policy(arn),
    })
}

fn of_http(event: Event) -> Result<AuthorizationRequest, lambda_runtime::Error> {
    let RequestContext { request_id, stage, domain_name, http, .. } = event.request_context;
    let Http { method, source_ip, user_agent } = http;
    let path = event.raw_path.ok_or("no rawPath")?;
    // Under API Gateway's own name a stage other than $default is part of rawPath; routes are written without it.
    let has_own_name = domain_name.is_none_or(|name| name.contains(".execute-api."));
    let stage = stage.filter(|stage| stage != "$default" && has_own_name).map(|stage| format!("/{stage}"));
    let without_stage = stage.and_then(|stage| path.strip_prefix(&stage).map(str::to_owned));
    let without_stage = without_stage.filter(|path| path.starts_with('/'));
    Ok(AuthorizationRequest {
        format: EventFormat::Simple,
        method: method.ok_or("no method")?,
        path: without_stage.unwrap_or(path),
        credential: event.headers.and_then(Authorization::single).as_deref().and_then(bearer),
        client: ClientInfo { source_ip, user_agent },
        request_id: request_id.unwrap_or_default(),
    })
}

/// Method and path of `arn:aws:execute-api:region:account:api/stage/METHOD/path`.
fn method_and_path(arn: &str) -> Option<(String, String)> {
    let mut parts = arn.splitn(6, ':').nth(5)?.splitn(4, '/').skip(2);
    Some((parts.next()?.to_owned(), format!("/{}", parts.next().unwrap_or_default())))
}

/// The values of the header, whatever its case (RFC 9110); none in the place of one that is no text.
struct Authorization(Vec<Option<String>>);

/// One header's value, or values.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
    Other(IgnoredAny),
}

impl Authorization {
    /// Whether it says one thing at the most.
    fn is_clear(&self) -> bool {
        matches!(self.0.as_slice(), [] | [Some(_)])
    }

    fn single(self) -> Option<String> {
        <[Option<String>; 1]>::try_from(self.0).ok().and_then(|[value]| value)
    }
}

impl<'de> Deserialize<'de> for Authorization {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Headers;
        impl<'de> Visitor<'de> for Headers {
            type Value = Authorization;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("headers")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Authorization, A::Error> {
                let mut found = Vec::new();
                while let Some(IsAuthorization(is_it)) = map.next_key()? {
                    if !is_it {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    }
                    match map.next_value()? {
                        OneOrMany::One(value) => found.push(Some(value)),
                        OneOrMany::Many(values) => found.extend(values.into_iter().map(Some)),
                        OneOrMany::Other(_) => found.push(None),
                    }
                }
                Ok(Authorization(found))
            }
        }
        deserializer.deserialize_map(Headers)
    }
}

/// Whether a header is the one, told without keeping its name.
struct IsAuthorization(bool);

impl<'de> Deserialize<'de> for IsAuthorization {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = IsAuthorization;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a header")
            }

            fn visit_str<E>(self, name: &str) -> Result<IsAuthorization, E> {
                Ok(IsAuthorization(name.eq_ignore_ascii_case("authorization")))
            }
        }
        deserializer.deserialize_str(Name)
    }
}

/// The credential of `Bearer …` (RFC 6750; the scheme has no case, RFC 9110).
fn bearer(authorization: &str) -> Option<String> {
    let (scheme, credential) = authorization.split_once(' ')?;
    let credential = credential.trim_matches(' ');
    let is_token68 = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    let is_one = !credential.is_empty() && credential.bytes().all(is_token68);
    (scheme.eq_ignore_ascii_case("bearer") && is_one).then(|| credential.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn request(event: Value) -> Result<AuthorizationRequest, String> {
        let event: Event = serde_json::from_value(event).map_err(|error| error.to_string())?;
        AuthorizationRequest::try_from(event).map_err(|error| error.to_string())
    }

    #[test]
    fn a_method_arn_gives_method_and_path() {
        let arn = "arn:aws:execute-api:eu-west-1:123456789012:a1b2/live/GET/v1/me";
        assert_eq!(method_and_path(arn), Some(("GET".into(), "/v1/me".into())));
        assert_eq!(
            method_and_path("arn:aws:execute-api:eu-west-1:123456789012:a1b2/live/GET/"),
            Some(("GET".into(), "/".into()))
        );
        assert_eq!(method_and_path("arn:aws:lambda"), None);
    }

    #[test]
    fn only_a_bearer_credential_counts() {
        assert_eq!(bearer("Bearer abc"), Some("abc".into()));
        assert_eq!(bearer("bEARER  abc "), Some("abc".into()));
        for header in ["", "Bearer", "Bearer ", "Basic abc", "Bearer a b", "Bearer a\u{e9}", "Bearer,a"] {
            assert_eq!(bearer(header), None, "{header}");
        }
    }

    #[test]
    fn a_header_sent_twice_is_none() {
        let arn = "arn:aws:execute-api:eu-west-1:123456789012:a1b2/live/GET/v1/me";
        for (headers, all, credential) in [
            (json!({"authorization": "Bearer a", "x": [1, {}]}), json!(null), Some("a")),
            (
                json!({"AUTHORIZATION": "Bearer a"}),
                json!({"Authorization": ["Bearer a"], "x": ["y", "z"]}),
                Some("a"),
            ),
            (json!({"authorization": "Bearer a", "Authorization": "Bearer b"}), json!(null), None),
            (json!({"authorization": "Bearer b"}), json!({"authorization": ["Bearer a", "Bearer b"]}), None),
            (json!({"authorization": 7}), json!(null), None),
            (json!({"authorization": "Bearer a", "Authorization": {}}), json!(null), None),
            (json!({"authorization": "Bearer a"}), json!({"authorization": ["Bearer a", 7]}), None),
            (json!({"authorization": "Bearer a"}), json!({}), Some("a")),
            (json!({"authorization": ["Bearer a"]}), json!(null), Some("a")),
            (json!({"authorization": ["Bearer a", "Bearer b"]}), json!(null), None),
            (json!({}), json!({"authorization": ["Bearer a"]}), None),
        ] {
            let event = json!({"type": "REQUEST", "methodArn": arn, "httpMethod": "GET", "path": "/v1/me",
                "headers": headers, "multiValueHeaders": all});
            assert_eq!(request(event).unwrap().credential.as_deref(), credential, "{headers} {all}");
        }
    }

    #[test]
    fn the_path_of_an_http_api_is_without_its_stage() {
        let own = "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com";
        for (domain, stage, raw, path) in [
            (own, "$default", "/v1/me", "/v1/me"),
            (own, "live", "/live/v1/me", "/v1/me"),
            (own, "live", "/livestock", "/livestock"),
            (own, "live", "/v1/me", "/v1/me"),
            ("api.example.com", "live", "/live/v1/me", "/live/v1/me"),
        ] {
            let event = json!({"version": "2.0", "rawPath": raw, "headers": {"authorization": "Bearer a"},
                "requestContext": {"stage": stage, "domainName": domain, "requestId": "r", "http": {"method": "GET", "sourceIp": "::ffff:192.0.2.1",
                "userAgent": "é".repeat(300)}}});
            let request = request(event).unwrap();
            assert_eq!((request.path.as_str(), request.method.as_str()), (path, "GET"));
            assert_eq!(request.address(), Some("192.0.2.1".parse().unwrap()));
            let usage = request.usage(Timestamp::now());
            assert_eq!((usage.ip.as_deref(), request.request_id.as_str()), (Some("::ffff:192.0.2.1"), "r"));
            assert_eq!(usage.user_agent, Some("é".repeat(USER_AGENT_LENGTH_MAX)));
        }
    }

    #[test]
    fn headers_of_another_kind_are_named() {
        let error = request(json!({"type": "REQUEST", "headers": 7})).err().unwrap();
        assert!(error.contains("expected headers"), "{error}");
    }

    #[test]
    fn what_is_no_event_is_refused() {
        let arn = "arn:aws:execute-api:eu-west-1:123456789012:a1b2/live/GET/v1/me";
        for event in [
            json!({}),
            json!([]),
            json!(null),
            json!({"version": "2.0"}),
            json!({"version": "2.0", "rawPath": "/"}),
            json!({"version": 2.0, "rawPath": "/", "requestContext": {"http": {"method": "GET"}}}),
            json!({"type": "OTHER", "methodArn": arn}),
            json!({"methodArn": arn}),
            json!({"type": "TOKEN"}),
            json!({"type": "TOKEN", "methodArn": ""}),
            json!({"type": "REQUEST", "methodArn": arn, "path": "/"}),
            json!({"type": "REQUEST", "methodArn": arn, "httpMethod": "GET"}),
        ] {
            assert!(request(event.clone()).is_err(), "{event}");
        }
    }

    #[test]
    fn what_keeps_an_event_from_being_read_is_told() {
        let error = request(json!({"headers": 7})).err().unwrap();
        assert!(error.contains("expected headers"), "{error}");
    }
}
