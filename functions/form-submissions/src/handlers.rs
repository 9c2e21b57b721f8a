//! The handlers of public forms.

use api::{
    extract::{Client, Json, Path, State},
    openapi::{Input, Operation, Output},
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use base::{Error, Result};
use form::{Confirmed, FormState, FoundForm, ShownForm, Trap, shown};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Store,
    input::Unread,
    origin::{AllowedOrigin, ReadableBy},
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct KeyPath {
    /// The key of the form.
    key: String,
}

/// The headers of a request.
pub(crate) struct Headers(HeaderMap);

impl<S: Sync> FromRequestParts<S> for Headers {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Ok(Self(parts.headers.clone()))
    }
}

impl Input for Headers {
    fn describe(_: &mut Operation) {}
}

/// What a visitor is answered.
pub(crate) struct Answered {
    confirmed: Confirmed,
    /// Whether a browser shows the answer.
    is_html: bool,
}

/// That a submission was accepted, which is all that a visitor learns.
#[derive(Serialize, JsonSchema)]
struct AcceptedSubmission {
    accepted: bool,
    confirmation: Confirmed,
}

impl IntoResponse for Answered {
    fn into_response(self) -> Response {
        if let Some(to) = self.confirmed.redirect.as_deref().filter(|_| self.is_html) {
            return Redirect::to(to).into_response();
        }
        let body = AcceptedSubmission { accepted: true, confirmation: self.confirmed };
        (StatusCode::CREATED, Json(body)).into_response()
    }
}

impl Output for Answered {
    fn describe(operation: &mut Operation) {
        operation.answer::<AcceptedSubmission>(201, "Accepted, whatever becomes of it.", &[]);
        operation.empty_answer(303, "Accepted from plain HTML, which is led on.");
    }
}

pub(crate) async fn read(
    State(store): State<Store>,
    Path(path): Path<KeyPath>,
    Headers(headers): Headers,
) -> Result<ReadableBy<Json<ShownForm>>> {
    let found = store.find(&path.key).await?;
    let origin = AllowedOrigin::of(&headers, &found.stored.form)?;
    Ok(ReadableBy(origin, with_token(&store, &found).map(Json)))
}

pub(crate) async fn create(
    client: Client,
    State(store): State<Store>,
    Path(path): Path<KeyPath>,
    sent: Unread,
) -> Result<ReadableBy<Answered>> {
    let found = store.find(&path.key).await?;
    let origin = AllowedOrigin::of(sent.headers(), &found.stored.form);
    // The state comes before the origin: a form that is closed is closed for every page.
    let origin = match origin {
        Err(refused) if found.state == FormState::Open => return Err(refused),
        origin => origin.unwrap_or_default(),
    };
    let is_html = sent.is_html();
    let confirmed = store.visit(&found, &client, async |collection| sent.read(collection).await).await;
    Ok(ReadableBy(origin, confirmed.map(|confirmed| Answered { confirmed, is_html })))
}

/// The form, with what a submission of it needs while it takes one.
fn with_token(store: &Store, found: &FoundForm) -> Result<ShownForm> {
    let form = &found.stored.form;
    let object_type = found.collection.as_deref();
    let mut shown = shown(form, found.state, object_type);
    if found.state != FormState::Open {
        return Ok(shown);
    }
    let token = form.protection.token.then(|| found.new_token(store.now()));
    shown.trap = found.trap(token.as_ref()).map(|name| Trap { name });
    shown.token = token.map(|token| token.seal(&found.ring)).transpose()?;
    Ok(shown)
}
