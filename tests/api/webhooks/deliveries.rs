//! Deliveries as they are read, sent again and recovered; what receivers make of them is tested elsewhere.

use base::{
    Timestamp,
    id::{DeliveryId, EventId},
};
use delivery::{KEEP_SECONDS, StoredDelivery, StoredEvent, event_key};

use super::*;

const HOUR: i64 = 60 * 60;

/// Puts a delivery of an event of that moment among those of the webhook; the answer is its id.
async fn put(hooks: &Hooks, webhook: &str, status: &str, at: Timestamp) -> String {
    let id = EventId::deterministic(at, &[webhook, status]);
    let delivery = DeliveryId::deterministic(at, &[id.as_str(), webhook]);
    let expires = at.seconds() + KEEP_SECONDS;
    let attempt = json!({"at": at, "signed_at": 1_795_429_800, "status": 500, "duration_ms": 12, "response": "no, what objects hold"});
    let stored: StoredDelivery = serde_json::from_value(json!({
        "id": delivery, "team": hooks.world.team, "webhook": webhook, "event_id": id, "topic": "object.created",
        "object_type": "type_0000000000000000000000", "object": "obj_0000000000000000000000", "status": status,
        "tries": 10, "attempts": [attempt], "next_attempt_at": (status == "pending").then_some(at), "created_at": at,
        "expires": expires,
    }))
    .unwrap();
    let event: StoredEvent = serde_json::from_value(json!({
        "id": id, "team": hooks.world.team, "topic": "object.created", "object_type": null, "object": null,
        "body": "{\"data\":\"what objects hold\"}", "at": at, "expires": expires,
    }))
    .unwrap();
    let activity = platform(&system().dynamodb).tables.activity;
    activity.write(activity.put(event_key(&event.id), &event).unwrap()).await.unwrap();
    activity.write(activity.put_item(stored.key(), stored.to_item().unwrap())).await.unwrap();
    delivery.to_string()
}

fn ago(seconds: i64) -> Timestamp {
    system().clock.now().plus_seconds(-seconds)
}

impl Hooks {
    async fn deliveries(&self, id: &str, query: &str) -> Value {
        self.owner().get(&self.at(id, &format!("/deliveries{query}"))).await.expect(200)
    }

    async fn delivery(&self, id: &str, delivery: &str) -> Value {
        self.deliveries(id, &format!("/{delivery}")).await
    }

    async fn recover(&self, id: &str, since: Timestamp, until: Option<Timestamp>) -> Value {
        let time = json!({"since": since, "until": until});
        self.owner().post(&self.at(id, "/recover"), time).await.expect(202)
    }
}

fn ids(list: &Value) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_test_is_a_delivery_of_its_own() {
    let hooks = Hooks::new().await;
    let id = hooks.make(json!({})).await;
    let sent = hooks.post(&id, "/test").await.expect(202);
    assert_eq!(
        (&sent["topic"], &sent["object"], &sent["object_type"]),
        (&json!("webhook.test"), &Value::Null, &Value::Null)
    );
    let delivery = sent["id"].as_str().unwrap();
    let whole = hooks.delivery(&id, delivery).await;
    let request = &whole["request"];
    let url = hooks.read(&id).await["url"].clone();
    assert_eq!((&request["method"], &request["url"]), (&json!("POST"), &url));
    assert_eq!(request["headers"]["webhook-id"], sent["event_id"]);
    assert!(request["headers"].get("webhook-signature").is_none());
    let body: Value = serde_json::from_str(request["body"].as_str().unwrap()).unwrap();
    assert_eq!((&body["type"], &body["timestamp"]), (&json!("webhook.test"), &sent["created_at"]));
    let data = &body["data"];
    assert_eq!((&data["event_id"], &data["team"]), (&sent["event_id"], &json!(hooks.world.team)));
    assert_eq!(data["webhook"], json!({"id": id}));
    assert_eq!(data["actor"], json!({"user": hooks.world.owner.id, "token": null, "form": null}));
    assert_eq!(ids(&hooks.deliveries(&id, "").await), [delivery]);
}

#[tokio::test]
async fn deliveries_come_the_latest_first_by_status_and_by_page() {
    let hooks = Hooks::new().await;
    let id = hooks.make(json!({})).await;
    let mut put_ids = Vec::new();
    for (place, status) in ["delivered", "failed", "held", "delivered", "held"].into_iter().enumerate() {
        put_ids.push(put(&hooks, &id, status, ago(100 - i64::try_from(place).unwrap())).await);
    }
    put(&hooks, &id, "held", ago(KEEP_SECONDS + 10)).await;
    let of = |places: &[usize]| places.iter().map(|place| put_ids[*place].clone()).collect::<Vec<_>>();
    for (query, expected) in [
        ("", of(&[4, 3, 2, 1, 0])),
        ("?status=delivered", of(&[3, 0])),
        ("?status=failed", of(&[1])),
        ("?status=held", of(&[4, 2])),
        ("?status=pending", of(&[])),
    ] {
        assert_eq!(ids(&hooks.deliveries(&id, query).await), expected, "{query}");
    }
    for query in ["?limit=2", "?limit=1&status=held"] {
        let first = hooks.deliveries(&id, query).await;
        let cursor = first["next_cursor"].as_str().unwrap();
        let next = hooks.deliveries(&id, &format!("{query}&cursor={cursor}")).await;
        assert!(ids(&next)[0] < *ids(&first).last().unwrap(), "{query}");
    }
    let refused = hooks.owner().get(&hooks.at(&id, "/deliveries?status=sent")).await;
    refused.expect_problem(400, "invalid_request");
    assert_eq!(hooks.read(&id).await["waiting"], json!({"pending": 0, "held": 2, "more": false}));
    let gone = hooks.at(&id, "/deliveries/dlv_0000000000000000000000");
    hooks.owner().get(&gone).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn what_objects_hold_is_told_only_to_who_may_read_them() {
    let hooks = Hooks::new().await;
    let id = hooks.make(json!({})).await;
    let delivery = put(&hooks, &id, "failed", ago(10)).await;
    let path = hooks.at(&id, &format!("/deliveries/{delivery}"));
    let whole = hooks.owner().get(&path).await.expect(200);
    assert_eq!(whole["request"]["body"], json!("{\"data\":\"what objects hold\"}"));
    assert_eq!(whole["request"]["headers"]["webhook-timestamp"], json!("1795429800"));
    assert_eq!(
        (&whole["attempts"][0]["response"], &whole["attempts"][0]["status"]),
        (&json!("no, what objects hold"), &json!(500))
    );
    let service = hooks.world.owner.token(&[Permission::WebhookRead]).await;
    let answer = service.get(&path).await;
    assert!(!answer.text.contains("what objects hold"), "{}", answer.text);
    assert_eq!(answer.expect(200)["attempts"][0]["status"], json!(500));
}

#[tokio::test]
async fn a_delivery_is_sent_again_however_it_stands() {
    let hooks = Hooks::new().await;
    let id = hooks.make(json!({})).await;
    for (place, status) in ["delivered", "failed", "held", "pending"].into_iter().enumerate() {
        let delivery = put(&hooks, &id, status, ago(100 + i64::try_from(place).unwrap())).await;
        let path = hooks.at(&id, &format!("/deliveries/{delivery}/redeliver"));
        let sent = hooks.owner().send("POST", &path, None).await.expect(202);
        assert_eq!(
            (&sent["id"], &sent["status"], &sent["tries"]),
            (&json!(delivery), &json!("pending"), &json!(10))
        );
        assert_eq!(hooks.delivery(&id, &delivery).await["status"], json!("pending"));
    }
    let held = put(&hooks, &id, "held", ago(50)).await;
    hooks.owner().patch(&hooks.at(&id, ""), json!({"active": false})).await.expect(200);
    let path = hooks.at(&id, &format!("/deliveries/{held}/redeliver"));
    hooks.owner().send("POST", &path, None).await.expect_problem(409, "wrong_state");
    assert_eq!(hooks.delivery(&id, &held).await["status"], json!("held"));
}

#[tokio::test]
async fn a_list_ends_where_deliveries_are_not_kept_any_more() {
    let system = System::isolated();
    let hooks = Hooks { world: World::at(&Api::at(&system.url)).await };
    let id = hooks.make(json!({"active": false})).await;
    for _ in 0..2 {
        hooks.world.contact(json!({})).await;
    }
    let count = async || hooks.deliveries(&id, "").await["data"].as_array().unwrap().len();
    until(async || count().await == 2).await;
    system.clock.advance(KEEP_SECONDS - 60);
    let lists =
        ["?limit=1", "?limit=1&status=held"].map(|query| hooks.at(&id, &format!("/deliveries{query}")));
    let mut next = Vec::new();
    for list in &lists {
        let first = hooks.owner().get(list).await.expect(200);
        next.push(format!("{list}&cursor={}", first["next_cursor"].as_str().unwrap()));
    }
    system.clock.advance(2 * 60);
    for path in lists.iter().chain(&next) {
        let list = hooks.owner().get(path).await.expect(200);
        assert_eq!(list, json!({"data": [], "next_cursor": null}), "{path}");
    }
}

#[tokio::test]
async fn what_did_not_come_through_in_a_time_is_recovered() {
    let hooks = Hooks::new().await;
    let id = hooks.make(json!({})).await;
    let before = put(&hooks, &id, "held", ago(10 * HOUR)).await;
    let failed = put(&hooks, &id, "failed", ago(4 * HOUR)).await;
    let held = put(&hooks, &id, "held", ago(3 * HOUR)).await;
    let lost = put(&hooks, &id, "pending", ago(3 * HOUR)).await;
    let delivered = put(&hooks, &id, "delivered", ago(3 * HOUR)).await;
    let waiting = put(&hooks, &id, "pending", ago(HOUR / 6)).await;
    let after = put(&hooks, &id, "failed", ago(HOUR / 20)).await;
    let none = hooks.recover(&id, ago(9 * HOUR), Some(ago(8 * HOUR))).await;
    assert_eq!(none, json!({"recovered": 0, "more": false}));
    let found = hooks.recover(&id, ago(5 * HOUR), Some(ago(HOUR / 10))).await;
    assert_eq!(found, json!({"recovered": 3, "more": false}));
    for (delivery, status) in [
        (&before, "held"),
        (&failed, "pending"),
        (&held, "pending"),
        (&lost, "pending"),
        (&delivered, "delivered"),
        (&waiting, "pending"),
        (&after, "failed"),
    ] {
        assert_eq!(hooks.delivery(&id, delivery).await["status"], json!(status));
    }
    let again = hooks.recover(&id, ago(5 * HOUR), Some(ago(HOUR / 10))).await;
    assert_eq!(again["recovered"], json!(0), "they are on their way");
    let month = 30 * 24 * HOUR;
    let over = hooks.recover(&id, ago(2 * month), Some(ago(month + HOUR))).await;
    assert_eq!(over, none, "what is not kept any more");
    let time = json!({"since": ago(HOUR), "until": ago(2 * HOUR)});
    let refused = hooks.owner().post(&hooks.at(&id, "/recover"), time).await;
    assert_eq!(faults(&refused.expect_problem(422, "invalid_data")), [("/until", "out_of_range")]);
}

#[tokio::test]
async fn of_very_many_that_wait_a_thousand_are_counted_and_any_number_is_recovered() {
    let hooks = Hooks::new().await;
    let (id, now) = (hooks.make(json!({})).await, ago(HOUR));
    for place in 0..1_010 {
        put(&hooks, &id, "held", now.plus_seconds(-place)).await;
    }
    assert_eq!(hooks.read(&id).await["waiting"], json!({"pending": 0, "held": 1_000, "more": true}));
    let found = hooks.recover(&id, now.plus_seconds(-249), None).await;
    assert_eq!(found, json!({"recovered": 250, "more": false}));
    let waiting = hooks.read(&id).await["waiting"].clone();
    assert_eq!((&waiting["held"], &waiting["more"]), (&json!(760), &json!(false)));
    hooks.owner().delete(&hooks.at(&id, "/force")).await.expect(204);
}
