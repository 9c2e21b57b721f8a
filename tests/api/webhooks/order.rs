//! What comes to receivers in which order, how fast, and who waits for whom.

use std::{sync::Arc, time::Duration};

use tokio::task::JoinSet;

use super::{
    receiver::{Came, Receiver, sending, sending_at},
    *,
};

/// All topics.
fn everything() -> Value {
    json!(["object.created", "object.updated", "object.deleted", "object.send"])
}

impl Hooks {
    async fn on(system: &System) -> Self {
        Self { world: World::at(&Api::at(&system.url)).await }
    }

    /// A webhook for everything.
    async fn receive_at(&self, url: String) -> String {
        self.make(json!({"url": url, "topics": everything()})).await
    }

    /// An object that is made and changed so often, one change after the other; and the version that it has then. A write whose
    /// answer is lost is made twice, and then a version is of no change.
    async fn burst(&self, changes: usize) -> (String, u64) {
        let made = self.world.contact(json!({})).await;
        let id = made["id"].as_str().unwrap().to_owned();
        let mut version = made["version"].as_u64().unwrap();
        for change in 0..changes {
            version = self.change(&id, &format!("change {change}")).await;
        }
        (id, version)
    }

    /// Changes an object; the version that it has then.
    async fn change(&self, id: &str, notes: &str) -> u64 {
        let path = format!("{}/{id}", self.world.contacts());
        let changed = self.owner().patch(&path, json!({"fields": {"notes": notes}})).await.expect(200);
        changed["version"].as_u64().unwrap()
    }
}

/// The versions of an object that came at a path, in the order in which they came for the first time.
fn versions(events: &[Came], path: &str, id: &str) -> Vec<u64> {
    let of_it = |event: &&Came| event.path == path && event.body["data"]["object"]["id"] == json!(id);
    events.iter().filter(of_it).map(|event| event.body["data"]["version"].as_u64().unwrap()).collect()
}

/// Waits for all events of an object up to that version, of which there are so many: they came in the order of its versions.
async fn comes_in_order(receiver: &Receiver, path: &str, (id, last): &(String, u64), count: usize) {
    let is_whole = |events: &[Came]| {
        let versions = versions(events, path, id);
        versions.contains(last) && versions.len() >= count
    };
    let versions = versions(&receiver.until(is_whole).await, path, id);
    assert!(versions.is_sorted() && versions[0] == 1, "{path} {id}: {versions:?}");
}

#[tokio::test]
async fn the_events_of_one_object_come_in_the_order_of_its_versions() {
    let (hooks, receiver) = (Arc::new(Hooks::on(sending()).await), Receiver::quick().await);
    for path in ["a", "b"] {
        hooks.receive_at(receiver.url(path)).await;
    }
    let mut writers = JoinSet::new();
    for _ in 0..8 {
        let hooks = hooks.clone();
        writers.spawn(async move { [hooks.burst(10).await, hooks.burst(10).await] });
    }
    for object in writers.join_all().await.as_flattened() {
        for path in ["a", "b"] {
            comes_in_order(&receiver, path, object, 11).await;
        }
    }
}

#[tokio::test]
async fn the_order_holds_when_a_receiver_becomes_slow() {
    let slow_at_first = |number| Some(Duration::from_millis(if number == 0 { 3_200 } else { 0 }));
    let (hooks, receiver) = (Hooks::on(sending()).await, Receiver::start(slow_at_first).await);
    let webhook = hooks.receive_at(receiver.url("a")).await;
    comes_in_order(&receiver, "a", &hooks.burst(10).await, 11).await;
    let health = hooks.read(&webhook).await["health"].clone();
    assert!(health["slow_until"].is_string() && health["failing_since"].is_null(), "{health}");
}

#[tokio::test]
async fn the_order_holds_when_what_waits_is_signed_anew() {
    let slow_at_first = |number| Some(Duration::from_millis(if number == 0 { 2_500 } else { 0 }));
    let (hooks, receiver) = (Hooks::on(sending()).await, Receiver::start(slow_at_first).await);
    let webhook = hooks.receive_at(receiver.url("a")).await;
    let (id, _) = hooks.burst(3).await;
    receiver.events(1).await;
    let path = hooks.at(&webhook, "/rotate-secret");
    hooks.owner().post(&path, json!({"overlap_seconds": 0})).await.expect(200);
    let last = hooks.change(&id, "signed with the new secret").await;
    comes_in_order(&receiver, "a", &(id, last), 5).await;
}

#[tokio::test]
async fn who_used_a_token_is_told_with_its_name_and_a_stranger_without() {
    let (hooks, receiver) = (Hooks::on(sending()).await, Receiver::quick().await);
    hooks.receive_at(receiver.url("a")).await;
    let service = hooks.world.owner.token(&[Permission::ObjectCreate]).await;
    let token = service.get("/v1/token").await.expect(200);
    let made = service.post(&hooks.world.contacts(), json!({"fields": {}})).await.expect(201);
    let events = receiver.events(1).await;
    let actor = json!({"user": hooks.world.owner.id, "token": token["id"], "token_name": token["name"], "form": null});
    assert_eq!(events[0].body["data"]["actor"], actor);
    // Somebody who is no member any more.
    let stranger = Person::at(&Api::at(&sending().url)).await;
    let token = stranger.token(&[Permission::ObjectUpdate]).await.get("/v1/token").await.expect(200);
    let activity = platform(&sending().dynamodb);
    let key = Key::new(
        format!("{}#{}", hooks.world.team, events[0].body["data"]["object_type"]["id"].as_str().unwrap()),
        made["id"].as_str().unwrap(),
    );
    let actor = json!({"user": stranger.id, "credential": "token", "token": token["id"], "ip": "203.0.113.7", "source": "api", "request_id": "r"});
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let update = activity.objects.update(key).set("actor", attribute(&actor).unwrap()).add("version", 1);
    let update = update.set("updated_at", text(&base::Timestamp::now().to_string()));
    activity
        .objects
        .write(update.set("fields.notes", attribute(&json!("by a stranger")).unwrap()))
        .await
        .unwrap();
    let events = receiver.events(2).await;
    let actor = json!({"user": stranger.id, "token": token["id"], "token_name": null, "form": null});
    assert_eq!(events[1].body["data"]["actor"], actor);
    let log = format!("/v1/teams/{}/audit-logs?subject={}", hooks.world.team, made["id"].as_str().unwrap());
    let entry = hooks.owner().get(&log).await.expect(200)["data"][0].clone();
    assert_eq!(entry["actor"]["token"], json!({"id": token["id"], "name": null}));
}

#[tokio::test]
async fn what_is_beyond_the_rate_of_a_team_at_a_host_waits_and_is_not_lost() {
    let (system, receiver) = (sending_at(20), Receiver::quick().await);
    let (hooks, other) = (Hooks::on(&system).await, Hooks::on(&system).await);
    for number in 0..10 {
        hooks.receive_at(receiver.url(&format!("{number}"))).await;
    }
    other.receive_at(receiver.url("other")).await;
    for _ in 0..10 {
        hooks.burst(0).await;
    }
    // Places of its own.
    other.burst(0).await;
    let events = receiver.events(101).await;
    let (others, ours): (Vec<_>, Vec<_>) = events.into_iter().partition(|event| event.path == "other");
    assert_eq!((others.len(), ours.len()), (1, 100));
    // 40 at once, as nobody has asked before, and the others one after the other.
    let (first, last) = (ours[0].at, ours[99].at);
    assert!(last - first >= Duration::from_millis(2_500), "{:?}", last - first);
    assert!(others[0].at < last, "nobody waits for another team");
}

#[tokio::test]
async fn what_one_teams_receivers_do_delays_no_other() {
    let (hanging, quick) = (Receiver::start(|_| None).await, Receiver::quick().await);
    let (hooks, other) = (Hooks::on(sending()).await, Hooks::on(sending()).await);
    for number in 0..100 {
        hooks.receive_at(hanging.url(&format!("{number}"))).await;
    }
    other.receive_at(quick.url("other")).await;
    for _ in 0..5 {
        hooks.burst(0).await;
    }
    hanging.events(100).await;
    other.burst(0).await;
    quick.events(1).await;
    // Of a team so many are asked at a time, and there is room for four teams of that kind.
    assert_eq!(hanging.open_most(), 100);
}
