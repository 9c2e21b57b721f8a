//! A JSON body, in and out.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};

use super::{fault, strict};
use crate::{
    error::{Code, Error, Fault, Result},
    openapi::{Input, Operation, Output},
};

/// A JSON body. Inputs deny unknown members; what is wrong with one is told with its place.
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let is_json = is_json(request.headers());
        let body = Bytes::from_request(request, state).await.map_err(|_| Error::too_large())?;
        if is_json { parse(&body).map(Self) } else { Err(no_json()) }
    }
}

/// A JSON body that may be left out, which means the default.
pub struct OptionalJson<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalJson<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let is_json = is_json(request.headers());
        let body = Bytes::from_request(request, state).await.map_err(|_| Error::too_large())?;
        match body.is_empty() {
            true => Ok(Self(T::default())),
            false if is_json => parse(&body).map(Self),
            false => Err(no_json()),
        }
    }
}

fn no_json() -> Error {
    Error::new(Code::UnsupportedMediaType, "Send JSON with Content-Type: application/json.")
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    strict::check(body).map_err(|fault| Error::invalid(vec![fault]))?;
    // Serde would take an array for an object, its items as the members in their order.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Error::invalid(vec![Fault::new("", "wrong_type", "Send a JSON object.")]));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let pointer = pointer(error.path());
        Error::invalid(vec![fault(&pointer, &error.inner().to_string())])
    })
}

/// Tells a member that is null from one that is absent, for serde's `deserialize_with`.
///
/// # Errors
/// When the member is neither null nor a value of the type.
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(index.to_string()),
            Segment::Map { key } => Some(key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .map(|name| format!("/{name}"))
        .collect()
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media_type == "application/json"
        || (media_type.starts_with("application/") && media_type.ends_with("+json"))
}

impl Error {
    /// 413.
    pub(crate) fn too_large() -> Self {
        Self::new(Code::TooLarge, "The body is larger than 1 MiB.")
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[expect(dead_code, reason = "only read by serde")]
        list: Vec<Inner>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[expect(dead_code, reason = "only read by serde")]
        number: u8,
    }

    #[test]
    fn the_place_of_a_fault_is_named() {
        for (body, pointer, code) in [
            (r#"{"list": [{"number": 1}, {"number": "1"}]}"#, "/list/1/number", "wrong_type"),
            (r#"{"list": [{"number": 300}]}"#, "/list/0/number", "invalid"),
            (r#"{"list": [{"nummer": 1}]}"#, "/list/0/nummer", "unknown_member"),
            (r#"{"list": [{}]}"#, "/list/0/number", "missing_member"),
            ("{}", "/list", "missing_member"),
            ("[]", "", "wrong_type"),
        ] {
            let problem = parse::<Outer>(body.as_bytes()).unwrap_err().problem("");
            assert_eq!(
                (problem.status, problem.errors[0].pointer.as_str(), problem.errors[0].code),
                (400, pointer, code),
                "{body}"
            );
        }
    }
}
