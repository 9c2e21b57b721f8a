//! The issuer: from the configuration to a session that the API takes.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::http::{client, send, start};

// The example of RFC 7636, appendix B.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

async fn discovery(url: &str) -> Value {
    let (status, body) =
        send(client().get(format!("{url}/local/oidc/.well-known/openid-configuration"))).await;
    assert_eq!(status, 200);
    body
}

fn demand(url: &str) -> HashMap<&'static str, String> {
    HashMap::from([
        ("response_type", "code".to_owned()),
        ("client_id", "engine-local".to_owned()),
        ("redirect_uri", format!("{url}/console")),
        ("scope", "openid email".to_owned()),
        ("state", "s \"1\"".to_owned()),
        ("code_challenge", CHALLENGE.to_owned()),
        ("code_challenge_method", "S256".to_owned()),
    ])
}

#[tokio::test]
async fn a_code_with_pkce_becomes_a_session_once() {
    let running = start(&["--seed=none"]).await;
    let url = running.url();
    let configuration = discovery(url).await;
    let endpoint = |name: &str| configuration[name].as_str().unwrap().to_owned();

    let page = client().get(endpoint("authorization_endpoint")).query(&demand(url)).send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
    assert!(page.text().await.unwrap().contains(r#"name="state" value="s &quot;1&quot;""#));

    let mut form = demand(url);
    form.insert("email", "ada@example.com".to_owned());
    let back = client().post(endpoint("authorization_endpoint")).form(&form).send().await.unwrap();
    assert_eq!(back.status(), 303);
    let location = back.headers()["location"].to_str().unwrap().to_owned();
    let answer = location.strip_prefix(&format!("{url}/console?code=")).unwrap();
    let (code, rest) = answer.split_once('&').unwrap();
    assert_eq!(rest, "state=s+%221%22");

    let exchange = HashMap::from([
        ("grant_type", "authorization_code".to_owned()),
        ("client_id", "engine-local".to_owned()),
        ("redirect_uri", format!("{url}/console")),
        ("code", code.to_owned()),
        ("code_verifier", VERIFIER.to_owned()),
    ]);
    let (status, tokens) = send(client().post(endpoint("token_endpoint")).form(&exchange)).await;
    assert_eq!(status, 200, "{tokens}");
    let session = tokens["access_token"].as_str().unwrap();
    let (status, me) = send(client().get(format!("{url}/v1/me")).bearer_auth(session)).await;
    assert_eq!((status, &me["user"]["email"]), (200, &json!("ada@example.com")), "{me}");
    let (status, again) = send(client().post(endpoint("token_endpoint")).form(&exchange)).await;
    assert_eq!((status, &again["error"]), (400, &json!("invalid_grant")));
    running.shutdown().await;
}

#[tokio::test]
async fn a_bad_address_is_asked_for_again() {
    let running = start(&["--seed=none"]).await;
    let mut form = demand(running.url());
    form.insert("email", "ada".to_owned());
    let page =
        client().post(format!("{}/local/oidc/authorize", running.url())).form(&form).send().await.unwrap();
    assert_eq!(page.status(), 422);
    assert!(page.text().await.unwrap().contains("Give an e-mail address"));
    running.shutdown().await;
}

#[tokio::test]
async fn the_same_person_is_the_same_user_on_any_port() {
    let mut ids = Vec::new();
    for email in ["Ada@example.com", "ada@EXAMPLE.com"] {
        let running = start(&["--seed=none"]).await;
        let session = crate::http::session(running.url(), email).await;
        let (_, me) = send(client().get(format!("{}/v1/me", running.url())).bearer_auth(session)).await;
        ids.push(me["user"]["id"].clone());
        running.shutdown().await;
    }
    assert!(ids[0].is_string());
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_session_of_another_issuer_is_refused() {
    let (one, other) = (start(&["--seed=none"]).await, start(&["--seed=none"]).await);
    let session = crate::http::session(other.url(), "ada@example.com").await;
    let (status, _) = send(client().get(format!("{}/v1/me", one.url())).bearer_auth(session)).await;
    assert_eq!(status, 401);
    one.shutdown().await;
    other.shutdown().await;
}

#[tokio::test]
async fn bad_input_for_a_session_is_told() {
    let running = start(&["--seed=none"]).await;
    let url = format!("{}/local/session", running.url());
    for (body, status, code) in [
        ("{", 400, "invalid_request"),
        (r#"{"email": 1}"#, 400, "invalid_request"),
        (r#"{"email": "a@b.de", "more": 1}"#, 400, "invalid_request"),
        (r#"{"email": "nobody"}"#, 422, "invalid_data"),
        (r#"{"email": "a@b.de", "name": "\u0000"}"#, 422, "invalid_data"),
    ] {
        let request = client().post(&url).header("content-type", "application/json").body(body);
        let (found, problem) = send(request).await;
        assert_eq!((found, &problem["code"]), (status, &json!(code)), "{body}: {problem}");
    }
    for (name, value, status) in
        [("host", "evil.example", 421), ("origin", "http://evil.example", 403), ("origin", "null", 403)]
    {
        let request = client().post(&url).header(name, value).json(&json!({"email": "a@b.de"}));
        assert_eq!(send(request).await.0, status, "{name} {value}");
    }
    running.shutdown().await;
}
