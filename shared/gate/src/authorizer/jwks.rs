//! The issuer's public keys: found by OpenID Connect Discovery 1.0, kept, and fetched anew when an unknown key turns up.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use aws_smithy_runtime_api::{
    client::{http::HttpConnector as _, orchestrator::HttpRequest},
    http::StatusCode,
};
use aws_smithy_types::byte_stream::ByteStream;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use serde::{Deserialize, de::DeserializeOwned};
use tokio::sync::Mutex;

use table::aws;

/// Unknown keys make at most one fetch in this time, so that forged key ids cannot make the issuer a target.
const REFRESH_AFTER: Duration = Duration::from_secs(10);
/// The issuer has this long to answer.
const FETCH: Duration = Duration::from_secs(2);
/// Keys are asked for anew after this time, so that a withdrawn one ends; only while the issuer is away they count on.
const KEEP: Duration = Duration::from_hours(1);

/// The keys of one issuer.
pub(super) struct Jwks {
    discovery_url: String,
    kept: Mutex<Kept>,
}

/// The keys, and when they were last asked for and had.
#[derive(Default)]
struct Kept {
    set: Option<(JwkSet, Instant)>,
    asked: Option<Instant>,
}

/// The one member of the discovery document that is needed.
#[derive(Deserialize)]
struct Discovery {
    jwks_uri: String,
}

impl Jwks {
    pub(super) fn new(discovery_url: String) -> Self {
        Self { discovery_url, kept: Mutex::default() }
    }

    /// The key of that id; `None` if the issuer has none such.
    pub(super) async fn key(&self, id: &str) -> anyhow::Result<Option<Jwk>> {
        let mut kept = self.kept.lock().await;
        let known =
            kept.set.as_ref().and_then(|(set, at)| Some((set.find(id).cloned()?, at.elapsed() < KEEP)));
        if let Some((key, true)) = known {
            return Ok(Some(key));
        }
        if kept.asked.is_some_and(|asked| asked.elapsed() < REFRESH_AFTER) {
            // Of an issuer that never answered it is not known which keys it has: that is no reason to call a session bad.
            ensure!(kept.set.is_some(), "the issuer's keys could not be had a moment ago");
            return Ok(known.map(|(key, _)| key));
        }
        kept.asked = Some(Instant::now());
        match tokio::time::timeout(FETCH, self.fetch()).await {
            Ok(Ok(set)) => kept.set = Some((set, Instant::now())),
            // An issuer that is away ends no session whose key is known.
            failed if known.is_some() => {
                tracing::warn!(timed_out = failed.is_err(), "the issuer's keys could not be refreshed");
            }
            Ok(Err(error)) => return Err(error.context("fetching the issuer's keys")),
            Err(_) => bail!("the issuer did not answer in time"),
        }
        Ok(kept.set.as_ref().and_then(|(set, _)| set.find(id).cloned()))
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
