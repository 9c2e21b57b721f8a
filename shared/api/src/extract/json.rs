//! A JSON body, in and out.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::openapi::{Input, Operation, Output};
use base::{
    error::{Code, Error, Fault, Result, Violation},
    json::{self, JsonRefusal},
};

/// A JSON body. Inputs deny unknown members; what is wrong with one is told with its place.
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        Body::from_request(request, state).await?.read().map(Self)
    }
}

/// A JSON body that may be left out, which means the default.
pub struct OptionalJson<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalJson<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let body = Body::from_request(request, state).await?;
        if body.is_empty() { Ok(Self(T::default())) } else { body.read().map(Self) }
    }
}

/// What a path takes that takes nothing: no body, or an object without members, which many clients send then.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// The request without its body, for a path that takes none.
///
/// # Errors
/// What any body is refused for, and each member of one.
pub(crate) async fn without_body(request: Request) -> Result<Request> {
    let (parts, body) = request.into_parts();
    OptionalJson::<Nothing>::from_request(Request::from_parts(parts.clone(), body), &()).await?;
    Ok(Request::from_parts(parts, axum::body::Body::empty()))
}

/// A body that is not yet read.
struct Body {
    bytes: Bytes,
    is_json: bool,
}

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        if let Some(coding) = coding(request.headers()) {
            return Err(unsupported_coding(&coding));
        }
        let is_json = is_json(request.headers());
        let bytes = Bytes::from_request(request, state).await.map_err(|_| Error::too_large())?;
        Ok(Self { bytes, is_json })
    }
}

impl Body {
    fn is_empty(&self) -> bool {
        json::without_mark(&self.bytes).is_empty()
    }

    fn read<T: DeserializeOwned>(&self) -> Result<T> {
        if self.is_json {
            return json::read(&self.bytes).map_err(JsonRefusal::in_body);
        }
        Err(Error::new(Code::UnsupportedMediaType, "Send JSON with Content-Type: application/json."))
    }
}

/// The first coding of the body that is more than none.
fn coding(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(header::CONTENT_ENCODING).iter();
    let lines = lines.map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned());
    let codings = lines.flat_map(|line| line.split(',').map(|one| one.trim().to_owned()).collect::<Vec<_>>());
    codings.into_iter().find(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity"))
}

/// 415: a body in this coding is not read.
fn unsupported_coding(coding: &str) -> Error {
    let detail = format!("Send the body as it is, without the Content-Encoding {coding}.");
    let fault = Fault::new("Content-Encoding", Violation::UnsupportedCoding, detail);
    Error::new(Code::UnsupportedMediaType, &*fault.detail).with_faults(vec![fault])
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media_type == "application/json"
        || (media_type.starts_with("application/") && media_type.ends_with("+json"))
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl<T: JsonSchema> Input for Json<T> {
    const READS_BODY: bool = true;

    fn describe(operation: &mut Operation) {
        operation.body::<T>();
    }
}

impl<T: JsonSchema> Input for OptionalJson<T> {
    const READS_BODY: bool = true;

    fn describe(operation: &mut Operation) {
        operation.optional_body::<T>();
    }
}

impl<T: JsonSchema> Output for Json<T> {
    fn describe(operation: &mut Operation) {
        operation.answer::<T>(200, "As asked.", &[]);
    }
}
