//! `POST /local/session`: a session for anyone, so that a test can be anyone.

use std::sync::Arc;

use api::extract::Json;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use base::{Error, Result};
use serde::Deserialize;
use serde_json::json;

use super::{Issuer, person::Person};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSession {
    email: String,
    name: Option<String>,
}

pub(super) async fn create(
    State(issuer): State<Arc<Issuer>>,
    Json(sent): Json<NewSession>,
) -> Result<Response> {
    let person = Person::new(&sent.email, sent.name.as_deref()).map_err(Error::unprocessable)?;
    let session = issuer.signer.session(&person, None)?;
    let body =
        json!({"session": session.jwt, "expires_at": session.expires_at, "user": {"email": person.email}});
    Ok((StatusCode::CREATED, Json(body)).into_response())
}
