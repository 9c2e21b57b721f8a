//! Sessions: access or ID tokens (JWT, RFC 7519) of the configured OpenID Connect issuer.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::jwks::Jwks;
use base::{domain, error::Result, text};

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

/// The most bytes of an e-mail address.
const EMAIL_LENGTH_MAX: usize = 254;

/// The claims that count.
#[derive(Deserialize)]
pub(super) struct Claims {
    pub(super) sub: String,
    /// One text: a list of issuers, of which ours would be one, is none that an issuer makes (RFC 7519, section 4.1.1).
    iss: String,
    name: Option<String>,
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
    /// The person's name, as it can be shown to others.
    pub(super) fn shown_name(&self) -> Option<String> {
        text::person(self.name.as_deref()?)
    }

    /// The e-mail address, if it is one and the issuer vouches for it.
    pub(super) fn verified_email(&self) -> Option<String> {
        let is_verified = match &self.email_verified {
            Some(Flag::Bool(flag)) => *flag,
            Some(Flag::Text(text)) => text == "true",
            None => false,
        };
        let is_one = |email: &String| email.len() <= EMAIL_LENGTH_MAX && domain::is_email(email);
        self.email.clone().filter(|email| is_verified && is_one(email))
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
        if is_critical(jwt) {
            return Ok(None);
        }
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
        let is_ours = |claims: &Claims| claims.iss == self.issuer && !claims.sub.is_empty();
        Ok(claims.filter(|claims| is_ours(claims) && claims.is_for(&self.audience)))
    }
}

/// Whether the header asks for something without which the token must not be taken (RFC 7515, section 4.1.11): whatever it is,
/// it is not understood here. A header that cannot be read is taken for one that does.
fn is_critical(jwt: &str) -> bool {
    let header = jwt.split('.').next().and_then(|header| BASE64_URL_SAFE_NO_PAD.decode(header).ok());
    let header = header.and_then(|header| serde_json::from_slice::<Map<String, Value>>(&header).ok());
    header.is_none_or(|header| header.contains_key("crit"))
}
