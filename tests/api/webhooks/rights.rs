//! What webhooks show, to whom they are shown, and how often one URL may stand in a team.

use std::collections::BTreeSet;

use base::Permission::{
    ObjectRead, WebhookCreate, WebhookDelete, WebhookForceDelete, WebhookRead, WebhookUpdate,
};
use tokio::task::JoinSet;

use super::{
    receiver::{Receiver, sending},
    *,
};

impl Hooks {
    async fn content(&self, id: &str) -> Value {
        self.read(id).await["content"].clone()
    }
}

fn members(answer: &Value) -> BTreeSet<&str> {
    answer.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Refused as this permission is lacking.
fn expect_lacking(answer: Answer, permission: &str) {
    let problem = answer.expect_problem(403, "insufficient_scope");
    assert_eq!(problem["required_permissions"], json!([permission]));
}

#[tokio::test]
async fn all_is_told_to_webhooks_of_who_may_read_objects_and_ids_to_others() {
    let hooks = Hooks::new().await;
    let with = async |content: Value| {
        let mut new = a_webhook();
        new.as_object_mut().unwrap().extend(content.as_object().unwrap().clone());
        new
    };
    let service = hooks.world.owner.token(&[WebhookCreate]).await;
    let reader = hooks.world.owner.token(&[WebhookCreate, ObjectRead]).await;
    for (api, body, content) in [
        (&service, json!({}), "ids"),
        (&service, json!({"content": "ids"}), "ids"),
        (&reader, json!({}), "full"),
        (&reader, json!({"content": "full"}), "full"),
        (&reader, json!({"content": "ids"}), "ids"),
        (hooks.owner(), json!({}), "full"),
    ] {
        let made = api.post(&hooks.path(), with(body.clone()).await).await.expect(201);
        assert_eq!(hooks.content(made["id"].as_str().unwrap()).await, json!(content), "{body}");
    }
    expect_lacking(service.post(&hooks.path(), with(json!({"content": "full"})).await).await, "object:read");
    assert_eq!(hooks.ids("").await.len(), 6);
    let refused = hooks.owner().post(&hooks.path(), with(json!({"content": "some"})).await).await;
    let problem = refused.expect_problem(422, "invalid_data");
    assert_eq!(problem["errors"][0]["pointer"], json!("/content"));
}

#[tokio::test]
async fn who_may_not_read_objects_leaves_ids_where_the_webhook_leads_then() {
    let hooks = Hooks::new().await;
    let service = hooks.world.owner.token(&[WebhookUpdate]).await;
    for (change, content) in [
        (json!({"url": "https://receiver.invalid/mine"}), "ids"),
        (json!({"topics": ["object.created"]}), "ids"),
        (json!({"object_types": ["contacts"]}), "ids"),
        (json!({"url": "https://receiver.invalid/mine", "content": "ids"}), "ids"),
        (json!({"content": "ids"}), "ids"),
        (json!({"name": "Make", "description": "d", "active": false}), "full"),
        (json!({"topics": ["object.updated", "object.created"], "object_types": null}), "full"),
        (json!({}), "full"),
    ] {
        let id = hooks.make(json!({})).await;
        service.patch(&hooks.at(&id, ""), change.clone()).await.expect(200);
        assert_eq!(hooks.content(&id).await, json!(content), "{change}");
        hooks.owner().delete(&hooks.at(&id, "/force")).await.expect(204);
    }
    let (full, ids) = (hooks.make(json!({})).await, hooks.make(json!({"content": "ids"})).await);
    let seer = hooks.world.owner.token(&[WebhookUpdate, WebhookRead]).await;
    for id in [&full, &ids] {
        let before = hooks.read(id).await;
        // The same for both, as it would tell which is which.
        expect_lacking(service.patch(&hooks.at(id, ""), json!({"content": "full"})).await, "object:read");
        let moved = json!({"content": "full", "url": "https://receiver.invalid/mine"});
        expect_lacking(seer.patch(&hooks.at(id, ""), moved).await, "object:read");
        assert_eq!(hooks.read(id).await, before);
    }
    // What was read may be sent back.
    seer.patch(&hooks.at(&full, ""), json!({"content": "full"})).await.expect(200);
    expect_lacking(seer.patch(&hooks.at(&ids, ""), json!({"content": "full"})).await, "object:read");
    hooks.owner().patch(&hooks.at(&ids, ""), json!({"content": "full"})).await.expect(200);
    assert_eq!((hooks.content(&full).await, hooks.content(&ids).await), (json!("full"), json!("full")));
}

#[tokio::test]
async fn a_webhook_of_before_there_was_a_choice_is_told_all_as_it_was() {
    let hooks = Hooks::new().await;
    let id = hooks.make(json!({})).await;
    let workspace = platform(&system().dynamodb).tables.workspace;
    let key = Key::new(format!("TEAM#{}", hooks.world.team), format!("WEBHOOK#{id}"));
    let item = workspace.get(key.clone()).await.unwrap().unwrap();
    let mut definition: Value = serde_json::from_str(text(&item, "definition").unwrap()).unwrap();
    definition.as_object_mut().unwrap().remove("content").unwrap();
    let update = workspace.update(key).set("definition", AttributeValue::S(definition.to_string()));
    workspace.write(update).await.unwrap();
    assert_eq!(hooks.content(&id).await, json!("full"));
    hooks.owner().patch(&hooks.at(&id, ""), json!({"name": "Make"})).await.expect(200);
    assert_eq!(hooks.content(&id).await, json!("full"));
}

/// What is told of an object besides its ids.
fn told(body: &Value) -> [bool; 3] {
    let data = &body["data"];
    let object = data["object"].as_object().unwrap();
    [object.contains_key("label"), object.contains_key("fields"), data.get("changes").is_some()]
}

#[tokio::test]
async fn who_is_told_ids_gets_no_more_of_what_happened_before_or_after() {
    let (hooks, receiver) =
        (Hooks { world: World::at(&Api::at(&sending().url)).await }, Receiver::quick().await);
    let full = hooks.make(json!({"url": receiver.url("full")})).await;
    let ids = hooks.make(json!({"url": receiver.url("ids"), "content": "ids"})).await;
    let object = hooks.world.contact(json!({"name": "Ada"})).await;
    let first = receiver.events(2).await;
    for event in &first {
        assert_eq!(told(&event.body), [event.path == "full"; 3], "{}", event.path);
        let data = &event.body["data"];
        assert_eq!((&data["object"]["id"], &data["version"]), (&object["id"], &json!(1)));
        assert!(event.body["timestamp"].is_string() && event.body["type"] == "object.created");
        assert_eq!((&data["team"], &data["event_id"]), (&json!(hooks.world.team), &json!(event.id)));
    }
    let delivery = async |id: &str| {
        let list = hooks.owner().get(&hooks.at(id, "/deliveries")).await.expect(200);
        hooks.at(id, &format!("/deliveries/{}", list["data"][0]["id"].as_str().unwrap()))
    };
    let again = async |path: &str, count: usize| {
        hooks.owner().send("POST", &format!("{path}/redeliver"), None).await.expect(202);
        until(|| async { receiver.came().len() == count }).await;
        let shown = hooks.owner().get(path).await.expect(200)["request"]["body"].clone();
        let (came, shown) = (receiver.came().pop().unwrap().body, shown.as_str().unwrap().to_owned());
        assert_eq!(came, serde_json::from_str::<Value>(&shown).unwrap(), "shown is what was sent");
        told(&came)
    };
    let (of_full, of_ids) = (delivery(&full).await, delivery(&ids).await);
    assert_eq!(again(&of_full, 3).await, [true; 3]);
    hooks.owner().patch(&hooks.at(&full, ""), json!({"content": "ids"})).await.expect(200);
    hooks.owner().patch(&hooks.at(&ids, ""), json!({"content": "full"})).await.expect(200);
    // Neither what was told whole nor what was told in ids is told whole now.
    assert_eq!(again(&of_full, 4).await, [false; 3]);
    assert_eq!(again(&of_ids, 5).await, [false; 3]);
}

#[tokio::test]
async fn one_url_stands_at_most_twice_in_a_team() {
    let (hooks, other) = (Hooks::new().await, Hooks::new().await);
    let same = url();
    let new = |url: &str| json!({"name": "Same", "url": url, "topics": ["object.created"]});
    let first = hooks.make(json!({"url": same})).await;
    let second = hooks.make(json!({"url": format!("{same}#part")})).await;
    let third = hooks.make(json!({})).await;
    let before = hooks.read(&third).await;
    hooks.owner().post(&hooks.path(), new(&same)).await.expect_problem(409, "limit_reached");
    let moved = json!({"url": format!("{same}#another")});
    hooks.owner().patch(&hooks.at(&third, ""), moved.clone()).await.expect_problem(409, "limit_reached");
    assert_eq!((hooks.ids("").await.len(), hooks.read(&third).await), (3, before));
    // What has it keeps it, and another team has its own.
    hooks.owner().patch(&hooks.at(&first, ""), json!({"url": same, "name": "Mine"})).await.expect(200);
    hooks.owner().patch(&hooks.at(&second, ""), json!({"url": same})).await.expect(200);
    other.make(json!({"url": same})).await;
    // One in the trash makes room, and finds none when it comes back.
    hooks.owner().delete(&hooks.at(&first, "")).await.expect(204);
    hooks.owner().patch(&hooks.at(&third, ""), moved).await.expect(200);
    hooks.post(&first, "/restore").await.expect_problem(409, "limit_reached");
    assert_eq!(hooks.ids("?trashed=only").await, [first.as_str()]);
    hooks.owner().delete(&hooks.at(&second, "/force")).await.expect(204);
    hooks.post(&first, "/restore").await.expect(200);
}

#[tokio::test]
async fn of_many_who_bring_one_url_at_once_two_succeed() {
    let hooks = Hooks::new().await;
    let same = url();
    let mut moved = Vec::new();
    for _ in 0..4 {
        moved.push(hooks.make(json!({})).await);
    }
    let mut running = JoinSet::new();
    for id in &moved {
        let (api, path, body) = (hooks.owner().clone(), hooks.at(id, ""), json!({"url": same}));
        running.spawn(async move { api.patch(&path, body).await.status });
    }
    for _ in 0..4 {
        let (api, path) = (hooks.owner().clone(), hooks.path());
        let body = json!({"name": "Same", "url": same, "topics": ["object.created"]});
        running.spawn(async move { api.post(&path, body).await.status });
    }
    let answers = running.join_all().await;
    assert_eq!(answers.iter().filter(|status| [200, 201].contains(*status)).count(), 2, "{answers:?}");
    let list = hooks.owner().get(&hooks.path()).await.expect(200);
    let found = list["data"].as_array().unwrap().iter().filter(|one| one["url"] == json!(same)).count();
    assert_eq!(found, 2);
}

#[tokio::test]
async fn without_webhook_read_an_answer_to_a_write_has_the_id_and_what_was_sent() {
    let hooks = Hooks::new().await;
    let creator = hooks.world.owner.token(&[WebhookCreate]).await;
    let answer = creator.post(&hooks.path(), a_webhook()).await;
    assert_eq!(answer.header("etag"), "");
    let made = answer.expect(201);
    let sent = "active description except_sources id name object_types public_key secret topics url";
    assert_eq!(members(&made), sent.split(' ').collect());
    let id = made["id"].as_str().unwrap();
    let service = hooks.world.owner.token(&[WebhookUpdate, WebhookDelete, WebhookForceDelete]).await;
    let delivery = hooks.post(id, "/test").await.expect(202)["id"].as_str().unwrap().to_owned();
    let redeliver = format!("/deliveries/{delivery}/redeliver");
    for (method, rest, body, members_left) in [
        ("PATCH", "", json!({}), vec!["id"]),
        ("PATCH", "", json!({"name": "Make", "description": null}), vec!["description", "id", "name"]),
        ("POST", "/test", Value::Null, vec!["id"]),
        ("POST", &redeliver, Value::Null, vec!["id"]),
        ("POST", "/recover", json!({"since": "2026-01-01T00:00:00Z"}), vec!["more"]),
        ("POST", "/rotate-secret", Value::Null, vec!["id", "public_key", "secret"]),
    ] {
        let body = (!body.is_null()).then(|| body.to_string());
        let answer = service.send(method, &hooks.at(id, rest), body).await;
        assert_eq!(answer.header("etag"), "", "{rest}");
        assert!(!answer.text.contains("receiver.invalid") && (200..300).contains(&answer.status), "{rest}");
        assert_eq!(members(&answer.json()), BTreeSet::from_iter(members_left), "{rest}");
    }
    let version = hooks.read(id).await["version"].clone();
    // A right guess of the URL is answered as a wrong one is.
    let right = service.patch(&hooks.at(id, ""), json!({"url": made["url"]})).await;
    assert_eq!(right.expect(200), json!({"id": id, "url": made["url"]}));
    assert_eq!(hooks.read(id).await["version"], version);
    service.delete(&hooks.at(id, "")).await.expect(204);
    let restored = service.send("POST", &hooks.at(id, "/restore"), None).await;
    assert_eq!((restored.header("etag"), restored.expect(200)), (String::new(), json!({"id": id})));
}

#[tokio::test]
async fn without_webhook_read_no_version_can_be_tried() {
    let hooks = Hooks::new().await;
    let id = hooks.make(json!({})).await;
    let before = hooks.read(&id).await;
    let service = hooks.world.owner.token(&[WebhookUpdate, WebhookDelete, WebhookForceDelete]).await;
    for tag in ["\"1\"", "\"2\"", "*"] {
        let service = service.header("if-match", tag);
        for (method, rest, body) in [
            ("PATCH", "", Some("{\"name\": \"Make\"}")),
            ("POST", "/rotate-secret", None),
            ("POST", "/restore", None),
            ("DELETE", "", None),
            ("DELETE", "/force", None),
        ] {
            let answer = service.send(method, &hooks.at(&id, rest), body.map(str::to_owned)).await;
            expect_lacking(answer, "webhook:read");
        }
    }
    assert_eq!(hooks.read(&id).await, before);
}
