//! Sessions that the issuer's key has signed, and that are none even so; and what a session may say of its person.

use std::path::Path;

use base::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use p256::{
    SecretKey,
    pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _},
};
use serde_json::{Value, json};

use crate::{
    http::{client, new_team, send},
    process::{Directory, on},
};

const ISSUER: &str = "https://engine.localhost/oidc";

/// An issuer that can say anything.
struct Issuer {
    url: String,
    key: EncodingKey,
    key_id: String,
}

impl Issuer {
    async fn of(data: &Path, url: &str) -> Self {
        let pem = std::fs::read_to_string(data.join("session-key.pem")).unwrap();
        let der = SecretKey::from_pkcs8_pem(&pem).unwrap().to_pkcs8_der().unwrap();
        let known = format!("{url}/local/oidc/.well-known/openid-configuration");
        let (_, configuration) = send(client().get(known)).await;
        let (_, keys) = send(client().get(configuration["jwks_uri"].as_str().unwrap())).await;
        let key_id = keys["keys"][0]["kid"].as_str().unwrap().to_owned();
        Self { url: url.to_owned(), key: EncodingKey::from_ec_der(der.as_bytes()), key_id }
    }

    /// A session with other claims; null takes one away.
    fn session(&self, claims: &Value) -> String {
        self.session_with(claims, &Header::new(Algorithm::ES256))
    }

    fn session_with(&self, claims: &Value, header: &Header) -> String {
        let now = Timestamp::now().seconds();
        let mut all = json!({
            "iss": ISSUER, "aud": "engine-local", "sub": "somebody", "email": "ada@example.com", "email_verified": true,
            "name": "Ada", "iat": now, "exp": now + 3_600,
        });
        all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        all.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let header = Header { kid: Some(self.key_id.clone()), ..header.clone() };
        jsonwebtoken::encode(&header, &all, &self.key).unwrap()
    }

    async fn me(&self, session: &str) -> (u16, Value) {
        send(client().get(format!("{}/v1/me", self.url)).bearer_auth(session)).await
    }
}

#[tokio::test]
async fn what_the_issuer_signs_counts_only_in_the_form_that_sessions_have() {
    let data = Directory::new();
    let engine = on(&data.0);
    let issuer = Issuer::of(&data.0, &engine.url).await;
    assert_eq!(issuer.me(&issuer.session(&json!({}))).await.0, 200);
    for claims in [
        json!({"iss": [ISSUER]}),
        json!({"iss": [ISSUER, "https://evil.example"]}),
        json!({"iss": "https://evil.example"}),
        json!({"iss": null}),
        json!({"sub": ""}),
        json!({"sub": null}),
        json!({"sub": ["somebody"]}),
        json!({"aud": "another"}),
        json!({"exp": 1}),
        json!({"exp": null}),
    ] {
        let (status, body) = issuer.me(&issuer.session(&claims)).await;
        assert_eq!((status, &body["code"]), (401, &json!("invalid_token")), "{claims}");
    }
    for critical in [json!([]), json!(["exp"]), json!(["b64"]), json!(["exp", "iss"])] {
        let critical = serde_json::from_value(critical).unwrap();
        let header = Header { crit: Some(critical), ..Header::new(Algorithm::ES256) };
        let (status, _) = issuer.me(&issuer.session_with(&json!({}), &header)).await;
        assert_eq!(status, 401, "{header:?}");
    }
}

#[tokio::test]
async fn a_name_is_shown_to_others_as_one_clean_line_and_is_no_reason_to_refuse_anybody() {
    let data = Directory::new();
    let engine = on(&data.0);
    let issuer = Issuer::of(&data.0, &engine.url).await;
    let hostile = format!("Ada\r\nBcc: \u{202e}all\u{0}{}", "x".repeat(5_000));
    let long = format!("Ada Bcc: all {}", "x".repeat(87));
    // The session holds the name once: a header has at most 10,240 bytes.
    let names = [
        (json!(hostile), json!(long)),
        (json!("\u{202e}adA\u{202c}"), json!("adA")),
        (json!("  Ada\tKing "), json!("Ada King")),
        (json!("Zoë 🦊"), json!("Zoë 🦊")),
        (json!("\u{200b}\r\n"), Value::Null),
        (json!(""), Value::Null),
    ];
    for (index, (name, shown)) in names.into_iter().enumerate() {
        let sub = format!("person {index}");
        let session = issuer.session(&json!({"name": name, "sub": sub}));
        let (status, me) = issuer.me(&session).await;
        assert_eq!((status, &me["user"]["name"]), (200, &shown), "{name}");
        let slug = format!("team-{}", uuid::Uuid::new_v4());
        let (status, team) = send(new_team(&engine.url, &session, &slug)).await;
        assert_eq!(status, 201, "{team}");
        let members = format!("{}/v1/teams/{}/members", engine.url, team["id"].as_str().unwrap());
        let (_, members) = send(client().get(members).bearer_auth(&session)).await;
        assert_eq!(members["data"][0]["user"]["name"], shown, "{name}");
    }
    for email in ["no address", "a@b\r\nBcc: c@d", &format!("{}@example.com", "a".repeat(300))] {
        let (status, me) = issuer.me(&issuer.session(&json!({"email": email, "sub": email}))).await;
        assert_eq!((status, &me["user"]["email"]), (200, &Value::Null), "{email:?}");
    }
}
