//! Uploads: told of, sent to the store, looked at, fetched, and removed; and what the store and the API refuse.

use base::Permission::{ObjectDelete, ObjectForceDelete, ObjectRead, Upload};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use table::{AttributeValue, Key};

use crate::{
    harness::{Api, Person, System, World, system},
    jobs::{platform, until},
};

const DAY_SECONDS: i64 = 24 * 60 * 60;
/// The smallest PNG that there is: one pixel.
pub(crate) const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0,
    0, 1, 8, 6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 0x0d, b'I', b'D', b'A', b'T', 0x78, 0x9c, 0x63,
    0xf8, 0xcf, 0xc0, 0xf0, 0x1f, 0, 5, 0, 1, 0xff, 0x89, 0x99, 0x3d, 0x1d, 0, 0, 0, 0, b'I', b'E', b'N',
    b'D', 0xae, 0x42, 0x60, 0x82,
];

pub(crate) fn uploads(world: &World) -> String {
    format!("/v1/teams/{}/uploads", world.team)
}

/// The SHA-256 as answers tell it.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Sends bytes as the answer to `POST …/uploads` says, but for what the test changes.
pub(crate) async fn put(begun: &Value, bytes: &[u8], change: &[(&str, Option<&str>)]) -> Response {
    send(Method::PUT, begun["put"]["url"].as_str().unwrap(), begun, bytes, change).await
}

async fn send(
    method: Method,
    url: &str,
    begun: &Value,
    bytes: &[u8],
    change: &[(&str, Option<&str>)],
) -> Response {
    let mut request = Client::new().request(method, url).body(bytes.to_vec());
    for (name, value) in begun["put"]["headers"].as_object().unwrap() {
        match change.iter().find(|(changed, _)| changed == name) {
            Some((_, None)) => {}
            Some((_, Some(value))) => request = request.header(name, *value),
            // The client counts by itself.
            None if name == "content-length" => {}
            None => request = request.header(name, value.as_str().unwrap()),
        }
    }
    request.send().await.unwrap()
}

/// A file that is ready, as whoever sent it sees it.
pub(crate) async fn sent(api: &Api, world: &World, filename: &str, bytes: &[u8]) -> Value {
    let begun = begin(api, world, filename, bytes).await;
    assert_eq!(put(&begun, bytes, &[]).await.status(), 200);
    complete(api, world, &begun).await
}

pub(crate) async fn begin(api: &Api, world: &World, filename: &str, bytes: &[u8]) -> Value {
    api.post(&uploads(world), json!({"filename": filename, "size": bytes.len()})).await.expect(201)
}

pub(crate) async fn complete(api: &Api, world: &World, begun: &Value) -> Value {
    let path = at(world, begun, "/complete");
    for _ in 0..10 {
        let upload = api.post(&path, json!({})).await.expect(200);
        if upload["status"] != "checking" {
            return upload;
        }
    }
    panic!("the file is not looked at");
}

pub(crate) fn at(world: &World, upload: &Value, rest: &str) -> String {
    format!("{}/{}{rest}", uploads(world), upload["id"].as_str().unwrap())
}

/// The content by its URL, with the headers that it comes with.
pub(crate) async fn fetched(api: &Api, world: &World, upload: &Value, query: &str) -> (Value, Response) {
    let found = api.get(&at(world, upload, &format!("/content{query}"))).await.expect(200);
    let response = Client::new().get(found["url"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(response.status(), 200);
    (found, response)
}

#[tokio::test]
async fn a_picture_is_sent_looked_at_and_fetched() {
    let world = World::new().await;
    let owner = &world.owner.api;
    let begun = begin(owner, &world, "Pixel é.png", PNG).await;
    assert_eq!((&begun["status"], &begun["put"]["method"]), (&json!("waiting"), &json!("PUT")));
    assert_eq!(put(&begun, PNG, &[]).await.status(), 200);
    let upload = complete(owner, &world, &begun).await;
    let whole = json!({
        "id": begun["id"], "filename": "Pixel é.png", "size": PNG.len(), "content_type": "image/png",
        "declared_content_type": "image/png", "category": "images", "flags": [], "sha256": sha256(PNG),
        "original_sha256": sha256(PNG), "width": 1, "height": 1, "keep_metadata": false, "variants": "on_demand", "status": "ready", "reason": null, "scan": "off", "part_size": null, "part_count": null,
        "unused_since": begun["created_at"],
        "created_at": begun["created_at"], "created_by": world.owner.id,
    });
    assert_eq!(upload, whole);
    assert_eq!(owner.get(&at(&world, &upload, "")).await.expect(200), whole);
    assert_eq!(complete(owner, &world, &begun).await, whole, "twice is the same answer");

    let (found, response) = fetched(owner, &world, &upload, "?disposition=inline").await;
    assert_eq!((&found["content_type"], &found["disposition"]), (&json!("image/png"), &json!("inline")));
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "image/png");
    assert_eq!(
        header("content-disposition"),
        "inline; filename=\"Pixel _.png\"; filename*=UTF-8''Pixel%20%C3%A9.png"
    );
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("content-security-policy"), "default-src 'none'; sandbox");
    assert_eq!(response.bytes().await.unwrap(), PNG);
    let (found, response) = fetched(owner, &world, &upload, "").await;
    assert_eq!(found["disposition"], "attachment");
    assert_eq!(response.headers()["content-type"], "application/octet-stream");
}

#[tokio::test]
async fn the_store_takes_this_very_file_once_and_nothing_else() {
    let world = World::new().await;
    let (owner, path) = (&world.owner.api, uploads(&world));
    let about = json!({"filename": "a.txt", "size": 5, "sha256": sha256(b"hello")});
    let begun = owner.post(&path, about).await.expect(201);
    let url = begun["put"]["url"].as_str().unwrap();
    for (bytes, change) in [
        (&b"hello!"[..], &[][..]),
        (b"hell", &[]),
        (b"jello", &[]),
        (b"hello", &[("content-type", Some("text/html"))]),
        (b"hello", &[("content-type", None)]),
        (b"hello", &[("if-none-match", None)]),
        (b"hello", &[("x-amz-checksum-sha256", None)]),
        (b"jello", &[("x-amz-checksum-sha256", Some("LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="))]),
    ] {
        let status = put(&begun, bytes, change).await.status().as_u16();
        assert!([400, 403].contains(&status), "{change:?} {}: {status}", String::from_utf8_lossy(bytes));
    }
    let key = begun["id"].as_str().unwrap();
    let other = url.replace(key, "upl_0000000000000000000000");
    for (method, url) in
        [(Method::GET, url), (Method::DELETE, url), (Method::POST, url), (Method::PUT, &*other)]
    {
        let status = send(method.clone(), url, &begun, b"hello", &[]).await.status().as_u16();
        assert!([400, 403, 405, 501].contains(&status), "{method} {url}: {status}");
    }
    let unsigned = url.split('?').next().unwrap();
    assert_eq!(Client::new().get(unsigned).send().await.unwrap().status(), 403);
    owner.post(&at(&world, &begun, "/complete"), json!({})).await.expect_problem(409, "wrong_state");

    assert_eq!(put(&begun, b"hello", &[]).await.status(), 200);
    assert_eq!(put(&begun, b"hello", &[]).await.status(), 412);
    assert_eq!(complete(owner, &world, &begun).await["status"], "ready");
    let (_, response) = fetched(owner, &world, &begun, "").await;
    assert_eq!(&response.bytes().await.unwrap()[..], b"hello");
}

#[tokio::test]
async fn what_is_not_what_its_name_says_is_rejected_and_never_served() {
    let world = World::new().await;
    let owner = &world.owner.api;
    for (filename, bytes) in [
        ("a.png", &b"<html><script>alert(1)</script>"[..]),
        ("a.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("a.docx", b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        ("a.txt", b"\xef\xbb\xbf  <!-- a --><!DOCTYPE html><script>1</script>"),
        ("a.pdf", b"MZ\x90\0 not a document"),
    ] {
        let upload = sent(owner, &world, filename, bytes).await;
        assert_eq!(
            (&upload["status"], &upload["reason"]),
            (&json!("rejected"), &json!("mismatch")),
            "{filename}"
        );
        assert_eq!(upload["content_type"], Value::Null);
        owner.get(&at(&world, &upload, "/content")).await.expect_problem(409, "wrong_state");
    }
    let damaged = sent(owner, &world, "a.png", &PNG[..40]).await;
    assert_eq!((&damaged["status"], &damaged["reason"]), (&json!("rejected"), &json!("damaged")));
}

#[tokio::test]
async fn what_could_run_is_saved_and_not_shown() {
    let world = World::new().await;
    let owner = &world.owner.api;
    let text = sent(owner, &world, "\u{201c}x\u{201d}; filename=y.html.txt", b"just text").await;
    let (found, response) = fetched(owner, &world, &text, "?disposition=inline").await;
    assert_eq!(found["disposition"], "attachment");
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/octet-stream");
    let disposition = header("content-disposition");
    assert!(
        disposition.starts_with("attachment; filename=\"") && !disposition.contains("\u{201c}"),
        "{disposition}"
    );
    let url = found["url"].as_str().unwrap();
    let shown = url.replace("attachment", "inline");
    assert_eq!(
        Client::new().get(&shown).send().await.unwrap().status(),
        403,
        "what is signed cannot be changed"
    );
}

#[tokio::test]
async fn each_fault_is_told_at_its_place() {
    let world = World::new().await;
    let owner = &world.owner.api;
    for (about, expected) in [
        (json!({"filename": "", "size": 1}), vec![("/filename", "required")]),
        (json!({"filename": "../../x.png", "size": 1}), vec![("/filename", "invalid")]),
        (json!({"filename": "a\u{0}.png", "size": 1}), vec![("/filename", "control_character")]),
        (json!({"filename": "x.png\u{202e}gpj", "size": 1}), vec![("/filename", "control_character")]),
        (json!({"filename": "CON.png", "size": 1}), vec![("/filename", "invalid")]),
        (json!({"filename": format!("{}.png", "x".repeat(300)), "size": 1}), vec![("/filename", "too_long")]),
        (json!({"filename": "a.exe", "size": 1}), vec![("/filename", "unknown_choice")]),
        (json!({"filename": "a", "size": 1}), vec![("/filename", "unknown_choice")]),
        (json!({"filename": "a.png", "size": 0}), vec![("/size", "out_of_range")]),
        (json!({"filename": "a.png", "size": 10_000_000_000_u64}), vec![("/size", "too_large")]),
        (
            json!({"filename": "a.exe", "size": 0, "content_type": "a b", "sha256": "AB"}),
            vec![
                ("/filename", "unknown_choice"),
                ("/size", "out_of_range"),
                ("/content_type", "invalid"),
                ("/sha256", "invalid"),
            ],
        ),
    ] {
        let problem = owner.post(&uploads(&world), about.clone()).await.expect_problem(422, "invalid_data");
        let faults: Vec<_> = problem["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|fault| (fault["pointer"].as_str().unwrap(), fault["code"].as_str().unwrap()))
            .collect();
        assert_eq!(faults, expected, "{about}");
    }
    assert_eq!(owner.get(&uploads(&world)).await.expect(200)["data"], json!([]), "nothing was begun");
}

#[tokio::test]
async fn with_upload_alone_one_sends_and_sees_ones_own() {
    let world = World::new().await;
    let other = sent(&world.owner.api, &world, "other.txt", b"other").await;
    let member = world.member("member").await;
    let sender = member.token(&[Upload]).await;
    let own = sent(&sender, &world, "own.txt", b"own").await;
    assert_eq!(own["status"], "ready");
    let list = sender.get(&uploads(&world)).await.expect(200);
    assert_eq!(list["data"], json!([own]));
    for (method, rest) in [("GET", ""), ("POST", "/complete"), ("DELETE", "")] {
        sender.send(method, &at(&world, &other, rest), None).await.expect_problem(404, "not_found");
    }
    sender.get(&at(&world, &own, "/content")).await.expect_problem(403, "insufficient_scope");
    sender.delete(&at(&world, &own, "/force")).await.expect_problem(403, "insufficient_scope");
    let reader = member.token(&[ObjectRead]).await;
    assert_eq!(reader.get(&uploads(&world)).await.expect(200)["data"].as_array().unwrap().len(), 2);
    reader.get(&at(&world, &other, "/content")).await.expect(200);
    reader.delete(&at(&world, &own, "")).await.expect_problem(403, "insufficient_scope");
    sender.delete(&at(&world, &own, "")).await.expect(204);
    sender.get(&at(&world, &own, "")).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn what_is_removed_is_gone_from_the_store_too() {
    let system = System::isolated();
    let world = World::of(Person::at(&Api::at(&system.url)).await, crate::harness::contacts()).await;
    let owner = &world.owner.api;
    for (rest, permission, seconds) in [("", ObjectDelete, 45 * 60), ("/force", ObjectForceDelete, 0)] {
        let begun = begin(owner, &world, "a.txt", b"bytes").await;
        assert_eq!(put(&begun, b"bytes", &[]).await.status(), 200);
        let upload = complete(owner, &world, &begun).await;
        let url = owner.get(&at(&world, &upload, "/content")).await.expect(200)["url"].clone();
        let remover = world.owner.token(&[permission]).await;
        remover.delete(&at(&world, &upload, rest)).await.expect(204);
        owner.get(&at(&world, &upload, "")).await.expect_problem(404, "not_found");
        owner.get(&at(&world, &upload, "/content")).await.expect_problem(404, "not_found");
        // By the clock of the store, which is that of the machine, the URLs last all the while.
        let url = url.as_str().unwrap();
        let is_gone = async || Client::new().get(url).send().await.unwrap().status() == 404;
        system.clock.advance(seconds);
        until(&is_gone).await;
        // Nothing stays that the URL for its bytes brings once more.
        assert_eq!(put(&begun, b"bytes", &[]).await.status(), 200);
        assert!(!is_gone().await);
        owner.get(&at(&world, &upload, "")).await.expect_problem(404, "not_found");
        system.clock.advance(2 * 60 * 60);
        until(&is_gone).await;
    }
    assert_eq!(owner.get(&uploads(&world)).await.expect(200)["data"], json!([]));
}

#[tokio::test]
async fn what_is_not_ready_after_a_day_is_removed_at_once() {
    let system = System::isolated();
    let world = World::of(Person::at(&Api::at(&system.url)).await, crate::harness::contacts()).await;
    let ready = sent(&world.owner.api, &world, "a.txt", b"kept").await;
    let waiting = begin(&world.owner.api, &world, "b.txt", b"never sent").await;
    let rejected = sent(&world.owner.api, &world, "c.png", b"no picture").await;
    // The job is found by the schedule, which looks for what is late.
    system.clock.advance(DAY_SECONDS + 30 * 60);
    let owner = Person::called(&Api::at(&system.url), &world.owner.email, "A Person").await.api;
    for gone in [&waiting, &rejected] {
        until(|| async { owner.get(&at(&world, gone, "")).await.status == 404 }).await;
    }
    // Nothing has used it in its time, but there may be something of which it was not told yet.
    assert_eq!(owner.get(&at(&world, &ready, "")).await.expect(200)["status"], "expired");
}

/// No scanner is installed, so what one would store is stored here.
#[tokio::test]
async fn what_a_scanner_has_not_found_clean_is_not_served() {
    let world = World::new().await;
    let owner = &world.owner.api;
    let upload = sent(owner, &world, "a.txt", b"text").await;
    let key = Key::new(format!("TEAM#{}", world.team), format!("UPLOAD#{}", upload["id"].as_str().unwrap()));
    let workspace = platform(&system().dynamodb).tables.workspace;
    for (scan, status) in [
        ("pending", "checking"),
        ("infected", "quarantined"),
        ("unsupported", "quarantined"),
        ("failed", "quarantined"),
        ("clean", "ready"),
    ] {
        let item = workspace.get(key.clone()).await.unwrap().unwrap();
        let mut stored: Value = serde_json::from_str(table::text(&item, "definition").unwrap()).unwrap();
        stored["body"]["scan"] = json!(scan);
        let write = workspace.update(key.clone()).set("definition", AttributeValue::S(stored.to_string()));
        workspace.write(write).await.unwrap();
        let seen = owner.get(&at(&world, &upload, "")).await.expect(200);
        assert_eq!((&seen["scan"], &seen["status"]), (&json!(scan), &json!(status)));
        let listed = owner.get(&format!("{}?status={status}", uploads(&world))).await.expect(200);
        assert_eq!(listed["data"], json!([seen]));
        let content = owner.get(&at(&world, &upload, "/content")).await;
        if status == "ready" {
            content.expect(200);
        } else {
            content.expect_problem(409, "wrong_state");
        }
    }
}

#[tokio::test]
async fn the_list_is_narrowed_and_read_in_pages() {
    let world = World::new().await;
    let owner = &world.owner.api;
    let mut all = Vec::new();
    for number in 0..5 {
        all.push(sent(owner, &world, &format!("{number}.txt"), b"text").await["id"].clone());
    }
    let picture = sent(owner, &world, "a.png", PNG).await;
    begin(owner, &world, "b.png", PNG).await;
    let ids = async |query: &str| {
        let (mut ids, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = owner.get(&format!("{}?{query}&limit=2{cursor}", uploads(&world))).await.expect(200);
            ids.extend(page["data"].as_array().unwrap().iter().map(|upload| upload["id"].clone()));
            let Some(next) = page["next_cursor"].as_str() else { return ids };
            cursor = format!("&cursor={next}");
        }
    };
    all.reverse();
    assert_eq!(ids("category=text").await, all, "the latest first");
    assert_eq!(ids("category=images").await, [picture["id"].clone()]);
    assert_eq!(ids("status=ready").await.len(), 6);
    assert_eq!(ids("status=waiting").await.len(), 1);
}
