//! What a browser asks with: the query of a link, and the inputs of a page.

use api::openapi::{Input, Operation};
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderName, header, request::Parts},
};
use base::{Error, Result};

use crate::inputs::Inputs;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The parameters of a link, whatever they are called.
pub(crate) struct LinkQuery(pub(crate) Inputs);

/// The inputs of a page, which are not read before the form is known.
pub(crate) struct Unread(Request);

impl<S: Sync> FromRequestParts<S> for LinkQuery {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Ok(Self(pairs(parts.uri.query().unwrap_or_default().as_bytes())))
    }
}

impl Input for LinkQuery {
    const READS_QUERY: bool = true;

    fn describe(_: &mut Operation) {}
}

impl<S: Send + Sync> FromRequest<S> for Unread {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self> {
        Ok(Self(request))
    }
}

impl Input for Unread {
    const READS_BODY: bool = true;

    fn describe(_: &mut Operation) {}
}

impl Unread {
    /// Whether the page itself sends it, or one of an origin that may. Browsers say which (Fetch Metadata); of those that do not, the
    /// origin is compared with the host that was asked. What is no browser says nothing.
    pub(crate) fn may_send(&self, host: &str, allowed_origins: &[String]) -> bool {
        let headers = self.0.headers();
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let Some(origin) = text(header::ORIGIN) else { return true };
        let is_own = match text(FETCH_SITE) {
            Some(site) => site == "same-origin",
            None => origin.split_once("://").is_some_and(|(_, of_origin)| of_origin == host),
        };
        is_own || allowed_origins.iter().any(|allowed| allowed == "*" || allowed == origin)
    }

    /// Reads the inputs.
    ///
    /// # Errors
    /// 413 when there is more than a body may have.
    pub(crate) async fn inputs(self) -> Result<Inputs> {
        let bytes = Bytes::from_request(self.0, &()).await.map_err(|_| Error::too_large())?;
        Ok(pairs(&bytes))
    }
}

fn pairs(encoded: &[u8]) -> Inputs {
    form_urlencoded::parse(encoded).into_owned().collect()
}
