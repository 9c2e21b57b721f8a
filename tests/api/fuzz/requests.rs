//! Requests of any caller to every family, as API Gateway hands them over.

use std::{pin::Pin, sync::Arc};

use base::Permission;
use delivery::target::TargetRules;
use keys::{KeySource, Platform};
use lambda_http::{Context, request::LambdaRequest};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::{Value, json};
use table::config::{AccessKeys, Config};

use super::{
    for_each, nowhere,
    strategies::{Change, changed, changes, word},
};
use crate::{
    every_route::{all, path_in},
    harness::{World, system},
    invocation::invoke,
};

/// Bodies that are right somewhere.
const BODIES: &str = r#"[
    {},
    {"name": "Smoke", "slug": "smoke"},
    {"name": "a", "permissions": ["object:read"], "allowed_cidrs": ["10.0.0.0/8"], "expires_at": "2030-01-01T00:00:00.000Z"},
    {"active": false, "team_ids": []}, {"overlap_seconds": 60}, {"credentials": ["x"]}, {"email": "a@b.c", "role": "member"},
    {"slug": "a", "singular_label": "A", "plural_label": "A", "item_label_fields": ["a"], "fields":
        [{"slug": "a", "label": "A", "type": "text", "searchable": true, "unique": true, "required": "always"}]},
    {"slug": "b", "label": "B", "type": "dropdown", "settings": {"options": ["x"]}, "visible": {"if": {"field": "a", "op": "eq", "value": "x"}}},
    {"fields": {"name": "Ada", "number": "7", "amount": 12.5, "email": "ada@example.com"}},
    {"filter": {"all": [{"field": "amount", "op": "gt", "value": 1}, {"not": {"field": "name", "op": "empty"}}]}, "sort": ["-amount"], "limit": 10},
    {"operations": [{"op": "create", "fields": {"name": "a"}}, {"op": "upsert", "match": "number", "fields": {"number": "1"}},
        {"op": "delete", "id": "obj_0000000000000000000000"}], "atomic": true},
    {"name": "a", "url": "https://receiver.invalid/", "topics": ["object.created"], "object_types": ["contacts"], "content": "full"},
    {"since": "2026-01-01T00:00:00.000Z"}, {"method": "GET", "path": "/v1/me"}
]"#;
const HEADERS: &[&str] = &[
    "Host",
    "X-Forwarded-Proto",
    "X-Forwarded-For",
    "Content-Type",
    "If-Match",
    "If-None-Match",
    "Idempotency-Key",
    "Content-Encoding",
    "Accept",
    "User-Agent",
    "X-Request-Id",
    "Cookie",
    "Origin",
];

struct Ring;

impl KeySource for Ring {
    fn fetch(&self) -> Pin<Box<dyn Future<Output = anyhow::Result<String>> + Send + '_>> {
        Box::pin(async { Ok(json!({"current": "k1", "k1": "k".repeat(64)}).to_string()) })
    }
}

pub(super) fn platform() -> Platform {
    let any = || "test".to_owned();
    let config = Config {
        region: "us-east-1".to_owned(),
        credentials: Some(AccessKeys { id: any(), secret: any(), session: None }),
        dynamodb_endpoint: Some(system().dynamodb.clone()),
        ..Config::default()
    };
    Platform::new(&config, Arc::new(Ring)).unwrap()
}

/// What somebody sends.
#[derive(Clone, Debug)]
struct Sent {
    route: Index,
    segment: Option<(Index, String)>,
    query: Vec<(String, String)>,
    headers: Vec<(&'static str, String)>,
    body: (Index, Vec<(Index, Change)>),
    raw: Option<Vec<u8>>,
}

fn sent() -> impl Strategy<Value = Sent> {
    let body = (any::<Index>(), changes());
    let header = (proptest::sample::select(HEADERS), word());
    (
        any::<Index>(),
        proptest::option::weighted(0.2, (any::<Index>(), word())),
        vec((word(), word()), 0..3),
        vec(header, 0..3),
        body,
        proptest::option::weighted(0.05, any::<Vec<u8>>()),
    )
        .prop_map(|(route, segment, query, headers, body, raw)| Sent {
            route,
            segment,
            query,
            headers,
            body,
            raw,
        })
}

impl Sent {
    /// The family, and the event.
    fn event(&self, world: &World, bodies: &[Value]) -> (String, Value) {
        let routes = all();
        let info = self.route.get(&routes);
        let mut segments: Vec<_> =
            path_in(&info.route.path, &world.team).split('/').map(str::to_owned).collect();
        if let Some((at, word)) = &self.segment {
            let at = at.index(segments.len());
            segments[at] = utf8_percent_encode(word, NON_ALPHANUMERIC).to_string();
        }
        let path = segments.join("/");
        let (at, changes) = &self.body;
        let json = || changed(at.get(bodies).clone(), changes).to_string().into_bytes();
        let body = self.raw.clone().unwrap_or_else(json);
        let mut headers =
            json!({"Host": "a.execute-api.eu-west-1.amazonaws.com", "Content-Type": "application/json"});
        for (name, value) in &self.headers {
            headers[*name] = json!(value);
        }
        let one: serde_json::Map<_, _> =
            self.query.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let many: serde_json::Map<_, _> =
            self.query.iter().map(|(name, value)| (name.clone(), json!([value, value]))).collect();
        let event = json!({
            "resource": "/{proxy+}", "path": path, "httpMethod": info.route.method, "headers": headers,
            "queryStringParameters": one, "multiValueQueryStringParameters": many, "pathParameters": null,
            "stageVariables": null, "body": base64(&body), "isBase64Encoded": true,
            "requestContext": {
                "stage": "live", "resourcePath": "/{proxy+}", "httpMethod": info.route.method, "requestId": "r-1",
                "path": format!("/live{path}"), "identity": {"sourceIp": "203.0.113.7", "userAgent": "fuzz"},
                "authorizer": caller(world),
            },
        });
        (info.id.split('.').next().unwrap().to_owned(), event)
    }
}

/// An owner with a session, who may do most.
fn caller(world: &World) -> Value {
    let permissions: Vec<_> = Permission::ALL.iter().map(|permission| permission.name()).collect();
    json!({
        "principalId": world.owner.id, "user_id": world.owner.id, "credential": "session", "team_id": world.team,
        "role": "owner", "permissions": permissions.join(" "), "request_id": "r-1", "integrationLatency": 12,
        "email": "ada@example.com",
    })
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for part in bytes.chunks(3) {
        let number = u32::from_be_bytes([0, part[0], *part.get(1).unwrap_or(&0), *part.get(2).unwrap_or(&0)]);
        for at in 0..4 {
            let letter = usize::try_from((number >> (18 - 6 * at)) & 63).unwrap();
            text.push(if at <= part.len() { char::from(LETTERS[letter]) } else { '=' });
        }
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_somebody_sends_is_answered_and_never_with_a_failure() {
    let (world, platform) = (World::new().await, platform());
    let on = || Some(platform.clone());
    let families = [
        ("tokens", tokens::routes().router(tokens::Store::new(&platform), on())),
        ("teams", teams::routes().router(teams::Store::new(&platform), on())),
        ("object-types", object_types::routes().router(object_types::Store::new(&platform, nowhere()), on())),
        ("objects", objects::routes().router(objects::Store::new(&platform), on())),
        ("forms", forms::routes().router(forms::Store::new(&platform), on())),
        (
            "form-submissions",
            form_submissions::routes().router(form_submissions::Store::new(&platform), on()),
        ),
        (
            "webhooks",
            webhooks::routes()
                .router(webhooks::Store::new(&platform, nowhere(), TargetRules::anywhere()), on()),
        ),
        (
            "uploads",
            uploads::routes()
                .router(uploads::Store::new(&platform, system().bucket.clone(), nowhere()), on()),
        ),
        ("views", views::routes().router(views::Store::new(&platform), on())),
        ("audit-logs", audit_logs::routes().router(audit_logs::Store::new(&platform), on())),
        ("discovery", discovery::routes().router((), None)),
    ];
    let bodies: Vec<Value> = serde_json::from_str(BODIES).unwrap();
    let runtime = tokio::runtime::Handle::current();
    let check = move |sent: &Sent| {
        let (family, event) = sent.event(&world, &bodies);
        // What is no event at all, such as a header with a line break, Lambda hands over to nobody.
        let Ok(event) = serde_json::from_value::<LambdaRequest>(event) else { return Ok(()) };
        let (_, router) = families.iter().find(|(name, _)| *name == family).unwrap();
        let answer = runtime.block_on(invoke(router.clone(), event, Context::default()));
        let status = answer["statusCode"].as_u64().unwrap();
        if status < 500 { Ok(()) } else { Err(format!("{status}: {answer}")) }
    };
    tokio::task::spawn_blocking(move || for_each(&sent(), check)).await.unwrap();
}
