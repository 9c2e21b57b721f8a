//! The events by which API Gateway asks, in its three forms, read into one question.

use serde::Deserialize;
use serde_json::Value;

/// What API Gateway wants to know.
pub(super) struct Question {
    pub(super) form: Form,
    pub(super) method: String,
    pub(super) path: String,
    /// What stands behind `Bearer`.
    pub(super) credential: Option<String>,
    pub(super) source_ip: Option<String>,
    pub(super) user_agent: Option<String>,
    pub(super) request_id: String,
}

/// How API Gateway wants the answer.
pub(super) enum Form {
    /// An IAM policy for this method ARN (REST API).
    Policy(String),
    /// A yes or no with context (HTTP API 2.0, simple response).
    Simple,
}

/// REST API, `TOKEN` and `REQUEST`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RestEvent {
    r#type: String,
    method_arn: String,
    authorization_token: Option<String>,
    path: Option<String>,
    http_method: Option<String>,
    headers: Option<serde_json::Map<String, Value>>,
    multi_value_headers: Option<serde_json::Map<String, Value>>,
    request_context: Option<RestContext>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RestContext {
    request_id: Option<String>,
    identity: Option<RestIdentity>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RestIdentity {
    source_ip: Option<String>,
    user_agent: Option<String>,
}

/// HTTP API, payload format 2.0.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HttpEvent {
    raw_path: String,
    headers: Option<serde_json::Map<String, Value>>,
    request_context: HttpContext,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HttpContext {
    request_id: Option<String>,
    stage: Option<String>,
    http: HttpRequest,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HttpRequest {
    method: String,
    source_ip: Option<String>,
    user_agent: Option<String>,
}

impl Question {
    /// Reads an event.
    ///
    /// # Errors
    /// When it has none of the three forms.
    pub(super) fn parse(event: Value) -> Result<Self, lambda_runtime::Error> {
        if event.get("version").and_then(Value::as_str) == Some("2.0") {
            return Ok(serde_json::from_value::<HttpEvent>(event)?.into());
        }
        serde_json::from_value::<RestEvent>(event)?.try_into()
    }
}

impl TryFrom<RestEvent> for Question {
    type Error = lambda_runtime::Error;

    fn try_from(event: RestEvent) -> Result<Self, Self::Error> {
        let context = event.request_context;
        let request_id = context.as_ref().and_then(|context| context.request_id.clone()).unwrap_or_default();
        let identity = context.and_then(|context| context.identity);
        let (of_arn_method, of_arn_path) =
            method_and_path(&event.method_arn).ok_or("the method ARN has no route")?;
        let (method, path, authorization) = match event.r#type.as_str() {
            "TOKEN" => (of_arn_method, of_arn_path, event.authorization_token),
            "REQUEST" => {
                let all = event.multi_value_headers.as_ref();
                let is_one = all.is_none_or(|headers| is_single(headers, "authorization"));
                let authorization = event.headers.as_ref().filter(|_| is_one).and_then(authorization);
                (event.http_method.ok_or("no httpMethod")?, event.path.ok_or("no path")?, authorization)
            }
            _ => return Err("the event is neither TOKEN nor REQUEST".into()),
        };
        Ok(Self {
            method,
            path,
            credential: authorization.as_deref().and_then(bearer),
            source_ip: identity.as_ref().and_then(|identity| identity.source_ip.clone()),
            user_agent: identity.and_then(|identity| identity.user_agent),
            request_id,
            form: Form::Policy(event.method_arn),
        })
    }
}

impl From<HttpEvent> for Question {
    fn from(event: HttpEvent) -> Self {
        let HttpContext { request_id, stage, http } = event.request_context;
        // A stage other than $default is part of rawPath; routes are written without it.
        let stage = stage.filter(|stage| stage != "$default").map(|stage| format!("/{stage}"));
        let path = stage.and_then(|stage| event.raw_path.strip_prefix(&stage).map(str::to_owned));
        Self {
            form: Form::Simple,
            method: http.method,
            path: path.unwrap_or(event.raw_path),
            credential: event.headers.as_ref().and_then(authorization).as_deref().and_then(bearer),
            source_ip: http.source_ip,
            user_agent: http.user_agent,
            request_id: request_id.unwrap_or_default(),
        }
    }
}

/// Method and path of `arn:aws:execute-api:region:account:api/stage/METHOD/path`.
fn method_and_path(arn: &str) -> Option<(String, String)> {
    let mut parts = arn.splitn(6, ':').nth(5)?.splitn(4, '/').skip(2);
    Some((parts.next()?.to_owned(), format!("/{}", parts.next().unwrap_or_default())))
}

/// The header, whatever its case (RFC 9110); sent twice it is none, as it would be unclear which one counts.
fn authorization(headers: &serde_json::Map<String, Value>) -> Option<String> {
    let mut found = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    let (_, value) = found.next()?;
    if found.next().is_some() { None } else { value.as_str().map(str::to_owned) }
}

/// Whether a header was sent once at the most, among headers that list all their values.
fn is_single(headers: &serde_json::Map<String, Value>, name: &str) -> bool {
    let values =
        headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, values)| values);
    values.map(|values| values.as_array().map_or(1, Vec::len)).sum::<usize>() <= 1
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
    use super::*;

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
    fn two_headers_that_differ_in_case_are_none() {
        let headers = serde_json::json!({"authorization": "Bearer a", "Authorization": "Bearer b"});
        assert_eq!(authorization(headers.as_object().unwrap()), None);
    }
}
