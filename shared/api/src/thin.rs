//! Answers to writes for callers who may write a kind of thing but not read it: the id and what was sent, and
//! nothing that depends on what is stored. One mechanism for all families but objects, whose answers have a
//! form of their own.

use std::{borrow::Cow, collections::BTreeMap};

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Request},
    http::header,
    response::{IntoResponse, Response},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    caller::Member,
    extract::{IfMatch, Json},
    openapi::{Input, Operation, Output},
};
use base::json::AnyJson;
use base::{
    error::{Error, Result},
    json::without_mark,
    permission::Permission,
};

/// A JSON body, and the text of each of its members.
pub struct Sent<T> {
    /// The body.
    pub body: T,
    /// What was sent, as it was.
    pub members: Members,
}

/// The members of a body, as they were sent.
#[derive(Clone, Debug, Default)]
pub struct Members(BTreeMap<String, Box<RawValue>>);

impl<S: Send + Sync, T> FromRequest<S> for Sent<T>
where
    Json<T>: FromRequest<S, Rejection = Error>,
{
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let (parts, body) = request.into_parts();
        let whole = Request::from_parts(parts.clone(), body);
        let bytes = Bytes::from_request(whole, state).await.map_err(|_| Error::too_large())?;
        let again = Request::from_parts(parts, Body::from(bytes.clone()));
        let Json(body) = Json::<T>::from_request(again, state).await?;
        let members = serde_json::from_slice(without_mark(&bytes)).unwrap_or_default();
        Ok(Self { body, members: Members(members) })
    }
}

impl<T> Input for Sent<T>
where
    Json<T>: Input,
{
    const READS_BODY: bool = <Json<T> as Input>::READS_BODY;

    fn describe(operation: &mut Operation) {
        <Json<T> as Input>::describe(operation);
    }
}

/// The id of a thing, and what was sent.
#[derive(Serialize)]
struct Thin {
    #[serde(flatten)]
    members: BTreeMap<String, Box<RawValue>>,
    id: String,
}

impl JsonSchema for Thin {
    fn schema_name() -> Cow<'static, str> {
        "Thin".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let sent = generator.subschema_for::<Option<AnyJson>>();
        json_schema!({
            "description": "For who may not read such things: the id, and what was sent.",
            "type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}, "additionalProperties": sent,
        })
    }
}

/// The answer to a write: whole for who may read such things, and thin for everybody else.
pub struct ForReader<A> {
    whole: A,
    thin: Option<Thin>,
}

impl<A> ForReader<A> {
    /// The answer for this caller, who needs the permission to read.
    pub fn new(by: &Member, read: Permission, id: impl ToString, sent: Members, whole: A) -> Self {
        let thin = || Thin { members: sent.0, id: id.to_string() };
        Self { whole, thin: (!by.may(read)).then(thin) }
    }
}

impl<A: IntoResponse> IntoResponse for ForReader<A> {
    fn into_response(self) -> Response {
        let mut response = self.whole.into_response();
        if let Some(thin) = self.thin {
            for header in [header::ETAG, header::CONTENT_LENGTH] {
                response.headers_mut().remove(header);
            }
            *response.body_mut() = Json(thin).into_response().into_body();
        }
        response
    }
}

impl<A: Output> Output for ForReader<A> {
    fn describe(operation: &mut Operation) {
        A::describe(operation);
        operation.or::<Thin>();
    }
}

impl Member {
    /// Refuses a version that is to be compared for who may not read it: a guess could be tested by whether it grows.
    ///
    /// # Errors
    /// 403 that names the permission.
    pub fn may_compare(&self, if_match: &IfMatch, read: Permission) -> Result<()> {
        if if_match.is_set() { self.needs(&[read]) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Any {}

    #[tokio::test]
    async fn what_was_sent_is_kept_to_the_last_digit() {
        let text = r#"{"b": 0.10, "a": {"c": [1.50, "é"]}}"#;
        let request = Request::post("/").header("content-type", "application/json").body(Body::from(text));
        let sent = Sent::<Any>::from_request(request.unwrap(), &()).await.unwrap();
        let thin = Thin { members: sent.members.0, id: "type_1".to_owned() };
        let told = serde_json::to_string(&thin).unwrap();
        assert_eq!(told, r#"{"a":{"c": [1.50, "é"]},"b":0.10,"id":"type_1"}"#);
    }
}
