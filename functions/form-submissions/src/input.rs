//! What visitors send: JSON, or what plain HTML makes of its inputs.

use std::collections::BTreeMap;

use api::{
    extract::Json,
    openapi::{Input, Operation},
};
use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, HeaderName, header},
};
use base::{Error, Fault, Result, Violation};
use form::{FilledIn, ReceivedSubmission, posted};
use records::object_type::{ObjectType, SentFields, SentValues};
use schemars::JsonSchema;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const FORM_TYPE: &str = "application/x-www-form-urlencoded";
/// The most characters of an `Idempotency-Key`.
const KEY_LENGTH_MAX: usize = 255;
/// The most characters of a parameter.
const PARAM_LENGTH_MAX: usize = 1_000;
/// The most parameters.
const PARAMS_MAX: usize = 100;

/// A submission of a visitor.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Submitting", example = serde_json::json!({"token": "…", "fields": {"email": "ada@example.com"}}))]
pub(crate) struct NewSubmission {
    /// The token that came with the form.
    token: Option<String>,
    /// The values by the slug of their field; a part of the form that is not visible is left out.
    #[schemars(with = "SentValues")]
    fields: SentFields,
    /// What the link to the form said, at most 100 parameters.
    #[serde(default)]
    #[schemars(length(max = PARAMS_MAX))]
    params: BTreeMap<String, String>,
}

/// A request whose body is not read before the form is known.
pub(crate) struct Unread(Request);

impl<S: Send + Sync> FromRequest<S> for Unread {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self> {
        Ok(Self(request))
    }
}

impl Input for Unread {
    const READS_BODY: bool = true;

    fn describe(operation: &mut Operation) {
        Json::<NewSubmission>::describe(operation);
    }
}

impl Unread {
    pub(crate) fn headers(&self) -> &HeaderMap {
        self.0.headers()
    }

    /// Whether a page without scripts sends it, and shows the answer.
    pub(crate) fn is_html(&self) -> bool {
        let media_type = self.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = media_type.and_then(|value| value.split(';').next()).unwrap_or_default();
        media_type.trim().eq_ignore_ascii_case(FORM_TYPE)
    }

    /// Reads the body.
    ///
    /// # Errors
    /// 400 and 415 for the form of it, 422 for parameters.
    pub(crate) async fn read(self, object_type: &ObjectType) -> Result<ReceivedSubmission> {
        let (idempotency_key, is_html) = (idempotency_key(self.headers()), self.is_html());
        let (filled_in, token) = self.read_body(object_type).await?;
        check_params(&filled_in.params)?;
        // A token tells a submission from others, and then nothing else does.
        let key = if token.is_none() { idempotency_key? } else { None };
        Ok(ReceivedSubmission { token, key, filled_in, is_html })
    }

    async fn read_body(self, object_type: &ObjectType) -> Result<(FilledIn, Option<String>)> {
        if self.is_html() {
            let bytes = Bytes::from_request(self.0, &()).await.map_err(|_| Error::too_large())?;
            return Ok(posted(object_type, form_urlencoded::parse(&bytes).into_owned().collect()));
        }
        let Json(NewSubmission { token, fields, params }) = Json::from_request(self.0, &()).await?;
        Ok((FilledIn { fields, params }, token))
    }
}

/// The `Idempotency-Key` of a request, if it has one.
///
/// # Errors
/// 400 when it is none.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| (1..=KEY_LENGTH_MAX).contains(&key.len()));
    key.map(|key| Some(hex::encode(Sha256::digest(key)))).ok_or_else(|| {
        let detail = format!("Send 1 to {KEY_LENGTH_MAX} visible ASCII characters.");
        Error::invalid(vec![Fault::new("Idempotency-Key", Violation::Invalid, detail)])
    })
}

fn check_params(params: &BTreeMap<String, String>) -> Result<()> {
    if params.len() > PARAMS_MAX {
        let detail = format!("Send at most {PARAMS_MAX} parameters.");
        return Err(Error::unprocessable(vec![Fault::new("/params", Violation::TooMany, detail)]));
    }
    let is_long = |(_, value): &(&String, &String)| value.chars().count() > PARAM_LENGTH_MAX;
    let fault = |(name, _): (&String, &String)| {
        let pointer = format!("/params/{}", name.replace('~', "~0").replace('/', "~1"));
        Fault::new(pointer, Violation::TooLong, format!("Send at most {PARAM_LENGTH_MAX} characters."))
    };
    let faults: Vec<_> = params.iter().filter(is_long).map(fault).collect();
    if faults.is_empty() { Ok(()) } else { Err(Error::unprocessable(faults)) }
}
