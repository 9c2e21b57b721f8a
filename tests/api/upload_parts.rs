//! Files in parts: sent in any order, again, and side by side; and how much a team and a person may have.

use base::Permission::Upload;
use reqwest::Client;
use serde_json::{Value, json};
use table::{Key, number};

use crate::{
    harness::{Api, Person, System, World},
    jobs::{platform, until},
    uploads::{at, complete, fetched, sha256, uploads},
};

const MIB: usize = 1024 * 1024;
const GIB: u64 = 1024 * 1024 * 1024;
const HOUR_SECONDS: i64 = 60 * 60;

pub(crate) async fn begin(api: &Api, world: &World, filename: &str, size: u64) -> Value {
    api.post(&uploads(world), json!({"filename": filename, "size": size, "parts": true})).await.expect(201)
}

async fn urls(api: &Api, world: &World, upload: &Value, numbers: &[u32]) -> Vec<Value> {
    let answer = api.post(&at(world, upload, "/parts"), json!({"numbers": numbers})).await.expect(200);
    answer["parts"].as_array().unwrap().clone()
}

async fn put(part: &Value, bytes: &[u8]) -> u16 {
    let request = Client::new().put(part["url"].as_str().unwrap()).body(bytes.to_vec());
    request.send().await.unwrap().status().as_u16()
}

/// The same of what the store refuses: it may hang up before all of it is sent.
async fn refused(part: &Value, bytes: &[u8]) -> u16 {
    let sent = Client::new().put(part["url"].as_str().unwrap()).body(bytes.to_vec()).send().await;
    sent.map_or(403, |response| response.status().as_u16())
}

#[tokio::test]
async fn parts_become_the_file_when_all_are_there() {
    let world = World::new().await;
    let owner = &world.owner.api;
    let bytes: Vec<u8> = (0..20 * MIB).map(|index| b"0123456789abcdefghijklmnopq"[index % 27]).collect();
    let begun = begin(owner, &world, "long.txt", bytes.len() as u64).await;
    assert_eq!((&begun["put"], &begun["status"]), (&Value::Null, &json!("waiting")));
    assert_eq!((&begun["part_size"], &begun["part_count"]), (&json!(16 * MIB), &json!(2)));
    let (first, last) = bytes.split_at(16 * MIB);

    let parts = urls(owner, &world, &begun, &[1, 2]).await;
    assert_eq!((&parts[1]["number"], &parts[1]["etag"]), (&json!(2), &Value::Null));
    for wrong in [&last[1..], first] {
        assert!([400, 403].contains(&refused(&parts[1], wrong).await), "a part of another length");
    }
    assert_eq!(put(&parts[1], last).await, 200);
    let path = at(&world, &begun, "/complete");
    let problem = owner.post(&path, json!({})).await.expect_problem(409, "wrong_state");
    assert_eq!(problem["detail"], "Of 2 parts these were not sent yet: 1.");
    assert_eq!(owner.get(&at(&world, &begun, "")).await.expect(200)["status"], "waiting");

    // Whoever goes on later asks again, and learns what is there already. A part that is sent twice counts once.
    let parts = urls(owner, &world, &begun, &[2, 1]).await;
    assert!(parts[0]["etag"].is_string() && parts[1]["etag"].is_null());
    assert_eq!((put(&parts[0], last).await, put(&parts[1], first).await), (200, 200));
    // Several at once, of which the store lets one join them.
    let empty = json!({});
    let asked = futures_util::future::join_all((0..4).map(|_| owner.post(&path, empty.clone()))).await;
    assert!(
        asked.iter().all(|answer| answer.status == 200),
        "{:?}",
        asked.iter().map(|answer| answer.status).collect::<Vec<_>>()
    );
    let upload = complete(owner, &world, &begun).await;
    assert_eq!((&upload["status"], &upload["size"]), (&json!("ready"), &json!(bytes.len())));
    assert_eq!(upload["sha256"], sha256(&bytes));
    assert_eq!(complete(owner, &world, &begun).await, upload, "twice is the same answer");
    let (_, response) = fetched(owner, &world, &upload, "").await;
    assert!(response.bytes().await.unwrap() == bytes, "the bytes are those that were sent");
    let more = json!({"numbers": [1]});
    owner.post(&at(&world, &begun, "/parts"), more).await.expect_problem(409, "wrong_state");
    assert!([403, 404].contains(&refused(&parts[1], first).await), "nothing comes to a file that is there");
}

#[tokio::test]
async fn what_is_wrong_with_parts_is_told_at_its_place() {
    let world = World::new().await;
    let (owner, path) = (&world.owner.api, uploads(&world));
    let begun = begin(owner, &world, "a.mp4", 100 * MIB as u64).await;
    assert_eq!(begun["part_count"], 7);
    for (numbers, pointer, code) in [
        (json!([]), "/numbers", "required"),
        (json!(vec![1; 101]), "/numbers", "too_many"),
        (json!([1, 8]), "/numbers/1", "out_of_range"),
        (json!([0]), "/numbers/0", "out_of_range"),
    ] {
        let asked = owner.post(&at(&world, &begun, "/parts"), json!({"numbers": numbers})).await;
        let problem = asked.expect_problem(422, "invalid_data");
        assert_eq!(
            (&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]),
            (&json!(pointer), &json!(code))
        );
    }
    let large = owner.post(&path, json!({"filename": "a.mp4", "size": 70 * MIB})).await.expect(201);
    assert_eq!(
        (&large["put"], &large["part_count"]),
        (&Value::Null, &json!(5)),
        "it is too large for one PUT"
    );
    for (filename, size) in [("a.mp4", 5 * GIB + 1), ("a.png", 70 * MIB as u64)] {
        let told = owner.post(&path, json!({"filename": filename, "size": size})).await;
        assert_eq!(told.expect_problem(422, "invalid_data")["errors"][0]["code"], "too_large", "{filename}");
    }
    let whole = owner.post(&path, json!({"filename": "a.txt", "size": 1})).await.expect(201);
    let asked = owner.post(&at(&world, &whole, "/parts"), json!({"numbers": [1]})).await;
    asked.expect_problem(409, "wrong_state");
    let sender = world.member("member").await.token(&[Upload]).await;
    let asked = sender.post(&at(&world, &begun, "/parts"), json!({"numbers": [1]})).await;
    asked.expect_problem(404, "not_found");

    let other = json!({"filename": "a.txt", "size": 5, "parts": true, "sha256": sha256(b"other")});
    let begun = owner.post(&path, other).await.expect(201);
    assert_eq!(put(&urls(owner, &world, &begun, &[1]).await[0], b"hello").await, 200);
    let upload = complete(owner, &world, &begun).await;
    assert_eq!((&upload["status"], &upload["reason"]), (&json!("rejected"), &json!("checksum")));
}

#[tokio::test]
async fn parts_that_are_not_joined_go_with_their_upload() {
    let system = System::isolated();
    let world = World::of(Person::at(&Api::at(&system.url)).await, crate::harness::contacts()).await;
    let owner = &world.owner.api;
    let begun = begin(owner, &world, "a.txt", 5).await;
    let part = urls(owner, &world, &begun, &[1]).await[0].clone();
    assert_eq!(put(&part, b"hello").await, 200);
    owner.delete(&at(&world, &begun, "")).await.expect(204);
    owner.post(&at(&world, &begun, "/complete"), json!({})).await.expect_problem(404, "not_found");
    until(|| async { put(&part, b"hello").await == 404 }).await;
}

/// How much of it is taken.
async fn taken(system: &System, world: &World, what: &str) -> u64 {
    let key = Key::new(format!("TEAM#{}", world.team), format!("QUOTA#{what}"));
    let item = platform(&system.dynamodb).tables.workspace.get(key).await.unwrap();
    item.and_then(|item| number(&item, "taken")).unwrap_or_default()
}

#[tokio::test]
async fn the_files_of_a_team_have_an_end_and_what_goes_makes_room() {
    let system = System::isolated();
    let world = World::of(Person::at(&Api::at(&system.url)).await, crate::harness::contacts()).await;
    let owner = &world.owner.api;
    let path = uploads(&world);
    let large = || owner.post(&path, json!({"filename": "a.mp4", "size": 5 * GIB}));
    // All at once, and no two of them take the same room.
    let answers = futures_util::future::join_all((0..25).map(|_| large())).await;
    let (begun, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
    assert!(refused.iter().all(|answer| [409, 503].contains(&answer.status)));
    let mut begun: Vec<_> = begun.into_iter().map(|answer| answer.expect(201)).collect();
    while begun.len() < 20 {
        begun.push(large().await.expect(201));
    }
    assert_eq!(begun.len(), 20, "100 GiB are 20 of these");
    large().await.expect_problem(409, "limit_reached");
    assert_eq!(taken(&system, &world, "storage").await, 100 * GIB);
    owner.post(&path, json!({"filename": "a.txt", "size": 1})).await.expect_problem(409, "limit_reached");

    owner.delete(&at(&world, &begun[0], "")).await.expect(204);
    let small = owner.post(&path, json!({"filename": "a.txt", "size": 5})).await.expect(201);
    assert_eq!(taken(&system, &world, "storage").await, 95 * GIB + 5);
    for upload in begun[1..].iter().chain([&small]) {
        owner.delete(&at(&world, upload, "/force")).await.expect(204);
    }
    assert_eq!(taken(&system, &world, "storage").await, 0);
    // What nobody sends is free again after a day.
    large().await.expect(201);
    system.clock.advance(25 * HOUR_SECONDS);
    until(|| async { taken(&system, &world, "storage").await == 0 }).await;
    assert_eq!(taken(&system, &world, &format!("waiting#{}", world.owner.id)).await, 0);
}

#[tokio::test]
async fn one_person_has_a_hundred_uploads_that_wait_and_others_have_theirs() {
    let world = World::new().await;
    let member = world.member("member").await;
    let path = uploads(&world);
    let small = json!({"filename": "a.txt", "size": 5});
    let mut last = Value::Null;
    for _ in 0..100 {
        last = world.owner.api.post(&path, small.clone()).await.expect(201);
    }
    world.owner.api.post(&path, small.clone()).await.expect_problem(409, "limit_reached");
    member.api.post(&path, small.clone()).await.expect(201);
    let put = Client::new().put(last["put"]["url"].as_str().unwrap()).body("hello");
    let headers = last["put"]["headers"].as_object().unwrap();
    let headers = headers.iter().filter(|(name, _)| *name != "content-length");
    let put = headers.fold(put, |put, (name, value)| put.header(name, value.as_str().unwrap()));
    assert_eq!(put.send().await.unwrap().status(), 200);
    assert_eq!(complete(&world.owner.api, &world, &last).await["status"], "ready");
    world.owner.api.post(&path, small.clone()).await.expect(201);
    world.owner.api.post(&path, small).await.expect_problem(409, "limit_reached");
}
