//! Webhooks: made, read, changed, thrown away, brought back and destroyed; their secrets, and who may do what.

mod deliveries;
mod order;
mod receiver;
mod rights;
mod trash;

use base::{Permission, id::WebhookId};
use keys::Platform;
use resources::TRASH_SECONDS;
use serde_json::{Value, json};
use table::{AttributeValue, Key, TableQuery, WriteError, attribute, number, text};
use webhook::StoredWebhook;

use crate::{
    harness::{Answer, Api, Person, System, World, system, unique},
    jobs::{platform, until},
};

/// An address that nobody answers at, whatever is sent to it (RFC 2606); each time another one.
fn url() -> String {
    format!("https://receiver.invalid/hooks?key={}", unique())
}

fn a_webhook() -> Value {
    json!({"name": "Zapier", "url": url(), "topics": ["object.created", "object.updated"]})
}

/// A team with its webhooks.
struct Hooks {
    world: World,
}

impl Hooks {
    async fn new() -> Self {
        Self { world: World::new().await }
    }

    fn owner(&self) -> &Api {
        &self.world.owner.api
    }

    fn path(&self) -> String {
        format!("/v1/teams/{}/webhooks", self.world.team)
    }

    fn at(&self, id: &str, rest: &str) -> String {
        format!("{}/{id}{rest}", self.path())
    }

    /// A new webhook, as its owner sees it this once.
    async fn made(&self, change: Value) -> Value {
        let mut new = a_webhook();
        new.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        self.owner().post(&self.path(), new).await.expect(201)
    }

    async fn make(&self, change: Value) -> String {
        self.made(change).await["id"].as_str().unwrap().to_owned()
    }

    async fn read(&self, id: &str) -> Value {
        self.owner().get(&self.at(id, "")).await.expect(200)
    }

    async fn ids(&self, query: &str) -> Vec<String> {
        let list = self.owner().get(&format!("{}{query}", self.path())).await.expect(200);
        list["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    }

    async fn post(&self, id: &str, rest: &str) -> Answer {
        self.owner().send("POST", &self.at(id, rest), None).await
    }
}

fn faults(problem: &Value) -> Vec<(&str, &str)> {
    let errors = problem["errors"].as_array().unwrap().iter();
    errors.map(|one| (one["pointer"].as_str().unwrap(), one["code"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn a_webhook_is_made_with_a_secret_that_no_other_answer_has() {
    let hooks = Hooks::new().await;
    let new = a_webhook();
    let answer = hooks.owner().post(&hooks.path(), new.clone()).await;
    assert_eq!((answer.header("cache-control"), answer.header("etag")), ("no-store".into(), "\"1\"".into()));
    let (location, mut made) = (answer.header("location"), answer.expect(201));
    let secret = made.as_object_mut().unwrap().remove("secret").unwrap();
    let secret = secret.as_str().unwrap();
    assert!(secret.starts_with("whsec_") && secret.len() == 50, "{}", secret.len());
    assert!(made["public_key"].as_str().unwrap().starts_with("whpk_"));
    assert_eq!(
        (&made["status"], &made["version"], &made["active"]),
        (&json!("active"), &json!(1), &json!(true))
    );
    assert_eq!((&made["url"], &made["object_types"]), (&new["url"], &Value::Null));
    assert_eq!(made["waiting"], json!({"pending": 0, "held": 0, "more": false}));
    let id = made["id"].as_str().unwrap();
    assert_eq!(location, hooks.at(id, ""));
    assert_eq!(hooks.read(id).await, made);
    let list = hooks.owner().get(&hooks.path()).await.expect(200);
    assert_eq!(list, json!({"data": [made], "next_cursor": null}));
}

#[tokio::test]
async fn of_a_secret_nothing_is_at_rest_and_a_lost_answer_comes_again() {
    let hooks = Hooks::new().await;
    let again = hooks.owner().header("idempotency-key", "one");
    let new = a_webhook();
    let first = again.post(&hooks.path(), new.clone()).await;
    let replayed = again.post(&hooks.path(), new).await;
    assert_eq!(replayed.header("idempotency-replayed"), "true");
    assert_eq!(first.json(), replayed.json());
    let secret = first.json()["secret"].as_str().unwrap().to_owned();
    let platform = platform(&system().dynamodb);
    let team = format!("TEAM#{}", hooks.world.team);
    let items = platform.workspace.query(TableQuery::partition(team)).await.unwrap().items;
    let text = format!("{items:?}");
    assert!(text.contains("whpk_") && !text.contains("whsec_") && !text.contains("whsk_"));
    assert!(!text.contains(secret.trim_start_matches("whsec_")));
    assert_eq!(hooks.ids("").await.len(), 1);
}

#[tokio::test]
async fn each_fault_is_told_and_nothing_is_made_or_changed() {
    let hooks = Hooks::new().await;
    let id = hooks.make(json!({})).await;
    let before = hooks.read(&id).await;
    for (change, expected) in [
        (json!({"name": " "}), vec![("/name", "required")]),
        (json!({"url": "http://example.com"}), vec![("/url", "not_https")]),
        (json!({"url": "https://10.0.0.1/"}), vec![("/url", "refused_target")]),
        (json!({"url": "https://localhost/"}), vec![("/url", "refused_target")]),
        (json!({"topics": []}), vec![("/topics", "required")]),
        (
            json!({"topics": ["object.sent", "webhook.test"]}),
            vec![("/topics/0", "unknown_topic"), ("/topics/1", "unknown_topic")],
        ),
        (json!({"object_types": ["contacts", "nothing"]}), vec![("/object_types/1", "not_found")]),
        (json!({"object_types": ["type_0000000000000000000000"]}), vec![("/object_types/0", "not_found")]),
        (json!({"object_types": []}), vec![("/object_types", "required")]),
        (
            json!({"name": "", "url": "x", "topics": ["x"]}),
            vec![("/name", "required"), ("/url", "not_a_url"), ("/topics/0", "unknown_topic")],
        ),
    ] {
        let mut new = a_webhook();
        new.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let problem = hooks.owner().post(&hooks.path(), new).await.expect_problem(422, "invalid_data");
        assert_eq!(faults(&problem), expected);
        let problem =
            hooks.owner().patch(&hooks.at(&id, ""), change).await.expect_problem(422, "invalid_data");
        assert_eq!(faults(&problem), expected);
    }
    for (body, pointer) in [
        (json!({"name": "a", "url": url()}), "/topics"),
        (json!({"name": "a", "url": url(), "topics": "object.created"}), "/topics"),
        (json!({"name": "a", "url": url(), "topics": ["object.created"], "secret": "whsec_x"}), "/secret"),
    ] {
        let problem = hooks.owner().post(&hooks.path(), body).await.expect_problem(400, "invalid_request");
        assert_eq!(problem["errors"][0]["pointer"], json!(pointer));
    }
    assert_eq!((hooks.ids("").await, hooks.read(&id).await), (vec![id], before));
}

#[tokio::test]
async fn types_are_kept_by_id_and_one_in_the_trash_is_none() {
    let hooks = Hooks::new().await;
    let contacts = format!("{}/contacts", hooks.world.types());
    let type_id = hooks.owner().get(&contacts).await.expect(200)["id"].clone();
    let made = hooks.made(json!({"object_types": ["contacts", type_id]})).await;
    assert_eq!(made["object_types"], json!([type_id]));
    let path = hooks.at(made["id"].as_str().unwrap(), "");
    let all = hooks.owner().patch(&path, json!({"object_types": null})).await.expect(200);
    assert_eq!((&all["object_types"], &all["version"]), (&Value::Null, &json!(2)));
    hooks.owner().delete(&contacts).await.expect(204);
    let refused = hooks.owner().patch(&path, json!({"object_types": [type_id]})).await;
    assert_eq!(faults(&refused.expect_problem(422, "invalid_data")), [("/object_types/0", "not_found")]);
}

#[tokio::test]
async fn a_change_is_of_what_is_sent_and_of_the_version_that_is_meant() {
    let hooks = Hooks::new().await;
    let made = hooks.made(json!({"description": "for tasks"})).await;
    let id = made["id"].as_str().unwrap().to_owned();
    let patch = json!({"name": "Make", "topics": ["object.send"]});
    let changed = hooks.owner().patch(&hooks.at(&id, ""), patch.clone()).await.expect(200);
    assert_eq!((&changed["name"], &changed["topics"]), (&json!("Make"), &json!(["object.send"])));
    assert_eq!((&changed["description"], &changed["url"]), (&json!("for tasks"), &made["url"]));
    hooks.owner().patch(&hooks.at(&id, ""), json!({"active": true})).await.expect(200);
    let same = hooks.owner().patch(&hooks.at(&id, ""), patch).await.expect(200);
    assert_eq!(same["version"], json!(2), "nothing has changed");
    let late = hooks.owner().header("if-match", "\"1\"");
    for answer in [
        late.patch(&hooks.at(&id, ""), json!({"name": "n8n"})).await,
        late.delete(&hooks.at(&id, "")).await,
        late.delete(&hooks.at(&id, "/force")).await,
        late.send("POST", &hooks.at(&id, "/rotate-secret"), None).await,
    ] {
        assert_eq!(answer.expect_problem(412, "stale")["current_version"], json!(2));
    }
    assert_eq!(hooks.read(&id).await, changed);
}

#[tokio::test]
async fn a_team_has_a_hundred_webhooks_and_the_trash_makes_room_for_new_ones() {
    let hooks = Hooks::new().await;
    let mut ids = Vec::new();
    for _ in 0..100 {
        ids.push(hooks.make(json!({"active": false})).await);
    }
    hooks.owner().post(&hooks.path(), a_webhook()).await.expect_problem(409, "limit_reached");
    assert_eq!(hooks.ids("?limit=100").await, ids);
    for id in &ids[..2] {
        hooks.owner().delete(&hooks.at(id, "")).await.expect(204);
    }
    let service = hooks.world.owner.token(&[Permission::WebhookCreate]).await;
    service.post(&hooks.path(), a_webhook()).await.expect(201);
    assert_eq!(
        (hooks.ids("?limit=100").await.len(), hooks.ids("?trashed=only").await),
        (99, vec![ids[1].clone()])
    );
    service.post(&hooks.path(), a_webhook()).await.expect(201);
    service.post(&hooks.path(), a_webhook()).await.expect_problem(409, "limit_reached");
    // What somebody else has thrown away is not theirs to destroy.
    hooks.owner().delete(&hooks.at(&ids[2], "")).await.expect(204);
    let other = hooks.world.member("administrator").await;
    other.api.post(&hooks.path(), a_webhook()).await.expect_problem(409, "limit_reached");
    assert_eq!(hooks.ids("?trashed=only").await, [ids[2].as_str()]);
}

#[tokio::test]
async fn a_rotation_gives_a_new_secret_beside_which_the_old_one_signs_for_a_day() {
    let hooks = Hooks::new().await;
    let made = hooks.made(json!({})).await;
    let id = made["id"].as_str().unwrap();
    let answer = hooks.post(id, "/rotate-secret").await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let rotated = answer.expect(200);
    assert!(rotated["secret"] != made["secret"] && rotated["public_key"] != made["public_key"]);
    assert_eq!(rotated["previous_keys"][0]["public_key"], made["public_key"]);
    assert_eq!(rotated["version"], json!(2));
    assert!(hooks.read(id).await.get("secret").is_none());
    for _ in 0..2 {
        hooks.post(id, "/rotate-secret").await.expect(200);
    }
    let before = hooks.read(id).await;
    hooks.post(id, "/rotate-secret").await.expect_problem(409, "limit_reached");
    let path = hooks.at(id, "/rotate-secret");
    let long = hooks.owner().post(&path, json!({"overlap_seconds": 604_801})).await;
    assert_eq!(faults(&long.expect_problem(422, "invalid_data")), [("/overlap_seconds", "out_of_range")]);
    assert_eq!(hooks.read(id).await, before);
    let alone = hooks.owner().post(&path, json!({"overlap_seconds": 0})).await.expect(200);
    assert_eq!(alone["previous_keys"], json!([]));
}

#[tokio::test]
async fn one_that_is_off_or_disabled_sends_nothing_until_it_is_switched_on() {
    let hooks = Hooks::new().await;
    let id = hooks.make(json!({"active": false})).await;
    let path = hooks.at(&id, "");
    let is_refused = async |status: &str| {
        assert_eq!(hooks.read(&id).await["status"], json!(status));
        hooks.post(&id, "/test").await.expect_problem(409, "wrong_state");
        let recovery = json!({"since": "2026-01-01T00:00:00Z"});
        hooks.owner().post(&hooks.at(&id, "/recover"), recovery).await.expect_problem(409, "wrong_state");
        assert_eq!(hooks.owner().get(&hooks.at(&id, "/deliveries")).await.expect(200)["data"], json!([]));
    };
    is_refused("inactive").await;
    hooks.owner().patch(&path, json!({"active": true})).await.expect(200);
    let activity = platform(&system().dynamodb).tables.activity;
    let health = [
        ("disabled_at", "2026-11-23T00:00:00.000Z"),
        ("disabled_reason", "gone"),
        ("failing_since", "2026-11-23T00:00:00.000Z"),
    ];
    let item = health.map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned()))).into();
    let key = Key::new(format!("WEBHOOK#{id}"), "HEALTH");
    activity.write(activity.put_item(key, item)).await.unwrap();
    is_refused("disabled").await;
    let moved = hooks.owner().patch(&path, json!({"url": "https://receiver.invalid/new"})).await.expect(200);
    assert_eq!((&moved["status"], &moved["health"]["failing_since"]), (&json!("disabled"), &Value::Null));
    let on = hooks.owner().patch(&path, json!({"active": true})).await.expect(200);
    assert_eq!((&on["status"], &on["health"]["disabled_at"]), (&json!("active"), &Value::Null));
}

#[tokio::test]
async fn a_service_subscribes_and_unsubscribes_with_two_permissions() {
    let hooks = Hooks::new().await;
    let service = hooks.world.owner.token(&[Permission::WebhookCreate, Permission::WebhookDelete]).await;
    let made = service.post(&hooks.path(), a_webhook()).await.expect(201);
    let path = hooks.at(made["id"].as_str().unwrap(), "");
    service.get(&path).await.expect_problem(403, "insufficient_scope");
    service.delete(&path).await.expect(204);
    assert!(hooks.ids("").await.is_empty());
}

#[tokio::test]
async fn only_administrators_and_owners_have_webhooks_and_only_owners_destroy_one() {
    let hooks = Hooks::new().await;
    let id = hooks.make(json!({})).await;
    for role in ["view-only", "update-only", "member", "manager", "billing-manager"] {
        let member = hooks.world.member(role).await;
        member.api.get(&hooks.path()).await.expect_problem(403, "insufficient_role");
        member.api.post(&hooks.path(), a_webhook()).await.expect_problem(403, "insufficient_role");
    }
    let administrator = hooks.world.member("administrator").await;
    administrator.api.patch(&hooks.at(&id, ""), json!({"name": "Make"})).await.expect(200);
    let refused = administrator.api.delete(&hooks.at(&id, "/force")).await;
    refused.expect_problem(403, "insufficient_role");
    assert_eq!(hooks.ids("").await, [id]);
}

#[tokio::test]
async fn the_webhook_of_another_team_is_not_there() {
    let (hooks, other) = (Hooks::new().await, Hooks::new().await);
    let id = hooks.make(json!({})).await;
    for (method, rest) in
        [("GET", ""), ("DELETE", ""), ("DELETE", "/force"), ("POST", "/test"), ("GET", "/deliveries")]
    {
        other.owner().send(method, &other.at(&id, rest), None).await.expect_problem(404, "not_found");
    }
    let stranger = Person::new().await;
    stranger.api.get(&hooks.at(&id, "")).await.expect_problem(403, "no_access");
    assert!(WebhookId::parse(&id).is_some() && hooks.read(&id).await["version"] == 1);
}
