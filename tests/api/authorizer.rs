//! The authorizer with the events of API Gateway in its three forms, and its round trips, counted.

use std::sync::Arc;

use api::manifest::Manifest;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use base::{
    Permission, Permissions, Role, Timestamp,
    access::Credential,
    actor::{Actor, Source},
    id::{TeamId, TokenId, UserId},
    secret::{Secret, SecretKind},
};
use gate::{
    authorizer::{Authorizer, Sessions},
    identity::{Membership, membership_key, token_key},
    token::{
        LastUsed, OnReuse, Pending, REPLACED_SECRETS_MAX, RETIRED_SECRETS_MAX, ReplacedSecret, StoredToken,
        Until, Used, parse_range,
    },
};
use keys::{KeySource, Platform};
use lambda_http::LambdaEvent;
use serde_json::{Value, json};
use table::{
    AttributeValue, Key,
    config::{AccessKeys, Config},
};

use crate::{counter::Counter, deadline, harness::system, tree::read};

mod noted;

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
    requests: Counter,
    user: UserId,
    team: TeamId,
    token: Secret,
}

impl Gate {
    async fn new(permissions: &[Permission]) -> Self {
        Self::of(permissions, |token, _| token).await
    }

    /// With a token that is not as it was made.
    async fn of(permissions: &[Permission], shape: fn(StoredToken, &TeamId) -> StoredToken) -> Self {
        let (address, requests) = Counter::start().await;
        let platform = platform(&address);
        let (user, team) = (UserId::of_subject("test", TokenId::new().as_str()), TeamId::new());
        let token = stored(&platform, &user, &team, permissions, shape).await;
        let sessions = Sessions::new("https://issuer.example", "nobody", None);
        let authorizer = Authorizer::new(&platform, sessions, Manifest::own().unwrap());
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

    async fn decide(&self, event: Value) -> Result<Value, String> {
        let event = serde_json::from_value(event).map_err(|error| error.to_string())?;
        self.authorizer.handle(event).await.map_err(|error| error.to_string())
    }

    /// What one decision reads.
    async fn round_trips(&self, event: Value) -> usize {
        self.requests.reset();
        drop(self.decide(event).await);
        self.requests.reads()
    }
}

/// A platform on the tables behind that address, with a key ring.
pub(crate) fn platform(address: &str) -> Platform {
    Platform::new(&config(address), Arc::new(KeyRing)).unwrap()
}

/// The tables behind that address.
fn config(address: &str) -> Config {
    let key = || "any".to_owned();
    Config {
        region: "us-east-1".to_owned(),
        credentials: Some(AccessKeys { id: key(), secret: key(), session: None }),
        dynamodb_endpoint: Some(address.to_owned()),
        ..Config::default()
    }
}

fn event(name: &str) -> Value {
    serde_json::from_str(&read(&format!("events/{name}"))).unwrap()
}

/// Who made everything here.
fn owner(user: &UserId) -> Actor {
    Actor {
        user: Some(user.clone()),
        credential: Some(Credential::Session),
        token: None,
        form: None,
        ip: "::1".into(),
        source: Source::App,
        request_id: "r".into(),
    }
}

async fn stored(
    platform: &Platform,
    user: &UserId,
    team: &TeamId,
    permissions: &[Permission],
    shape: fn(StoredToken, &TeamId) -> StoredToken,
) -> Secret {
    let (id, now, ring) = (TokenId::new(), Timestamp::now(), platform.keys.ring().await.unwrap());
    let secret = Secret::new(SecretKind::Token, user.suffix(), id.suffix()).unwrap();
    let actor = owner(user);
    let token = StoredToken {
        id: id.clone(),
        user: user.clone(),
        name: "t".into(),
        description: String::new(),
        permissions: permissions.iter().copied().collect::<Permissions>(),
        active: true,
        secret: ring.hash(secret.reveal()),
        hint: secret.hint(),
        pending: None,
        replaced: Vec::new(),
        retired_secrets: Vec::new(),
        rotated_itself_at: Vec::new(),
        on_reuse: OnReuse::Record,
        secret_created_at: now,
        expires_at: None,
        team_ids: None,
        blocked_team_ids: Vec::new(),
        blocks: Vec::new(),
        allowed_cidrs: None,
        rate_limit: None,
        last_used: None,
        used: Used::default(),
        revoked_at: None,
        created_at: now,
        updated_at: now,
        version: 1,
        actor: actor.clone(),
    };
    let membership = Membership {
        team: team.clone(),
        user: user.clone(),
        role: Role::Manager,
        token_lifetime_days_max: None,
        created_at: now,
        updated_at: now,
        version: 1,
        actor,
    };
    let table = &platform.identity;
    table.write(table.put(token_key(user, &id), &shape(token, team)).unwrap()).await.unwrap();
    table.write(table.put(membership_key(user, team), &membership).unwrap()).await.unwrap();
    secret
}

#[tokio::test]
async fn a_use_that_cannot_be_recorded_keeps_nobody_waiting_for_long() {
    let gate = Gate::new(&[Permission::ObjectRead]).await;
    gate.requests.hold_the_next("UpdateItem");
    let event = serde_json::from_value(gate.rest("request", "GET", &gate.bearer())).unwrap();
    let answer = gate.authorizer.answer_in_time(LambdaEvent::new(event, deadline::context(8))).await;
    let answer = serde_json::to_value(answer.unwrap()).unwrap();
    assert_eq!(answer["policyDocument"]["Statement"][0]["Effect"], "Allow", "{answer}");
}

#[tokio::test]
async fn what_cannot_be_decided_in_time_lets_nobody_pass() {
    let gate = Gate::new(&[Permission::ObjectRead]).await;
    for (seconds, expected) in [(60, Ok(())), (0, Err("the authorizer could not decide".to_owned()))] {
        let event = serde_json::from_value(gate.rest("request", "GET", &gate.bearer())).unwrap();
        let event = LambdaEvent::new(event, deadline::context(seconds));
        let answer = gate.authorizer.answer_in_time(event).await;
        assert_eq!(answer.map(drop).map_err(|error| error.to_string()), expected);
    }
}

#[tokio::test]
async fn both_rest_forms_are_answered_with_a_policy_for_this_route_and_a_flat_context() {
    let gate = Gate::new(&[Permission::ObjectRead]).await;
    for kind in ["token", "request"] {
        let event = gate.rest(kind, "GET", &gate.bearer());
        let answer = gate.decide(event.clone()).await.unwrap();
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
    let yes = gate.decide(gate.http("GET", &gate.bearer())).await.unwrap();
    assert_eq!((&yes["isAuthorized"], &yes["context"]["team_id"]), (&json!(true), &json!(gate.team)));
    let no = gate.decide(gate.http("POST", &gate.bearer())).await.unwrap();
    assert_eq!((&no["isAuthorized"], &no["context"]["error"]), (&json!(false), &json!("insufficient_scope")));
    assert_eq!(no["context"]["required_permissions"], json!("object:create"));
    let nobody = gate.decide(gate.http("GET", "Bearer x")).await.unwrap();
    assert_eq!(
        (&nobody["isAuthorized"], &nobody["context"]["error"]),
        (&json!(false), &json!("invalid_token"))
    );
}

#[tokio::test]
async fn a_refusal_is_a_deny_that_names_what_is_missing_in_texts_the_gateway_can_copy() {
    let gate = Gate::new(&[Permission::ObjectRead]).await;
    for kind in ["token", "request"] {
        let answer = gate.decide(gate.rest(kind, "PUT", &gate.bearer())).await.unwrap();
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
            let error = gate.decide(gate.rest(kind, "GET", authorization)).await.unwrap_err();
            assert_eq!(error, "Unauthorized", "{authorization}");
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
        assert!(gate.decide(event).await.is_err());
    }
}

#[tokio::test]
async fn a_decision_is_one_round_trip_and_none_for_a_malformed_token() {
    let gate = Gate::new(&[Permission::ObjectRead]).await;
    for event in [
        gate.rest("request", "GET", &gate.bearer()),
        gate.rest("token", "GET", &gate.bearer()),
        gate.rest("request", "POST", &gate.bearer()),
        gate.http("GET", &gate.bearer()),
    ] {
        assert_eq!(gate.round_trips(event).await, 1);
    }
    let unknown = Secret::new(SecretKind::Token, gate.user.suffix(), TokenId::new().suffix()).unwrap();
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

/// In the middle of a rotation, after many others, limited in every way, and used for everything.
fn laden(token: StoredToken, team: &TeamId) -> StoredToken {
    let now = Timestamp::now();
    let teams = std::iter::once(team.clone()).chain(std::iter::repeat_with(TeamId::new)).take(20);
    let nets = ["0.0.0.0/0", "::/0"].map(str::to_owned).into_iter();
    let nets = nets.chain((0..18).map(|number| format!("2001:db8:{number}:1111::/64")));
    let used: serde_json::Map<_, _> = Permission::ALL
        .iter()
        .map(|permission| (permission.name().to_owned(), json!(now.seconds())))
        .collect();
    let other = token.secret.clone();
    StoredToken {
        pending: Some(Pending {
            secret: other.clone(),
            hint: token.hint.clone(),
            created_at: now,
            by: Credential::Session,
            overlap_until: now.plus_seconds(60),
            until: Until::Time,
        }),
        replaced: vec![
            ReplacedSecret {
                secret: other.clone(),
                hint: token.hint.clone(),
                created_at: now,
                overlap_until: now.plus_seconds(60),
            };
            REPLACED_SECRETS_MAX
        ],
        retired_secrets: vec![other; RETIRED_SECRETS_MAX],
        rotated_itself_at: Vec::new(),
        team_ids: Some(teams.collect()),
        allowed_cidrs: Some(nets.map(|net| parse_range(&net).unwrap()).collect()),
        expires_at: Some(now.plus_seconds(3_600)),
        last_used: Some(LastUsed {
            at: now,
            ip: Some("203.0.113.9".into()),
            user_agent: Some("u".repeat(256)),
        }),
        used: serde_json::from_value(used.into()).unwrap(),
        description: "d".repeat(150),
        ..token
    }
}

#[tokio::test]
async fn restrictions_rotation_and_all_that_is_noted_make_a_decision_no_dearer() {
    let gate = Gate::of(Permission::ALL, laden).await;
    for event in [gate.rest("request", "GET", &gate.bearer()), gate.http("GET", &gate.bearer())] {
        gate.decide(event.clone()).await.unwrap();
        assert_eq!(gate.round_trips(event).await, 1);
    }
    let client = table::aws::dynamodb(&config(&system().dynamodb)).unwrap();
    let token = TokenId::parse(&format!("{}{}", TokenId::PREFIX, gate.token.subject_part())).unwrap();
    let keys =
        [token_key(&gate.user, &token), membership_key(&gate.user, &gate.team)].map(|Key { pk, sk }| {
            [("pk".to_owned(), AttributeValue::S(pk)), ("sk".to_owned(), AttributeValue::S(sk))].into()
        });
    let both =
        KeysAndAttributes::builder().set_keys(Some(keys.into())).consistent_read(true).build().unwrap();
    let call = client.batch_get_item().request_items(Config::default().tables.identity, both);
    let found: Vec<_> = call.send().await.unwrap().responses.unwrap().into_values().flatten().collect();
    // A strongly consistent read of an item of up to 4 KB is one unit.
    let units: Vec<_> = found.iter().map(|item| size(item).div_ceil(4_096)).collect();
    assert_eq!(units, [1, 1], "{:?}", found.iter().map(size).collect::<Vec<_>>());
}

/// The bytes of an item as DynamoDB counts them, a number by its digits.
fn size(item: &std::collections::HashMap<String, AttributeValue>) -> usize {
    item.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(digits) => digits.len().div_ceil(2) + 1,
        AttributeValue::Bool(_) | AttributeValue::Null(_) => 1,
        AttributeValue::L(list) => 3 + list.iter().map(|value| 1 + value_size(value)).sum::<usize>(),
        AttributeValue::M(map) => 3 + map.len() + size(map),
        other => panic!("{other:?} is never stored"),
    }
}
