//! Sessions: access or ID tokens (JWT, RFC 7519) of the configured OpenID Connect issuer.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;

use super::jwks::Jwks;
use crate::error::Result;

/// Signatures that count: asymmetric ones only, so that no public key is ever taken for a shared secret.
const ALGORITHMS: &[Algorithm] = &[
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// How far the issuer's clock may be from ours.
const LEEWAY_SECONDS: u64 = 5;

/// Verifies sessions of one issuer.
pub struct Sessions {
    issuer: String,
    audience: String,
    jwks: Jwks,
}

/// The claims that count.
#[derive(Deserialize)]
pub(super) struct Claims {
    pub(super) sub: String,
    pub(super) name: Option<String>,
    email: Option<String>,
    email_verified: Option<Flag>,
    aud: Option<Audience>,
    /// Cognito's access tokens name the client here and have no audience.
    client_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// A boolean, which some issuers write as a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Flag {
    Bool(bool),
    Text(String),
}

impl Claims {
    /// The e-mail address, if the issuer vouches for it.
    pub(super) fn verified_email(&self) -> Option<String> {
        let is_verified = match &self.email_verified {
            Some(Flag::Bool(flag)) => *flag,
            Some(Flag::Text(text)) => text == "true",
            None => false,
        };
        self.email.clone().filter(|_| is_verified)
    }

    fn is_for(&self, audience: &str) -> bool {
        match &self.aud {
            Some(Audience::One(one)) => one == audience,
            Some(Audience::Many(many)) => many.iter().any(|one| one == audience),
            None => self.client_id.as_deref() == Some(audience),
        }
    }
}

impl Sessions {
    /// Sessions of `issuer` for `audience`. The keys are looked up through `discovery_url`, by default the issuer's
    /// own `/.well-known/openid-configuration`.
    pub fn new(issuer: &str, audience: &str, discovery_url: Option<String>) -> Self {
        let well_known = || format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let jwks = Jwks::new(discovery_url.unwrap_or_else(well_known));
        Self { issuer: issuer.to_owned(), audience: audience.to_owned(), jwks }
    }

    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The claims of a session that is genuine, meant for us and not over; `None` for any other text.
    ///
    /// # Errors
    /// When the issuer's keys cannot be had.
    pub(super) async fn verify(&self, jwt: &str) -> Result<Option<Claims>> {
        let Ok(header) = decode_header(jwt) else { return Ok(None) };
        let Some(key_id) = header.kid.filter(|_| ALGORITHMS.contains(&header.alg)) else { return Ok(None) };
        let Some(jwk) = self.jwks.key(&key_id).await? else { return Ok(None) };
        let Ok(key) = DecodingKey::from_jwk(&jwk) else { return Ok(None) };
        let mut validation = Validation::new(header.alg);
        validation.set_issuer(&[&self.issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        validation.validate_nbf = true;
        validation.leeway = LEEWAY_SECONDS;
        // The audience stands in one of two claims, so it is checked below.
        validation.validate_aud = false;
        let claims = decode::<Claims>(jwt, &key, &validation).ok().map(|data| data.claims);
        Ok(claims.filter(|claims| claims.is_for(&self.audience)))
    }
}
