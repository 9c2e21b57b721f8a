//! Files in objects: what a field takes and refuses, what is told of files in answers, and how long a file is kept.

use std::time::Duration;

use base::Permission::{ObjectCreate, ObjectUpdate, Upload};
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use table::{AttributeValue, Key};

use crate::{
    harness::{Api, Person, System, World},
    jobs::{platform, until},
    uploads::{PNG, at, begin, complete, fetched, put, sent, uploads},
};

const DAY_SECONDS: i64 = 24 * 60 * 60;
/// The jobs are found by the schedule, which looks for what is late.
const SCHEDULE_SECONDS: i64 = 30 * 60;
/// So many files are named while they are deleted, unless `NAMED_ROUNDS` says otherwise; of so many in a row it is looked at
/// once what became of them, and so many are under way at a time.
const ROUNDS: usize = 60;
const TOGETHER: usize = 240;
const AT_ONCE: usize = 12;

/// A type with a field of each kind that holds files.
fn places() -> Value {
    json!({
        "slug": "places", "singular_label": "Place", "plural_label": "Places", "item_label_fields": ["name"],
        "fields": [
            {"slug": "name", "label": "Name", "type": "name"},
            {"slug": "photos", "label": "Photos", "type": "image"},
            {"slug": "plans", "label": "Plans", "type": "file", "settings": {"categories": ["documents", "text"]}},
            {"slug": "clips", "label": "Clips", "type": "media"},
            {"slug": "tags", "label": "Tags", "type": "checkboxes", "settings": {"options": ["new", "old"]}},
        ],
    })
}

fn objects(world: &World) -> String {
    format!("/v1/teams/{}/objects/places", world.team)
}

fn object(world: &World, object: &Value, rest: &str) -> String {
    format!("{}/{}{rest}", objects(world), object["id"].as_str().unwrap())
}

async fn world_of(api: &Api) -> World {
    World::of(Person::at(api).await, places()).await
}

async fn place(world: &World, fields: Value) -> Value {
    world.owner.api.post(&objects(world), json!({"fields": fields})).await.expect(201)
}

async fn unused_since(api: &Api, world: &World, upload: &Value) -> Value {
    api.get(&at(world, upload, "")).await.expect(200)["unused_since"].clone()
}

/// Waits until the relay has told that a value names the upload, or that none does.
async fn until_used(api: &Api, world: &World, upload: &Value, is_used: bool) {
    let told = async || {
        let seen = api.get(&at(world, upload, "")).await;
        seen.status == 200 && seen.json()["unused_since"].is_null() == is_used
    };
    until(told).await;
}

#[tokio::test]
async fn a_field_takes_files_of_its_categories_and_names_each_other() {
    let world = world_of(&Api::anonymous()).await;
    let owner = &world.owner.api;
    let (picture, text) =
        (sent(owner, &world, "a.png", PNG).await, sent(owner, &world, "a.txt", b"text").await);
    let rejected = sent(owner, &world, "b.png", b"no picture").await;
    let waiting = begin(owner, &world, "c.png", PNG).await;
    let other_world = world_of(&Api::anonymous()).await;
    let foreign = sent(&other_world.owner.api, &other_world, "d.png", PNG).await;

    let fields = json!({
        "photos": [picture["id"], rejected["id"], waiting["id"], foreign["id"], "upl_x", text["id"]],
        "plans": [picture["id"], text["id"], text["id"]], "clips": [text["id"]],
    });
    let problem =
        owner.post(&objects(&world), json!({"fields": fields})).await.expect_problem(422, "invalid_data");
    let mut faults: Vec<_> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| (fault["pointer"].as_str().unwrap(), fault["code"].as_str().unwrap()))
        .collect();
    faults.sort_unstable();
    assert_eq!(
        faults,
        [
            ("/fields/clips/0", "wrong_category"),
            ("/fields/photos/1", "not_ready"),
            ("/fields/photos/2", "not_ready"),
            ("/fields/photos/3", "not_found"),
            ("/fields/photos/4", "not_found"),
            ("/fields/photos/5", "wrong_category"),
            ("/fields/plans/2", "duplicate"),
        ]
    );
    assert_eq!(owner.get(&objects(&world)).await.expect(200)["data"], json!([]), "nothing was made");

    let fields = json!({"photos": [picture["id"]], "plans": [text["id"]], "clips": [picture["id"]]});
    let made = place(&world, fields.clone()).await;
    for slug in ["photos", "plans", "clips"] {
        assert_eq!(made["fields"][slug], fields[slug], "{slug}");
    }
    let full: Vec<_> = (0..21).map(|_| picture["id"].clone()).collect();
    let problem = owner.patch(&object(&world, &made, ""), json!({"fields": {"photos": full}})).await;
    assert_eq!(problem.expect_problem(422, "invalid_data")["errors"][0]["code"], "too_many");
    // In a batch too, each by itself.
    let create = |id: &Value| json!({"op": "create", "fields": {"photos": [id]}});
    let batch = json!({"operations": [create(&picture["id"]), create(&foreign["id"])]});
    let results =
        owner.post(&format!("{}/batch", objects(&world)), batch).await.expect(200)["results"].clone();
    assert_eq!((&results[0]["status"], &results[1]["status"]), (&json!(201), &json!(422)));
}

#[tokio::test]
async fn who_may_send_and_change_but_not_read_attaches_all_the_same() {
    let world = world_of(&Api::anonymous()).await;
    let member = world.member("member").await;
    let sender = member.token(&[Upload, ObjectCreate, ObjectUpdate]).await;
    let own = sent(&sender, &world, "a.png", PNG).await;
    let body = json!({"fields": {"photos": [own["id"]]}});
    let made = sender.post(&objects(&world), body).await.expect(201);
    assert!(made.get("fields").is_none());
    let seen = world.owner.api.get(&object(&world, &made, "")).await.expect(200);
    assert_eq!(seen["fields"]["photos"], json!([own["id"]]));
}

#[tokio::test]
async fn files_are_told_of_where_it_is_asked_for() {
    let world = world_of(&Api::anonymous()).await;
    let owner = &world.owner.api;
    let (picture, text) =
        (sent(owner, &world, "a.png", PNG).await, sent(owner, &world, "a.txt", b"text").await);
    let made = place(
        &world,
        json!({"name": "Ulm", "photos": [picture["id"]], "plans": [text["id"]], "tags": ["old"]}),
    )
    .await;
    owner.delete(&at(&world, &text, "/force")).await.expect(204);
    let expanded = json!([{
        "id": picture["id"], "gone": false, "filename": "a.png", "size": PNG.len(), "content_type": "image/png",
        "category": "images", "sha256": picture["sha256"], "width": 1, "height": 1, "variants": "on_demand",
    }]);
    let gone = json!([{
        "id": text["id"], "gone": true, "filename": null, "size": null, "content_type": null, "category": null,
        "sha256": null, "width": null, "height": null, "variants": null,
    }]);
    let list = |path: &str| format!("{}{path}", objects(&world));
    let read = owner.get(&object(&world, &made, "?expand=uploads")).await.expect(200);
    let listed = owner.get(&list("?expand=uploads")).await.expect(200)["data"][0].clone();
    let found =
        owner.post(&list("/query"), json!({"expand": "uploads"})).await.expect(200)["data"][0].clone();
    for seen in [&read, &listed, &found] {
        assert_eq!((&seen["fields"]["photos"], &seen["fields"]["plans"]), (&expanded, &gone));
        assert_eq!((&seen["fields"]["name"], &seen["fields"]["tags"]), (&json!("Ulm"), &json!(["old"])));
    }
    let plain = owner.get(&object(&world, &made, "")).await.expect(200);
    assert_eq!(plain["fields"]["photos"], json!([picture["id"]]));
    assert_eq!(plain["fields"]["plans"], json!([text["id"]]), "the value keeps the id of what is gone");
    owner.get(&list("?expand=everything")).await.expect_problem(400, "invalid_request");

    // What is in the list already may stay there, and is no fault of what is added. Another one like it may not come.
    let note = sent(owner, &world, "b.txt", b"note").await;
    let both = json!({"fields": {"plans": [note["id"], text["id"]]}});
    owner.patch(&object(&world, &made, ""), both.clone()).await.expect(200);
    let other = place(&world, json!({"name": "Bonn"})).await;
    let problem = owner.patch(&object(&world, &other, ""), both).await.expect_problem(422, "invalid_data");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 1);
    assert_eq!(problem["errors"][0]["pointer"], "/fields/plans/1");
}

/// Waits until just these fields of objects are told to name the upload, and reads them one by one.
async fn named_by(world: &World, upload: &Value, expected: &[(&Value, &str)]) {
    let mut expected: Vec<_> = expected
        .iter()
        .map(|(object, field)| json!({"object_type": object["object_type"]["id"], "object": object["id"], "field": field}))
        .collect();
    let order = |reference: &Value| (reference["object"].to_string(), reference["field"].to_string());
    expected.sort_by_key(order);
    until(|| async {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = at(world, upload, &format!("/references?limit=1{cursor}"));
            let page = world.owner.api.get(&path).await.expect(200);
            found.extend(page["data"].as_array().unwrap().clone());
            let Some(next) = page["next_cursor"].as_str() else { return found == expected };
            cursor = format!("&cursor={next}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_a_value_names_is_in_use_until_none_does() {
    let world = world_of(&Api::anonymous()).await;
    let owner = &world.owner.api;
    let picture = sent(owner, &world, "a.png", PNG).await;
    assert_eq!(picture["unused_since"], picture["created_at"], "nothing names it yet");
    let unused = async |is_unused: bool| {
        let list = owner.get(&format!("{}?unused={is_unused}", uploads(&world))).await.expect(200);
        list["data"].as_array().unwrap().len()
    };
    assert_eq!((unused(true).await, unused(false).await), (1, 0));

    let first = place(&world, json!({"photos": [picture["id"]]})).await;
    let second = place(&world, json!({"photos": [picture["id"]], "clips": [picture["id"]]})).await;
    until_used(owner, &world, &picture, true).await;
    assert_eq!((unused(true).await, unused(false).await), (0, 1));
    named_by(&world, &picture, &[(&first, "photos"), (&second, "clips"), (&second, "photos")]).await;
    owner.delete(&at(&world, &picture, "")).await.expect_problem(409, "wrong_state");

    // In the trash it still is what the object needs.
    owner.delete(&object(&world, &first, "")).await.expect(204);
    owner.patch(&object(&world, &second, ""), json!({"fields": {"photos": null}})).await.expect(200);
    owner.patch(&object(&world, &second, ""), json!({"fields": {"clips": []}})).await.expect(200);
    owner.delete(&at(&world, &picture, "")).await.expect_problem(409, "wrong_state");
    named_by(&world, &picture, &[(&first, "photos")]).await;
    owner.delete(&object(&world, &first, "/force")).await.expect(204);
    until_used(owner, &world, &picture, false).await;
    assert_ne!(unused_since(owner, &world, &picture).await, picture["created_at"]);

    // And it is in use again when another one comes to name it.
    let third = place(&world, json!({"clips": [picture["id"]]})).await;
    until_used(owner, &world, &picture, true).await;
    owner.delete(&object(&world, &third, "/force")).await.expect(204);
    until_used(owner, &world, &picture, false).await;
    owner.delete(&at(&world, &picture, "")).await.expect(204);
    owner.get(&at(&world, &picture, "")).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn what_only_looks_like_the_id_of_a_file_keeps_none() {
    let world = world_of(&Api::anonymous()).await;
    let owner = &world.owner.api;
    let picture = sent(owner, &world, "a.png", PNG).await;
    let options = json!({"options": [picture["id"], "old"]});
    let marks = json!({"slug": "marks", "label": "Marks", "type": "checkboxes", "settings": options});
    owner.post(&format!("{}/places/fields", world.types()), marks).await.expect(201);
    place(&world, json!({"marks": [picture["id"]]})).await;
    // What comes behind it in the stream is told after it.
    let other = sent(owner, &world, "b.png", PNG).await;
    let last = place(&world, json!({"photos": [other["id"]]})).await;
    until_used(owner, &world, &other, true).await;
    owner.delete(&object(&world, &last, "/force")).await.expect(204);
    until_used(owner, &world, &other, false).await;
    assert_eq!(unused_since(owner, &world, &picture).await, picture["created_at"]);
}

/// The owner so much later, when sessions have ended.
async fn later(system: &System, world: &World, seconds: i64) -> Api {
    system.clock.advance(seconds);
    Person::called(&Api::at(&system.url), &world.owner.email, "A Person").await.api
}

async fn until_gone(api: &Api, world: &World, upload: &Value) {
    until(|| async { api.get(&at(world, upload, "")).await.status == 404 }).await;
}

#[tokio::test]
async fn what_nothing_uses_goes_after_its_time_and_what_is_used_stays() {
    let system = System::isolated();
    let world = world_of(&Api::at(&system.url)).await;
    let owner = &world.owner.api;
    let never = sent(owner, &world, "never.png", PNG).await;
    let (used, once) =
        (sent(owner, &world, "used.png", PNG).await, sent(owner, &world, "once.png", PNG).await);
    let keeper = place(&world, json!({"photos": [used["id"]]})).await;
    let holder = place(&world, json!({"photos": [once["id"]]})).await;
    for upload in [&used, &once] {
        until_used(owner, &world, upload, true).await;
    }

    // After a day what nothing has named cannot be named any more; its bytes go some hours later.
    let owner = later(&system, &world, DAY_SECONDS).await;
    assert_eq!(owner.get(&at(&world, &never, "")).await.expect(200)["status"], "expired");
    owner.get(&at(&world, &never, "/content")).await.expect_problem(409, "wrong_state");
    let late = json!({"fields": {"photos": [never["id"]]}});
    let problem = owner.patch(&object(&world, &keeper, ""), late).await.expect_problem(422, "invalid_data");
    assert_eq!(problem["errors"][0]["code"], "not_found");
    owner.patch(&object(&world, &keeper, ""), json!({"fields": {"name": "kept"}})).await.expect(200);
    owner.delete(&object(&world, &holder, "/force")).await.expect(204);
    until_used(&owner, &world, &once, false).await;
    let owner = later(&system, &world, DAY_SECONDS).await;
    until_gone(&owner, &world, &never).await;
    fetched(&owner, &world, &once, "").await;
    let owner = later(&system, &world, 30 * DAY_SECONDS).await;
    until_gone(&owner, &world, &once).await;
    fetched(&owner, &world, &used, "").await;
    assert_eq!(owner.get(&uploads(&world)).await.expect(200)["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_object_in_the_trash_keeps_its_files_and_its_end_or_that_of_its_type_releases_them() {
    let system = System::isolated();
    let world = world_of(&Api::at(&system.url)).await;
    let owner = &world.owner.api;
    let (trashed, typed) =
        (sent(owner, &world, "trashed.png", PNG).await, sent(owner, &world, "typed.png", PNG).await);
    let bin = place(&world, json!({"photos": [trashed["id"]]})).await;
    let rooms = json!({
        "slug": "rooms", "singular_label": "Room", "plural_label": "Rooms",
        "fields": [{"slug": "photo", "label": "Photo", "type": "image"}],
    });
    owner.post(&world.types(), rooms).await.expect(201);
    let room = json!({"fields": {"photo": [typed["id"]]}});
    owner.post(&format!("/v1/teams/{}/objects/rooms", world.team), room).await.expect(201);
    for upload in [&trashed, &typed] {
        until_used(owner, &world, upload, true).await;
    }
    owner.delete(&object(&world, &bin, "")).await.expect(204);
    owner.delete(&format!("{}/rooms/force", world.types())).await.expect(202);
    system.clock.advance(SCHEDULE_SECONDS);
    until_used(owner, &world, &typed, false).await;

    // On its last day in the trash an object comes back with its files.
    let owner = later(&system, &world, 30 * DAY_SECONDS - 2 * SCHEDULE_SECONDS).await;
    owner.post(&object(&world, &bin, "/restore"), json!({})).await.expect(200);
    fetched(&owner, &world, &trashed, "").await;
    owner.delete(&object(&world, &bin, "")).await.expect(204);
    let owner = later(&system, &world, 2 * DAY_SECONDS).await;
    until_gone(&owner, &world, &typed).await;
    // The table removes what has expired by the clock of the machine.
    let objects = platform(&system.dynamodb).tables.objects;
    let now = AttributeValue::N(base::Timestamp::now().seconds().to_string());
    let part = |value: &Value| value.as_str().unwrap().to_owned();
    let key = Key::new(format!("{}#{}", world.team, part(&bin["object_type"]["id"])), part(&bin["id"]));
    objects.write(objects.update(key).set("expires", now)).await.unwrap();
    until_used(&owner, &world, &trashed, false).await;
    let owner = later(&system, &world, 32 * DAY_SECONDS).await;
    until_gone(&owner, &world, &trashed).await;
}

/// Names a file in an object while the file is deleted, before it is complete or after that; the file, if the object was made.
async fn named_while_deleted(owner: &Api, world: &World, round: usize) -> Option<Value> {
    let picture = begin(owner, world, &format!("{round}.png"), PNG).await;
    assert_eq!(put(&picture, PNG, &[]).await.status(), 200);
    let (path, file) = (objects(world), at(world, &picture, ""));
    let is_ready = round.is_multiple_of(2);
    if is_ready {
        complete(owner, world, &picture).await;
    }
    // They meet at another moment each time.
    let pause = |after: bool| {
        let millis = if after { round / 4 % 8 } else { 0 };
        tokio::time::sleep(Duration::from_millis(millis.try_into().unwrap()))
    };
    let is_named_first = round % 4 < 2;
    let named = async {
        pause(!is_named_first).await;
        let is_there =
            is_ready || owner.post(&at(world, &picture, "/complete"), json!({})).await.status == 200;
        let body = json!({"fields": {"photos": [picture["id"]]}});
        if is_there { owner.post(&path, body).await.status } else { 422 }
    };
    let deleted = async {
        pause(is_named_first).await;
        loop {
            let answer = owner.delete(&file).await;
            // Who is told to come back does.
            if answer.status != 503 {
                return answer.status;
            }
        }
    };
    let (named, deleted) = tokio::join!(named, deleted);
    assert!([204, 409].contains(&deleted) && [201, 422].contains(&named), "{deleted} {named}");
    (named == 201).then_some(picture)
}

#[tokio::test]
async fn an_object_that_names_a_file_while_it_is_deleted_has_it_or_is_refused() {
    let rounds = std::env::var("NAMED_ROUNDS").map_or(ROUNDS, |text| text.parse().unwrap());
    let system = System::isolated();
    let world = world_of(&Api::at(&system.url)).await;
    let (mut owner, mut made) = (world.owner.api.clone(), 0);
    for first in (0..rounds).step_by(TOGETHER) {
        let all = first..rounds.min(first + TOGETHER);
        let at_once = stream::iter(all).map(|round| named_while_deleted(&owner, &world, round));
        let named: Vec<_> = at_once.buffer_unordered(AT_ONCE).filter_map(std::future::ready).collect().await;
        made += named.len();
        // Whatever was deleted just before comes back as soon as the relay has told of the object, and stays.
        for upload in &named {
            until_used(&owner, &world, upload, true).await;
            fetched(&owner, &world, upload, "").await;
        }
        owner = later(&system, &world, 60 * 60).await;
        for upload in &named {
            until(|| async { owner.get(&at(&world, upload, "")).await.status == 200 }).await;
            fetched(&owner, &world, upload, "").await;
        }
    }
    assert!(made > 0, "of {rounds} no object was made");
}

/// As a version before this one has stored an upload that is ready.
fn of_an_earlier_version(world: &World) -> Value {
    json!({
        "id": "upl_0000000000000000000001", "team": world.team, "version": 3,
        "created_at": "2026-11-29T10:00:00.000Z", "created_by": world.owner.id, "updated_at": "2026-11-29T10:00:05.000Z",
        "actor": {"user": world.owner.id, "credential": "session", "token": null, "ip": "", "source": "app", "request_id": ""},
        "body": {
            "filename": "old.png", "size": 70, "declared_content_type": "image/png", "sent_sha256": null, "status": "ready",
            "content": {
                "content_type": "image/png", "category": "images", "inline": true, "sha256": "00", "width": 1, "height": 1,
            },
        },
    })
}

#[tokio::test]
async fn what_an_earlier_version_has_stored_is_used_and_kept() {
    let system = System::isolated();
    let world = world_of(&Api::at(&system.url)).await;
    let owner = &world.owner.api;
    let old = of_an_earlier_version(&world);
    let workspace = platform(&system.dynamodb).tables.workspace;
    let key = Key::new(format!("TEAM#{}", world.team), "UPLOAD#upl_0000000000000000000001");
    let item = [
        ("definition".to_owned(), AttributeValue::S(old.to_string())),
        ("revision".to_owned(), AttributeValue::N("3".to_owned())),
    ];
    workspace.write(workspace.put_item(key, item.into())).await.unwrap();
    // Nobody knows since when it is unused, so no time ends it.
    system.clock.advance(400 * DAY_SECONDS);
    let owner = Person::called(owner, &world.owner.email, "A Person").await.api;
    let seen = owner.get(&at(&world, &old, "")).await.expect(200);
    assert_eq!((&seen["status"], &seen["unused_since"]), (&json!("ready"), &Value::Null));
    let fields = json!({"fields": {"photos": [old["id"]]}});
    let made = owner.post(&objects(&world), fields).await.expect(201);
    // When an object has used it, its end counts as that of any other.
    let is_known = || async { owner.delete(&at(&world, &old, "")).await.status == 409 };
    until(is_known).await;
    owner.delete(&object(&world, &made, "/force")).await.expect(204);
    until_used(&owner, &world, &old, false).await;
    owner.delete(&at(&world, &old, "")).await.expect(204);
    owner.get(&at(&world, &old, "")).await.expect_problem(404, "not_found");
}
