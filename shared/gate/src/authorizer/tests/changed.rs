//! What holds for every event: the good credential alone passes, and only to what it may do.

use proptest::{collection::vec, prelude::*, sample::select};

use super::*;
use base::testing::tried;

/// Where the event of a REST API goes.
pub(super) const PATH: &str = "/v1/teams/team_000000000000000000demo/objects/contacts";
pub(super) const OTHER_TEAM: &str = "team_00000000000000000other";

/// Any JSON.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// What could mean something at some place of an event; `{token}` is the good one.
fn tempting() -> impl Strategy<Value = Value> {
    select(vec![
        json!("TOKEN"),
        json!("REQUEST"),
        json!("2.0"),
        json!("GET"),
        json!("DELETE"),
        json!("put"),
        json!("HEAD"),
        json!("/v1/me"),
        json!(PATH),
        json!(format!("{PATH}/")),
        json!(format!("{PATH}/obj_1")),
        json!("/v1/teams/team_000000000000000000demo//objects/contacts"),
        json!("/v1/teams/team_000000000000000000demo/objects/../contacts"),
        json!(format!("/v1/teams/{OTHER_TEAM}/objects/contacts")),
        json!("Bearer {token}"),
        json!("bearer   {token} "),
        json!("Basic {token}"),
        json!("{token}"),
        json!("Bearer {token}, Bearer {token}"),
        json!("Bearer {token}0"),
        json!(["Bearer {token}"]),
        json!(["Bearer {token}", "Bearer x"]),
        json!({"Authorization": "Bearer {token}"}),
        json!({"authorization": "Bearer {token}", "AUTHORIZATION": "Bearer x"}),
        json!({"authorization": ["Bearer {token}", "Bearer {token}"]}),
        json!("203.0.113.7"),
        json!("::ffff:203.0.113.7"),
        json!("192.0.2.1"),
        json!("arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/live/GET/v1/me"),
        json!("arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/live/*"),
    ])
}

/// What happens to a member of an event.
#[derive(Clone, Debug)]
enum Change {
    Remove,
    Replace(Value),
    /// A second member whose name differs in its case only.
    Twin(Value),
}

fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, Change)>> {
    let change = prop_oneof![
        2 => Just(Change::Remove),
        1 => anything().prop_map(Change::Replace),
        4 => tempting().prop_map(Change::Replace),
        2 => tempting().prop_map(Change::Twin),
    ];
    vec((any::<prop::sample::Index>(), change), 0..5)
}

/// Members that decide something are changed as often as all the others together.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    let Some(members) = value.as_object() else { return };
    for (name, member) in members {
        let pointer = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        let decides = ["authorization", "path", "arn", "method", "type", "token", "source", "version"];
        let times = if decides.iter().any(|part| name.to_lowercase().contains(part)) { 8 } else { 1 };
        found.extend(std::iter::repeat_n(pointer.clone(), times));
        pointers(member, &pointer, found);
    }
}

fn apply(event: &mut Value, at: prop::sample::Index, change: Change) {
    let mut all = Vec::new();
    pointers(event, "", &mut all);
    if all.is_empty() {
        return;
    }
    let (parent, name) = at.get(&all).rsplit_once('/').unwrap();
    let name = name.replace("~1", "/").replace("~0", "~");
    let Some(members) = event.pointer_mut(parent).and_then(Value::as_object_mut) else { return };
    match change {
        Change::Remove => drop(members.remove(&name)),
        Change::Replace(value) => drop(members.insert(name, value)),
        Change::Twin(value) => drop(members.insert(name.to_uppercase(), value)),
    }
}

/// The one text behind `Bearer` in an event, told in another way than the authorizer reads it.
fn sent(event: &Value) -> Option<String> {
    let values = |headers: &Value| -> Vec<Value> {
        let named = |name: &&String| name.to_lowercase() == "authorization";
        let headers = headers.as_object().into_iter().flatten();
        headers
            .filter(|(name, _)| named(name))
            .flat_map(|(_, value)| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]))
            .collect()
    };
    let is_http = event["version"] == "2.0";
    let text = if !is_http && event["type"] == "TOKEN" {
        event["authorizationToken"].clone()
    } else {
        let single = values(&event["headers"]);
        if single.len() != 1 || (!is_http && values(&event["multiValueHeaders"]).len() > 1) {
            return None;
        }
        single[0].clone()
    };
    let mut words = text.as_str()?.split(' ').filter(|word| !word.is_empty());
    let is_bearer = words.next()?.to_lowercase() == "bearer";
    words.next().filter(|_| is_bearer && words.next().is_none()).map(str::to_owned)
}

/// The method and the path that an event asks for.
fn asked(event: &Value) -> Option<(String, String)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    if event["version"] == "2.0" {
        let context = &event["requestContext"];
        let (path, stage) = (text(&event["rawPath"])?, context["stage"].as_str().unwrap_or("$default"));
        let path = path.strip_prefix(&format!("/{stage}")).map_or(path.clone(), str::to_owned);
        return Some((text(&context["http"]["method"])?, path));
    }
    if event["type"] == "TOKEN" {
        let arn: Vec<_> = event["methodArn"].as_str()?.split('/').collect();
        return Some(((*arn.get(2)?).to_owned(), format!("/{}", arn.get(3..)?.join("/"))));
    }
    Some((text(&event["httpMethod"])?, text(&event["path"])?))
}

/// What the listed routes of [`world`] let its token do.
fn is_permitted(method: &str, path: &str) -> bool {
    matches!((method, path), ("PUT", PATH) | ("GET" | "HEAD", "/v1/me"))
}

/// A token for one team and one range of addresses, and an API with four routes.
pub(super) fn world() -> World {
    let routes = json!([
        {"method": "PUT", "path": "/v1/teams/{team}/objects/{type}", "permissions": [Permission::ObjectCreate, Permission::ObjectUpdate]},
        {"method": "DELETE", "path": "/v1/teams/{team}/objects/{type}/{id}", "permissions": [Permission::ObjectDelete]},
        {"method": "GET", "path": "/v1/teams/{team}/objects/{type}", "permissions": [Permission::ObjectRead]},
        {"method": "GET", "path": "/v1/me", "permissions": []},
    ]);
    World { manifest: Manifest::foreign(&routes.to_string()).unwrap(), ..World::new() }
}

fn with_token(value: &mut Value, token: &str) {
    *value = serde_json::from_str(&value.to_string().replace("{token}", token)).unwrap();
}

proptest! {
    #![proptest_config(tried(4))]

    #[test]
    fn no_json_makes_it_panic_or_lets_anybody_pass(event in anything()) {
        let world = world();
        prop_assert!(world.decide(event).map_or(true, |answer| !passes(&answer)));
    }

    #[test]
    fn a_changed_event_passes_only_with_the_good_credential_to_what_it_may_do(
        text in select(vec![REST, BARE, HTTP]), changes in changes(),
    ) {
        let world = world();
        let mut event = world.event(text);
        for (at, mut change) in changes {
            if let Change::Replace(value) | Change::Twin(value) = &mut change {
                with_token(value, world.secret.reveal());
            }
            apply(&mut event, at, change);
        }
        let answer = world.decide(event.clone());
        let is_good = sent(&event).as_deref() == Some(world.secret.reveal());
        if let Ok(answer) = &answer && passes(answer) {
            prop_assert!(is_good, "{event}");
            let (method, path) = asked(&event).unwrap();
            prop_assert!(is_permitted(&method, &path), "{method} {path}");
            if answer.get("policyDocument").is_some() {
                prop_assert_eq!(&answer["policyDocument"]["Statement"][0]["Resource"], &event["methodArn"]);
            }
        }
        // No good credential is told more than that.
        if !is_good && let Ok(answer) = answer {
            prop_assert_eq!(&answer["context"]["error"], "invalid_token", "{}", event);
        }
    }
}
