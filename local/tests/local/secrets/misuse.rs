//! Where a secret does not belong.

use super::net::Client;
use crate::http::client as anybody;

/// Sends a secret to wherever it does not belong.
pub(super) async fn misuse(client: &Client, secret: &str, session: &str, team: &str) {
    let (wrong, mistyped) = (format!("{secret}0"), secret.replacen('a', "b", 3));
    for path in ["/v1/token", "/v1/tokens", "/v1/me", &format!("{team}/objects/contacts")] {
        for credential in [secret, &wrong, &mistyped] {
            client.send(client.request("GET", path, credential)).await;
        }
    }
    let me = client.request("GET", "/v1/me", session).build().unwrap().url().clone();
    for wrong in ["Basic {}", "Token {}", "{}", "Bearer {} {}"] {
        let request = anybody().get(me.clone());
        client.send(request.header("authorization", wrong.replace("{}", secret))).await;
    }
    for path in PATHS {
        let path = path.replace("{secret}", secret).replace("{team}", team);
        client.send(client.request("GET", &path, session)).await;
    }
    for (method, path, body) in BODIES {
        let (path, body) = (path.replace("{team}", team), body.replace("{secret}", secret));
        let request = client.request(method, &path, session).header("content-type", "application/json");
        client.send(request.body(body)).await;
    }
    for (name, value) in HEADERS {
        let request = client.request("PATCH", team, session).body("{");
        client.send(request.header(*name, value.replace("{secret}", secret))).await;
    }
}

const PATHS: &[&str] = &[
    "/v1/tokens/{secret}",
    "/v1/tokens/{secret}/history",
    "/v1/teams/{secret}",
    "{team}/objects/{secret}/{secret}",
    "{team}/members/{secret}",
    "/{secret}",
    "/v1/{secret}?{secret}",
    "/v1/tokens?limit={secret}",
    "/v1/tokens?cursor={secret}",
    "/v1/tokens?status={secret}",
    "/v1/tokens?{secret}=1",
];

const BODIES: &[(&str, &str, &str)] = &[
    ("POST", "/v1/tokens", r#"{"{secret}": 1}"#),
    ("POST", "/v1/tokens", r#""{secret}""#),
    ("POST", "/v1/tokens", r#"{"name": "{secret}"#),
    ("POST", "/v1/tokens", "{secret}"),
    ("POST", "/v1/tokens", r#"{"name": {"{secret}": 1}, "permissions": ["upload"]}"#),
    ("POST", "/v1/tokens", r#"{"name": "a", "permissions": ["{secret}"]}"#),
    ("POST", "/v1/tokens", r#"{"name": "a", "permissions": ["upload"], "expires_at": "{secret}"}"#),
    ("POST", "/v1/tokens", r#"{"name": "a", "permissions": ["upload"], "team_ids": ["{secret}"]}"#),
    ("POST", "/v1/tokens", r#"{"name": "a", "permissions": ["upload"], "allowed_cidrs": ["{secret}"]}"#),
    ("POST", "/v1/tokens", r#"{"name": "a", "permissions": ["upload"], "on_reuse": "{secret}"}"#),
    ("POST", "/v1/token/check", r#"{"method": "{secret}", "path": "/v1/{secret}"}"#),
    ("POST", "/v1/invitations/accept", r#"{"secret": {"{secret}": 1}}"#),
    ("POST", "/v1/invitations/accept", r#"{"secret": "{secret}0"}"#),
    ("POST", "/v1/credentials/revoke", r#"{"credentials": {"{secret}": 1}}"#),
    ("POST", "/v1/credentials/revoke", r#"{"credentials": [], "{secret}": 1}"#),
    ("PATCH", "{team}", r#"{"token_lifetime_days_max": "{secret}"}"#),
    ("POST", "/v1/teams", r#"{"name": "a", "slug": "{secret}"}"#),
    ("POST", "/local/session", r#"{"email": "{secret}"}"#),
];

const HEADERS: &[(&str, &str)] = &[
    ("x-api-key", "{secret}"),
    ("idempotency-key", "{secret}"),
    ("user-agent", "{secret}"),
    ("cookie", "token={secret}"),
    ("if-match", "{secret}"),
    ("x-request-id", "{secret}"),
    ("origin", "https://{secret}.example"),
    ("content-type", "{secret}"),
    ("accept", "{secret}"),
    ("referer", "https://example.com/?token={secret}"),
];
