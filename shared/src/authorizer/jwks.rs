//! The issuer's public keys: found by OpenID Connect Discovery 1.0, kept, and fetched anew when an unknown key turns up.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use aws_smithy_runtime_api::{
    client::{http::HttpConnector as _, orchestrator::HttpRequest},
    http::StatusCode,
};
use aws_smithy_types::byte_stream::ByteStream;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use serde::{Deserialize, de::DeserializeOwned};
use tokio::sync::Mutex;

use crate::aws;

/// Unknown keys make at most one fetch in this time, so that forged key ids cannot make the issuer a target.
const REFRESH_AFTER: Duration = Duration::from_secs(10);
/// Keys are kept this long at most, so that a withdrawn one ends.
const KEEP: Duration = Duration::from_hours(1);

/// The keys of one issuer.
pub(super) struct Jwks {
    discovery_url: String,
    fetched: Mutex<Option<(JwkSet, Instant)>>,
}

/// The one member of the discovery document that is needed.
#[derive(Deserialize)]
struct Discovery {
    jwks_uri: String,
}

impl Jwks {
    pub(super) fn new(discovery_url: String) -> Self {
        Self { discovery_url, fetched: Mutex::default() }
    }

    /// The key of that id; `None` if the issuer has none such.
    pub(super) async fn key(&self, id: &str) -> anyhow::Result<Option<Jwk>> {
        let mut fetched = self.fetched.lock().await;
        if let Some((set, at)) = &*fetched {
            let known = set.find(id).cloned().filter(|_| at.elapsed() < KEEP);
            if known.is_some() || at.elapsed() < REFRESH_AFTER {
                return Ok(known);
            }
        }
        let set = self.fetch().await.context("fetching the issuer's keys")?;
        let key = set.find(id).cloned();
        *fetched = Some((set, Instant::now()));
        Ok(key)
    }

    async fn fetch(&self) -> anyhow::Result<JwkSet> {
        let Discovery { jwks_uri } = get(&self.discovery_url).await?;
        get(&jwks_uri).await
    }
}

/// One GET by the SDK's own HTTP connector: the function needs no second HTTP client. With the system's roots, as an
/// issuer can be anybody's; they are loaded only when a session is to be verified.
async fn get<T: DeserializeOwned>(url: &str) -> anyhow::Result<T> {
    let connector = aws::connector_with_system_roots()?;
    let response = connector.call(HttpRequest::get(url)?).await.with_context(|| format!("calling {url}"))?;
    ensure!(response.status() == StatusCode::try_from(200)?, "{url} answered {}", response.status());
    let body = ByteStream::new(response.into_body()).collect().await?.into_bytes();
    serde_json::from_slice(&body).with_context(|| format!("reading {url}"))
}
