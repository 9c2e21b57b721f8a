//! Jobs: the work on older objects that changes of types leave behind, with requests going on.

use std::{pin::Pin, sync::Arc, time::Duration};

use base::{
    Permission,
    access::Credential,
    actor::{Actor, Source},
    id::{TeamId, UserId, WebhookId},
};
use bucket::Bucket;
use clap::Parser as _;
use keys::{KeySource, Platform};
use records::object_type::PROPAGATION_SECONDS;
use resources::jobs::{Job, JobMessage, JobSubject, Jobs, StoredJob};
use serde_json::{Value, json};
use table::{
    AttributeValue, Key, Table, TableQuery,
    config::{AccessKeys, Config},
    queue::{Queue, Sending},
    text,
};
use tokio::task::JoinSet;

use crate::{
    counter::Counter,
    harness::{Api, World, an_email},
    type_changes::{Place, field},
};

struct NoKeys;

impl KeySource for NoKeys {
    fn fetch(&self) -> Pin<Box<dyn Future<Output = anyhow::Result<String>> + Send + '_>> {
        Box::pin(async { anyhow::bail!("there are none") })
    }
}

struct Nowhere;

impl Queue<JobMessage> for Nowhere {
    fn send(&self, _: JobMessage, _: i64) -> Sending<'_> {
        Box::pin(async { Ok(()) })
    }

    fn send_all(&self, _: Vec<JobMessage>) -> Sending<'_> {
        Box::pin(async { Ok(()) })
    }
}

/// The tables of a system.
pub(crate) fn platform(dynamodb: &str) -> Platform {
    let any = || "test".to_owned();
    let config = Config {
        region: "us-east-1".to_owned(),
        credentials: Some(AccessKeys { id: any(), secret: any(), session: None }),
        dynamodb_endpoint: Some(dynamodb.to_owned()),
        ..Config::default()
    };
    Platform::new(&config, Arc::new(NoKeys)).unwrap()
}

/// A bucket that nobody is asked for.
pub(crate) fn bucket() -> Bucket {
    let any = || "test".to_owned();
    let config = Config {
        credentials: Some(AccessKeys { id: any(), secret: any(), session: None }),
        s3_endpoint: Some("http://127.0.0.1:9".to_owned()),
        bucket: Some(any()),
        ..Config::default()
    };
    Bucket::on_aws(&config).unwrap()
}

/// The places of all items of a type in the table of objects.
pub(crate) async fn items_of(place: &Place, id: &str) -> Vec<String> {
    let (objects, mut after, mut found) = (platform(&place.system.dynamodb).tables.objects, None, Vec::new());
    loop {
        let page = objects.scan(after).await.unwrap();
        let of_type = page.items.iter().filter(|item| text(item, "pk").unwrap().contains(id));
        found.extend(
            of_type.map(|item| format!("{} {}", text(item, "pk").unwrap(), text(item, "sk").unwrap())),
        );
        match page.next {
            Some(next) => after = Some(next),
            None => return found,
        }
    }
}

/// Waits until it holds.
pub(crate) async fn until<F: Future<Output = bool>>(holds: impl Fn() -> F) {
    for _ in 0..3_000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it did not come in five minutes");
}

impl Place {
    /// Lets the jobs begin, and waits until the field has come to that state.
    async fn settled(&self, slug: &str, state: &str) -> Value {
        self.system.clock.advance(PROPAGATION_SECONDS + 1);
        self.until_index(slug, state).await
    }

    async fn until_index(&self, slug: &str, state: &str) -> Value {
        until(|| async { self.shown(slug).await["index"]["state"] == state }).await;
        self.known_everywhere();
        self.shown(slug).await
    }

    async fn patched(&self, slug: &str, patch: Value) -> Value {
        field(&self.owner().patch(&self.field(slug), patch).await.expect(200), slug)
    }

    async fn found(&self, query: &str) -> Vec<Value> {
        let path = format!("{}?limit=100&{query}", self.objects("contacts"));
        self.owner().get(&path).await.expect(200)["data"].as_array().unwrap().clone()
    }

    /// The job of the team.
    async fn job(&self, workspace: &Table) -> String {
        let found = workspace.query(TableQuery::partition("JOBS")).await.unwrap().items;
        let ours = found.iter().find(|item| text(item, "team") == Some(&self.world.team)).unwrap();
        text(ours, "sk").unwrap().to_owned()
    }

    async fn keys_with(&self, word: &str) -> usize {
        let id = self.read().await["id"].as_str().unwrap().to_owned();
        items_of(self, &id).await.iter().filter(|item| item.contains(word)).count()
    }
}

#[tokio::test]
async fn indexes_and_guards_are_built_while_objects_are_written_and_miss_none() {
    let place = Place::new().await;
    let mut ids = Vec::new();
    for n in 0..40 {
        let made = place.world.contact(json!({"company": format!("Old {n}")})).await;
        ids.push(made["id"].as_str().unwrap().to_owned());
    }
    place.world.contact(json!({"name": "without"})).await;
    let shown = place.patched("company", json!({"searchable": true, "unique": true})).await;
    assert_eq!(shown["index"], json!({"state": "building", "done": 0}));
    place.known_everywhere();
    let early = place.owner().get(&format!("{}?filter[company][eq]=x", place.objects("contacts"))).await;
    assert_eq!(early.expect_problem(422, "invalid_data")["errors"][0]["code"], json!("index_building"));
    let mut writers = JoinSet::new();
    for (n, id) in ids.iter().take(20).enumerate() {
        let (api, path) = (place.owner().clone(), place.objects("contacts"));
        let id = id.clone();
        writers.spawn(async move {
            for round in 0..5 {
                let body = json!({"fields": {"company": format!("Changed {n} {round}")}});
                api.patch(&format!("{path}/{id}"), body).await.expect(200);
            }
            api.post(&path, json!({"fields": {"company": format!("New {n}")}})).await.expect(201);
        });
    }
    let ready = place.settled("company", "ready").await;
    writers.join_all().await;
    assert_eq!(ready["index"], json!({"state": "ready"}));
    assert_eq!(place.found("filter[company][starts_with]=changed").await.len(), 20);
    assert_eq!(place.found("filter[company][starts_with]=old").await.len(), 20);
    assert_eq!(place.found("filter[company][starts_with]=new").await.len(), 20);
    assert_eq!(place.found("filter[company][empty]=true").await.len(), 1);
    for n in 0..20 {
        assert_eq!(place.found(&format!("filter[company][eq]=changed%20{n}%204")).await.len(), 1);
    }
    assert_eq!(place.found("sort=company").await.len(), 61);
    assert_eq!(place.keys_with("#unique#company").await, 60);
}

#[tokio::test]
async fn a_field_becomes_unique_for_old_objects_and_from_the_first_moment_for_new_ones() {
    let place = Place::new().await;
    place.world.contact(json!({"company": "Old"})).await;
    let trashed = place.world.contact(json!({"company": "Trashed"})).await;
    let trashed = format!("{}/{}", place.objects("contacts"), trashed["id"].as_str().unwrap());
    place.owner().delete(&trashed).await.expect(204);
    place.patched("company", json!({"unique": true})).await;
    place.known_everywhere();
    place.world.contact(json!({"company": "New"})).await;
    let create = async |company: &str| {
        let body = json!({"fields": {"company": company}});
        place.owner().post(&place.objects("contacts"), body).await
    };
    create("new").await.expect_problem(409, "not_unique");
    let upsert = format!("{}?match=company", place.objects("contacts"));
    let body = json!({"fields": {"company": "Old", "name": "Ada"}});
    let early = place.owner().put(&upsert, body.clone()).await;
    assert_eq!(early.expect_problem(422, "invalid_data")["errors"][0]["code"], json!("index_building"));
    place.settled("company", "ready").await;
    create("OLD").await.expect_problem(409, "not_unique");
    assert_eq!(place.owner().put(&upsert, body).await.expect(200)["outcome"], json!("updated"));
    assert_eq!(place.keys_with("#unique#company").await, 2);
    create("Trashed").await.expect(201);
    let restore = format!("{trashed}/restore");
    place.owner().send("POST", &restore, None).await.expect_problem(409, "not_unique");
}

#[tokio::test]
async fn duplicates_are_found_and_named_to_who_may_read_and_can_be_put_right() {
    let place = Place::new().await;
    let mut ids = Vec::new();
    for company in ["Same", "Other", "same"] {
        ids.push(place.world.contact(json!({"company": company})).await["id"].clone());
    }
    place.patched("company", json!({"unique": true})).await;
    let failed = place.settled("company", "failed").await;
    let mut named = failed["index"]["objects"].as_array().unwrap().clone();
    named.sort_by_key(ToString::to_string);
    assert_eq!((&failed["index"]["found"], named), (&json!(1), vec![ids[0].clone(), ids[2].clone()]));
    let blind = place.world.owner.token(&[Permission::ObjectTypeRead]).await;
    let seen = field(&blind.get(&place.contacts()).await.expect(200), "company");
    assert_eq!(seen["index"], json!({"state": "failed"}));
    for id in &ids {
        let path = format!("{}/{}", place.objects("contacts"), id.as_str().unwrap());
        place.owner().patch(&path, json!({"fields": {"company": id}})).await.expect(200);
    }
    let again = place.patched("company", json!({"unique": true})).await;
    assert_eq!(again["index"]["state"], json!("building"));
    place.settled("company", "ready").await;
    assert_eq!(place.keys_with("#unique#company").await, 3);
}

#[tokio::test]
async fn what_is_turned_off_or_removed_leaves_neither_guards_nor_values_nor_a_slot() {
    let place = Place::new().await;
    for _ in 0..5 {
        place.world.contact(json!({"email": an_email(), "name": "Ada", "number": an_email()})).await;
    }
    place.patched("email", json!({"unique": false})).await;
    place.patched("name", json!({"searchable": false})).await;
    place.owner().delete(&place.field("number")).await.expect(200);
    place.settled("email", "ready").await;
    let slug_is_free = async || {
        let body = json!({"slug": "number", "label": "Number", "type": "text"});
        place.owner().post(&format!("{}/fields", place.contacts()), body).await.status == 201
    };
    until(slug_is_free).await;
    until(|| async { place.keys_with("#unique#").await == 0 }).await;
    let id = place.read().await["id"].as_str().unwrap().to_owned();
    let objects = platform(&place.system.dynamodb).tables.objects;
    let slot_is_empty = async || {
        let query = TableQuery::partition(format!("{}#{id}", place.world.team));
        let items = objects.query(query).await.unwrap().items;
        assert_eq!(items.len(), 5);
        items.iter().all(|item| {
            let has = |map: &str, slug: &str| item[map].as_m().unwrap().contains_key(slug);
            let is_left = has("fields", "number") || has("unique", "email") || has("unique", "number");
            !is_left && !has("q", "name") && !item.contains_key("s02") && item.contains_key("s01")
        })
    };
    until(slot_is_empty).await;
    place.known_everywhere();
    assert!(place.found("").await.iter().all(|object| object["fields"]["number"].is_null()));
}

#[tokio::test]
async fn who_did_not_know_of_a_rule_yet_is_found_by_the_check() {
    let place = Place::new().await;
    // The function keeps the type as it is now for some seconds.
    let made = place.world.contact(json!({"name": "Ada"})).await;
    place.patched("name", json!({"required": "always"})).await;
    let late = place.world.contact(json!({"company": "No name"})).await;
    place.system.clock.advance(PROPAGATION_SECONDS + 1);
    until(|| async { place.shown("name").await["check"]["state"] == "failed" }).await;
    let check = place.shown("name").await["check"].clone();
    assert_eq!(check, json!({"state": "failed", "found": 1, "objects": [late["id"]]}));
    let refused = place.owner().post(&place.objects("contacts"), json!({"fields": {"company": "X"}})).await;
    assert_eq!(refused.expect_problem(422, "invalid_data")["errors"][0]["pointer"], json!("/fields/name"));
    let path = format!("{}/{}", place.objects("contacts"), late["id"].as_str().unwrap());
    place.owner().patch(&path, json!({"fields": {"name": "Eve"}})).await.expect(200);
    place.patched("name", json!({"required": "always"})).await;
    place.system.clock.advance(PROPAGATION_SECONDS + 1);
    until(|| async { place.shown("name").await.get("check").is_none() }).await;
    assert_eq!(place.found("").await.len(), 2, "{made}");
}

#[tokio::test]
async fn a_job_that_does_not_come_on_says_why_and_is_tried_again() {
    let place = Place::new().await;
    place.patched("company", json!({"searchable": true})).await;
    let workspace = platform(&place.system.dynamodb).tables.workspace;
    let failed = workspace.update(Key::new("JOBS", place.job(&workspace).await));
    let failed = failed.add("tries", 5).set("error", AttributeValue::S("unavailable".to_owned()));
    workspace.write(failed).await.unwrap();
    let shown = place.shown("company").await;
    assert_eq!(shown["index"], json!({"state": "building", "done": 0, "error": "unavailable"}));
    assert_eq!(place.settled("company", "ready").await["index"], json!({"state": "ready"}));
}

#[tokio::test]
async fn a_job_done_by_several_at_once_and_again_does_no_harm() {
    let place = Place::new().await;
    for n in 0..30 {
        place.world.contact(json!({"company": format!("Company {}", n % 29)})).await;
    }
    place.patched("company", json!({"unique": true, "searchable": true})).await;
    let platform = platform(&place.system.dynamodb);
    platform.clock.advance(PROPAGATION_SECONDS + 1);
    let worker = jobs::Worker::new(&platform, bucket(), Arc::new(Nowhere));
    let id = place.job(&platform.workspace).await;
    let message = |id: &str| serde_json::from_value::<JobMessage>(json!({"job": id})).unwrap();
    let mut workers = JoinSet::new();
    for _ in 0..4 {
        let (worker, message) = (worker.clone(), message(&id));
        workers.spawn(async move { worker.work(&message).await.unwrap() });
    }
    workers.join_all().await;
    worker.work(&message(&id)).await.unwrap();
    let shown = place.shown("company").await;
    assert_eq!((&shown["index"]["state"], &shown["index"]["found"]), (&json!("failed"), &json!(1)));
    assert_eq!(place.keys_with("#unique#company").await, 29);
    place.known_everywhere();
    assert_eq!(place.found("filter[company][starts_with]=company").await.len(), 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_goes_on_after_a_restart() {
    let data = std::env::temp_dir().join(format!("engine-jobs-{}", crate::harness::unique()));
    let args = ["engine", "--port=0", "--seed=none", "--data", data.to_str().unwrap()];
    let running = local::start(local::Options::parse_from(args)).await.unwrap();
    let world = World::at(&Api::at(running.url())).await;
    world.contact(json!({"company": "A"})).await;
    let path = format!("{}/contacts/fields/company", world.types());
    world.owner.api.patch(&path, json!({"searchable": true})).await.expect(200);
    running.shutdown().await;
    let running = local::start(local::Options::parse_from(args)).await.unwrap();
    let api = Api::at(running.url()).and(world.owner.api.credential());
    let read = async || field(&api.get(&format!("{}/contacts", world.types())).await.expect(200), "company");
    assert_eq!(read().await["index"]["state"], json!("building"));
    running.clock().advance(PROPAGATION_SECONDS + 1);
    until(|| async { read().await["index"]["state"] == "ready" }).await;
    let found = api.get(&format!("{}?filter[company][eq]=a", world.contacts())).await.expect(200);
    assert_eq!(found["data"].as_array().unwrap().len(), 1);
    running.shutdown().await;
    std::fs::remove_dir_all(data).unwrap();
}

#[tokio::test]
async fn a_checkpoint_whose_answer_was_lost_is_known_for_the_own_one() {
    let (database, counter) = Counter::start().await;
    let platform = platform(&database);
    let jobs = Jobs::new(&platform, Arc::new(Nowhere));
    let (team, subject) = (TeamId::new(), JobSubject::new(audit::Kind::Webhook, WebhookId::new().as_str()));
    let (now, actor) = (platform.clock.now(), system_actor());
    let mut job = StoredJob::new((&team, subject), Job::Destroy, (now, now), actor);
    platform.workspace.write(job.write(&platform.workspace).unwrap()).await.unwrap();
    let mut other = job.clone();
    counter.lose_the_next("PutItem");
    assert!(jobs.checkpoint(&mut job).await.unwrap());
    other.done = 7;
    assert!(!jobs.checkpoint(&mut other).await.unwrap());
}

fn system_actor() -> Actor {
    Actor {
        user: Some(UserId::of_subject("test", "jobs")),
        credential: Some(Credential::Session),
        token: None,
        form: None,
        ip: "::1".into(),
        source: Source::App,
        request_id: "r".into(),
    }
}
