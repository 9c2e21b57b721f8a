//! The authorizer with the events of API Gateway in its three forms, and its round trips, counted.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};
use shared::{
    Permission, Permissions, Platform, Role, Timestamp,
    access::Credential,
    actor::{Actor, Source},
    authorizer::{Authorizer, Sessions},
    config::{AccessKeys, Config},
    id::{TeamId, TokenId, UserId},
    identity::{Membership, StoredToken, membership_key, token_key},
    keys::KeySource,
    manifest::Manifest,
    secret::{Secret, SecretKind},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::harness::system;

/// What stands in every request of the SDK once.
const REQUEST_MARK: &[u8] = b"x-amz-target: ";

struct KeyRing;

impl KeySource for KeyRing {
    fn fetch(&self) -> std::pin::Pin<Box<dyn Future<Output = anyhow::Result<String>> + Send + '_>> {
        Box::pin(async {
            Ok(r#"{"current": "k1", "k1": "a key of at least thirty-two characters"}"#.to_owned())
        })
    }
}

/// An authorizer of its own with a token, behind a counter of requests.
struct Gate {
    authorizer: Authorizer,
    requests: Arc<AtomicUsize>,
    user: UserId,
    team: TeamId,
    token: Secret,
}

impl Gate {
    async fn new(permissions: &[Permission]) -> Self {
        let (address, requests) = counter().await;
        let key = || "any".to_owned();
        let config = Config {
            region: "us-east-1".to_owned(),
            credentials: Some(AccessKeys { id: key(), secret: key(), session: None }),
            dynamodb_endpoint: Some(address),
            ..Config::default()
        };
        let platform = Platform::new(&config, Arc::new(KeyRing)).unwrap();
        let (user, team) = (UserId::of_subject("test", TokenId::new().as_str()), TeamId::new());
        let token = stored(&platform, &user, &team, permissions).await;
        let sessions = Sessions::new("https://issuer.example", "nobody", None);
        let authorizer = Authorizer::new(&platform, sessions, Manifest::parse(authorizer::MANIFEST).unwrap());
        Self { authorizer, requests, user, team, token }
    }

    fn path(&self) -> String {
        format!("/v1/teams/{}/objects/contacts", self.team)
    }

    fn rest(&self, kind: &str, method: &str, authorization: &str) -> Value {
        let (name, path) = (format!("authorizer-{kind}.json"), self.path());
        let mut event = event(&name);
        event["methodArn"] =
            json!(format!("arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/live/{method}{path}"));
        if kind == "token" {
            event["authorizationToken"] = json!(authorization);
        } else {
            event["httpMethod"] = json!(method);
            event["path"] = json!(path);
            event["headers"] = json!({"Authorization": authorization});
        }
        event
    }

    fn http(&self, method: &str, authorization: &str) -> Value {
        let mut event = event("authorizer-http2.json");
        event["rawPath"] = json!(self.path());
        event["requestContext"]["stage"] = json!("$default");
        event["requestContext"]["http"]["method"] = json!(method);
        event["headers"] = json!({"authorization": authorization});
        event
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token.reveal())
    }

    /// The requests of one decision. The first use of a token is recorded beside it, so that is waited for.
    async fn round_trips(&self, event: Value) -> usize {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        self.requests.store(0, Ordering::SeqCst);
        drop(self.authorizer.handle(event).await);
        self.requests.load(Ordering::SeqCst)
    }
}

fn event(name: &str) -> Value {
    let path = format!("{}/../events/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

async fn stored(platform: &Platform, user: &UserId, team: &TeamId, permissions: &[Permission]) -> Secret {
    let (id, now, ring) = (TokenId::new(), Timestamp::now(), platform.keys.ring().await.unwrap());
    let secret = Secret::new(SecretKind::Token, user.part(), id.part()).unwrap();
    let actor = Actor {
        user: user.clone(),
        credential: Credential::Session,
        token: None,
        ip: "::1".into(),
        source: Source::App,
        request_id: "r".into(),
    };
    let hash = ring.hash(ring.current(), secret.reveal()).unwrap();
    let token = StoredToken {
        id: id.clone(),
        user: user.clone(),
        name: "t".into(),
        description: String::new(),
        permissions: permissions.iter().copied().collect::<Permissions>(),
        active: true,
        hint: secret.hint(),
        expires_at: None,
        team_ids: None,
        allowed_cidrs: None,
        last_used: None,
        key_id: ring.current().to_owned(),
        hash: base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, hash),
        created_at: now,
        updated_at: now,
        version: 1,
        actor: actor.clone(),
    };
    let membership = Membership {
        team: team.clone(),
        user: user.clone(),
        role: Role::Manager,
        created_at: now,
        updated_at: now,
        version: 1,
        actor,
    };
    let table = &platform.identity;
    table.write(table.put(token_key(user, &id), &token).unwrap()).await.unwrap();
    table.write(table.put(membership_key(user, team), &membership).unwrap()).await.unwrap();
    secret
}

/// A relay in front of the database that counts requests.
async fn counter() -> (String, Arc<AtomicUsize>) {
    system();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, requests) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let count = requests.clone();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(system().dynamodb.trim_start_matches("http://")).await.unwrap();
            let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
                (client.into_split(), server.into_split());
            let count = count.clone();
            tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
            tokio::spawn(async move {
                let mut bytes = vec![0; 64 * 1024];
                while let Ok(length @ 1..) = from_client.read(&mut bytes).await {
                    let sent = &bytes[..length];
                    count.fetch_add(
                        sent.windows(REQUEST_MARK.len()).filter(|window| *window == REQUEST_MARK).count(),
                        Ordering::SeqCst,
                    );
                    to_server.write_all(sent).await.unwrap();
                }
            });
        }
    });
    (format!("http://{address}"), requests)
}

#[tokio::test]
async fn both_rest_forms_are_answered_with_a_policy_for_this_route_and_a_flat_context() {
    let gate = Gate::new(&[Permission::ObjectRead]).await;
    for kind in ["token", "request"] {
        let event = gate.rest(kind, "GET", &gate.bearer());
        let answer = gate.authorizer.handle(event.clone()).await.unwrap();
        assert_eq!(answer["principalId"], json!(gate.user));
        assert_eq!(
            answer["policyDocument"],
            json!({
                "Version": "2012-10-17",
                "Statement": [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": event["methodArn"]}],
            })
        );
        let context = answer["context"].as_object().unwrap();
        assert!(context.values().all(Value::is_string), "{context:?}");
        assert_eq!(
            (&context["user_id"], &context["credential"], &context["permissions"]),
            (&json!(gate.user), &json!("token"), &json!("object:read"))
        );
        assert_eq!((&context["team_id"], &context["role"]), (&json!(gate.team), &json!("manager")));
    }
}

#[tokio::test]
async fn the_http_form_is_answered_simply() {
    let gate = Gate::new(&[Permission::ObjectRead]).await;
    let yes = gate.authorizer.handle(gate.http("GET", &gate.bearer())).await.unwrap();
    assert_eq!((&yes["isAuthorized"], &yes["context"]["team_id"]), (&json!(true), &json!(gate.team)));
    let no = gate.authorizer.handle(gate.http("POST", &gate.bearer())).await.unwrap();
    assert_eq!((&no["isAuthorized"], &no["context"]["error"]), (&json!(false), &json!("insufficient_scope")));
    assert_eq!(no["context"]["required_permissions"], json!("object:create"));
    let nobody = gate.authorizer.handle(gate.http("GET", "Bearer x")).await.unwrap();
    assert_eq!(
        (&nobody["isAuthorized"], &nobody["context"]["error"]),
        (&json!(false), &json!("invalid_token"))
    );
}

#[tokio::test]
async fn a_refusal_is_a_deny_that_names_what_is_missing_in_texts_the_gateway_can_copy() {
    let gate = Gate::new(&[Permission::ObjectRead]).await;
    for kind in ["token", "request"] {
        let answer = gate.authorizer.handle(gate.rest(kind, "PUT", &gate.bearer())).await.unwrap();
        assert_eq!(answer["policyDocument"]["Statement"][0]["Effect"], json!("Deny"));
        let context = &answer["context"];
        assert_eq!(context["required_permissions"], json!("object:create object:update"));
        assert_eq!(context["required_permissions_json"], json!(r#"["object:create","object:update"]"#));
        assert!(!context["detail"].as_str().unwrap().contains(['"', '\\']));
    }
}

#[tokio::test]
async fn a_bad_credential_fails_with_the_one_word_that_api_gateway_turns_into_401() {
    let gate = Gate::new(&[Permission::ObjectRead]).await;
    for authorization in ["", "Bearer", "Bearer x", "Basic eA==", &format!("{}x", gate.bearer())] {
        for kind in ["token", "request"] {
            let error = gate.authorizer.handle(gate.rest(kind, "GET", authorization)).await.unwrap_err();
            assert_eq!(error.to_string(), "Unauthorized", "{authorization}");
        }
    }
}

#[tokio::test]
async fn what_is_no_event_never_lets_anybody_pass() {
    let gate = Gate::new(&[Permission::ObjectRead]).await;
    for event in [
        json!({}),
        json!([]),
        json!(null),
        json!({"type": "OTHER", "methodArn": "a/b/GET/v1/me"}),
        json!({"version": "2.0"}),
        json!({"type": "TOKEN", "methodArn": ""}),
    ] {
        assert!(gate.authorizer.handle(event).await.is_err());
    }
}

#[tokio::test]
async fn a_decision_is_one_round_trip_and_none_for_a_malformed_token() {
    let gate = Gate::new(&[Permission::ObjectRead]).await;
    // The first one connects, and records the use.
    gate.round_trips(gate.rest("request", "GET", &gate.bearer())).await;
    for event in [
        gate.rest("request", "GET", &gate.bearer()),
        gate.rest("token", "GET", &gate.bearer()),
        gate.rest("request", "POST", &gate.bearer()),
        gate.http("GET", &gate.bearer()),
    ] {
        assert_eq!(gate.round_trips(event).await, 1);
    }
    let unknown = Secret::new(SecretKind::Token, gate.user.part(), TokenId::new().part()).unwrap();
    assert_eq!(
        gate.round_trips(gate.rest("request", "GET", &format!("Bearer {}", unknown.reveal()))).await,
        1
    );
    let mistyped = gate
        .bearer()
        .replacen("ea_pat_0", "ea_pat_1", 1)
        .replace("ea_pat_", "ea_pat_0")
        .chars()
        .take(107)
        .collect::<String>();
    for malformed in ["", "Bearer ea_pat_", &mistyped, "Bearer x.y.z"] {
        assert_eq!(gate.round_trips(gate.rest("request", "GET", malformed)).await, 0, "{malformed}");
    }
}
