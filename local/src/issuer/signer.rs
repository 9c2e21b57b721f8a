//! The issuer's key and the sessions it signs (JWT, RFC 7519; ES256).

use anyhow::Context as _;
use base::Timestamp;
use jsonwebtoken::{
    Algorithm, EncodingKey, Header,
    jwk::{Jwk, PublicKeyUse, ThumbprintHash},
};
use p256::{
    SecretKey,
    elliptic_curve::{rand_core::OsRng, zeroize::Zeroizing},
    pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, LineEnding},
};
use serde::Serialize;

use super::{AUDIENCE, ISSUER, person::Person};

/// How long a session lasts.
pub(super) const SESSION_SECONDS: i64 = 12 * 60 * 60;

/// A new key as PEM (PKCS #8).
///
/// # Errors
/// When it cannot be written.
pub(crate) fn new_key() -> anyhow::Result<String> {
    let pem: Zeroizing<String> = SecretKey::random(&mut OsRng).to_pkcs8_pem(LineEnding::LF)?;
    Ok(pem.to_string())
}

/// Signs sessions.
pub(super) struct Signer {
    key: EncodingKey,
    public: Jwk,
}

/// A signed session.
pub(super) struct Session {
    pub(super) jwt: String,
    pub(super) expires_at: Timestamp,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'static str,
    aud: &'static str,
    sub: String,
    email: &'a str,
    email_verified: bool,
    name: &'a str,
    iat: i64,
    exp: i64,
    auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
}

impl Signer {
    pub(super) fn new(pem: &str) -> anyhow::Result<Self> {
        let der = SecretKey::from_pkcs8_pem(pem)
            .and_then(|key| key.to_pkcs8_der())
            .context("it is no P-256 key in PEM")?;
        let key = EncodingKey::from_ec_der(der.as_bytes());
        let mut public = Jwk::from_encoding_key(&key, Algorithm::ES256)?;
        public.common.key_id = Some(public.thumbprint(ThumbprintHash::SHA256)?);
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self { key, public })
    }

    pub(super) fn public_key(&self) -> &Jwk {
        &self.public
    }

    /// Signs a session that begins now.
    pub(super) fn session(&self, person: &Person, nonce: Option<&str>) -> anyhow::Result<Session> {
        let now = Timestamp::now();
        let expires_at = now.plus_seconds(SESSION_SECONDS);
        let claims = Claims {
            iss: ISSUER,
            aud: AUDIENCE,
            sub: person.subject(),
            email: &person.email,
            email_verified: true,
            name: &person.name,
            iat: now.seconds(),
            exp: expires_at.seconds(),
            auth_time: now.seconds(),
            nonce,
        };
        let header = Header { kid: self.public.common.key_id.clone(), ..Header::new(Algorithm::ES256) };
        let jwt = jsonwebtoken::encode(&header, &claims, &self.key).context("signing a session")?;
        Ok(Session { jwt, expires_at })
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation, decode};
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_session_is_verified_by_the_public_key_alone() {
        let pem = new_key().unwrap();
        let signer = Signer::new(&pem).unwrap();
        let person = Person::new("Ada@Example.com", Some("Ada")).unwrap();
        let session = signer.session(&person, Some("n-1")).unwrap();
        let public: Jwk = serde_json::from_value(serde_json::to_value(signer.public_key()).unwrap()).unwrap();
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        let decoded =
            decode::<Value>(&session.jwt, &DecodingKey::from_jwk(&public).unwrap(), &validation).unwrap();
        assert_eq!(decoded.header.kid, public.common.key_id);
        let claims = decoded.claims;
        assert_eq!(
            (&claims["email"], &claims["name"], &claims["nonce"]),
            (&"Ada@Example.com".into(), &"Ada".into(), &"n-1".into())
        );
        assert_eq!(claims["email_verified"], true);
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), SESSION_SECONDS);
        assert_eq!(claims["exp"], session.expires_at.seconds());
    }

    #[test]
    fn the_same_key_has_the_same_id_and_another_one_another() {
        let (one, other) = (new_key().unwrap(), new_key().unwrap());
        let id = |pem: &str| Signer::new(pem).unwrap().public.common.key_id.unwrap();
        assert_eq!(id(&one), id(&one));
        assert_ne!(id(&one), id(&other));
        assert!(Signer::new("no key").is_err());
    }

    #[test]
    fn nothing_private_is_published() {
        let key = serde_json::to_value(Signer::new(&new_key().unwrap()).unwrap().public_key()).unwrap();
        let mut members: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
    }
}
