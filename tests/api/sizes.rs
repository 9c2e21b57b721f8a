//! Large things: refused in good order, never in the way of others, and never more than an answer can hold.

use records::object_type::PROPAGATION_SECONDS;
use serde_json::{Value, json};
use table::{AttributeValue, Key};

use crate::{
    harness::{Api, World, an_email},
    jobs::{platform, until},
    type_changes::Place,
};

/// A type of long texts.
async fn books(world: &World) -> String {
    let field = |n: usize| json!({"slug": format!("f{n}"), "label": "F", "type": "textarea"});
    let mut fields: Vec<_> = (0..8).map(field).collect();
    fields.push(json!({"slug": "isbn", "label": "ISBN", "type": "text", "unique": true}));
    let books = json!({"slug": "books", "singular_label": "Book", "plural_label": "Books", "item_label_fields": ["f0"], "fields": fields});
    world.owner.api.post(&world.types(), books).await.expect(201);
    format!("/v1/teams/{}/objects/books", world.team)
}

/// So many fields of 50,000 characters.
fn long(fields: usize) -> Value {
    (0..fields)
        .map(|n| (format!("f{n}"), json!("x".repeat(50_000))))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn own(path: &str, object: &Value) -> String {
    format!("{path}/{}", object["id"].as_str().unwrap())
}

/// The bytes of an answer as a function hands it out: as a text in JSON.
fn sent(text: &str) -> usize {
    serde_json::to_string(text).unwrap().len()
}

async fn too_large(api: &Api, method: &str, path: &str, fields: Value) {
    let answer = api.send(method, path, Some(json!({"fields": fields}).to_string())).await;
    let problem = answer.expect_problem(422, "invalid_data");
    assert_eq!(problem["errors"][0]["code"], json!("too_large"));
    assert_eq!(problem["errors"][0]["pointer"], json!("/fields"));
}

#[tokio::test]
async fn an_object_has_at_most_350_kb_however_it_comes_to_them() {
    let world = World::new().await;
    let (api, path) = (&world.owner.api, books(&world).await);
    too_large(api, "POST", &path, long(7)).await;
    let made = api.post(&path, json!({"fields": long(6)})).await.expect(201);
    too_large(api, "PATCH", &own(&path, &made), json!({"f7": "x".repeat(50_000)})).await;
    let mut fields = long(6);
    fields["isbn"] = json!("1");
    let second = api.post(&path, json!({"fields": fields})).await.expect(201);
    let more = json!({"isbn": "1", "f7": "x".repeat(50_000)});
    too_large(api, "PUT", &format!("{path}?match=isbn"), more).await;
    for object in [&made, &second] {
        assert_eq!(&api.get(&own(&path, object)).await.expect(200), object);
    }
    // Small changes are made without a look at the object, and add up all the same.
    for n in 0..60 {
        let text = if n % 2 == 0 { "a" } else { "b" }.repeat(4_000);
        api.patch(&own(&path, &made), json!({"fields": {"f6": text}})).await.expect(200);
    }
    for slug in ["f6", "f7"] {
        too_large(api, "PATCH", &own(&path, &made), json!({slug: "x".repeat(49_999)})).await;
    }
    // What is that large can be changed, sent, thrown away and brought back.
    api.patch(&own(&path, &made), json!({"fields": {"f7": "small"}})).await.expect(200);
    api.post(&format!("{}/send", own(&path, &made)), json!({})).await.expect(202);
    api.delete(&own(&path, &made)).await.expect(204);
    api.post(&format!("{}/restore", own(&path, &made)), json!({})).await.expect(200);
}

#[tokio::test]
async fn an_object_that_no_index_can_take_holds_nobody_else_up() {
    let place = Place::new().await;
    let world = &place.world;
    let made = world.contact(json!({"company": "Large"})).await;
    world.contact(json!({"company": "Small"})).await;
    let part = |value: &Value| value.as_str().unwrap().to_owned();
    let key = Key::new(format!("{}#{}", world.team, part(&made["object_type"]["id"])), part(&made["id"]));
    let objects = platform(&place.system.dynamodb).tables.objects;

    // As much as the item takes, which is found by trying.
    let mut padding = 409_000;
    while objects
        .write(objects.update(key.clone()).set("padding", AttributeValue::S("x".repeat(padding))))
        .await
        .is_err()
    {
        padding -= 10;
    }
    place.owner().patch(&place.field("company"), json!({"searchable": true})).await.expect(200);
    place.system.clock.advance(PROPAGATION_SECONDS + 1);
    let state = async || place.shown("company").await["index"].clone();
    until(|| async { state().await["state"] == "failed" }).await;
    assert_eq!(state().await, json!({"state": "failed", "found": 1, "objects": [made["id"]]}));
    place.known_everywhere();
    let path = format!("{}?filter[company][eq]=small", world.contacts());
    assert_eq!(place.owner().get(&path).await.expect(200)["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_page_fits_into_an_answer_whatever_its_values_are() {
    let world = World::new().await;
    let (api, path) = (&world.owner.api, books(&world).await);
    let quotes = "\"".repeat(49_990);
    for _ in 0..12 {
        let made = api.post(&path, json!({"fields": {"f0": quotes, "f1": quotes}})).await.expect(201);
        assert_eq!(made["label"].as_str().unwrap().len(), 200);
    }
    let (mut cursor, mut found) = (String::new(), 0);
    loop {
        let answer = api.get(&format!("{path}?limit=100{cursor}")).await;
        assert!(sent(&answer.text) < 2_000_000, "{}", answer.text.len());
        let page = answer.expect(200);
        found += page["data"].as_array().unwrap().len();
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(found, 12);
}

#[tokio::test]
async fn the_answer_to_a_large_batch_is_bounded_and_can_be_given_again() {
    let world = World::new().await;
    let operation =
        |n: usize| json!({"op": "create", "fields": {"amount": n, "notes": "\"x\"".repeat(2_000)}});
    let operations: Vec<_> = (0..80).map(operation).collect();
    let body = json!({ "operations": operations });
    let (path, keyed) =
        (format!("{}/batch", world.contacts()), world.owner.api.header("idempotency-key", &an_email()));
    let first = keyed.post(&path, body.clone()).await;
    let again = keyed.post(&path, body).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.text, first.text);
    assert!(first.text.len() < 380_000);
    let results = first.expect(200)["results"].as_array().unwrap().clone();
    let shown = results.iter().filter(|result| result["object"]["fields"].is_object()).count();
    assert!((1..80).contains(&shown), "{shown}");
    assert!(results.iter().all(|result| result["status"] == 201 && result["object"]["id"].is_string()));
}

#[tokio::test]
async fn an_atomic_batch_of_more_than_a_transaction_holds_is_refused_at_its_place() {
    let world = World::new().await;
    let text = |n: usize| json!({"slug": format!("t{n}"), "label": "T", "type": "text", "searchable": true, "default": "x".repeat(990)});
    let fields: Vec<_> = (0..16).map(text).collect();
    let wide = json!({"slug": "wide", "singular_label": "Wide", "plural_label": "Wide", "item_label_fields": [], "fields": fields});
    world.owner.api.post(&world.types(), wide).await.expect(201);
    let path = format!("/v1/teams/{}/objects/wide", world.team);
    let batch = |count: usize| json!({"atomic": true, "operations": vec![json!({"op": "create", "fields": {}}); count]});
    let refused = world.owner.api.post(&format!("{path}/batch"), batch(95)).await;
    let problem = refused.expect_problem(422, "invalid_data");
    let fault = &problem["errors"][0];
    assert_eq!((&fault["pointer"], &fault["code"]), (&json!("/operations"), &json!("too_large")));
    assert_eq!(world.owner.api.get(&path).await.expect(200)["data"], json!([]));
    world.owner.api.post(&format!("{path}/batch"), batch(50)).await.expect(200);
}

/// What is read for a batch is kept in memory until it is written.
#[tokio::test]
async fn an_atomic_batch_that_would_read_more_than_a_transaction_holds_is_refused_and_changes_nothing() {
    let world = World::new().await;
    let (api, path) = (&world.owner.api, books(&world).await);
    let mut ids = Vec::new();
    for _ in 0..12 {
        let made = api.post(&path, json!({"fields": long(6)})).await.expect(201);
        ids.push(made["id"].as_str().unwrap().to_owned());
    }
    let emptied: serde_json::Map<_, _> = (0..6).map(|n| (format!("f{n}"), json!(""))).collect();
    let batch = |ids: &[String]| {
        let update = |id: &String| json!({"op": "update", "id": id, "fields": emptied});
        json!({"atomic": true, "operations": ids.iter().map(update).collect::<Vec<_>>()})
    };
    let problem = api.post(&format!("{path}/batch"), batch(&ids)).await.expect_problem(422, "invalid_data");
    assert_eq!(problem["errors"][0]["code"], json!("too_large"));
    for id in &ids {
        assert_eq!(api.get(&format!("{path}/{id}")).await.expect(200)["version"], json!(1));
    }
    api.post(&format!("{path}/batch"), batch(&ids[..8])).await.expect(200);
}

/// What upserts match is read ahead for all of them at once, unless it is too large for that.
#[tokio::test]
async fn upserts_of_large_objects_are_refused_as_a_whole_and_done_one_by_one() {
    let world = World::new().await;
    let (api, path) = (&world.owner.api, books(&world).await);
    let mut upserts = Vec::new();
    for n in 0..12 {
        let mut fields = long(6);
        fields["isbn"] = json!(format!("book {n}"));
        api.post(&path, json!({"fields": fields})).await.expect(201);
        let emptied =
            json!({"isbn": format!("book {n}"), "f0": "", "f1": "", "f2": "", "f3": "", "f4": "", "f5": ""});
        upserts.push(json!({"op": "upsert", "match": "isbn", "fields": emptied}));
    }
    let whole = json!({"atomic": true, "operations": upserts});
    let problem = api.post(&format!("{path}/batch"), whole).await.expect_problem(422, "invalid_data");
    assert_eq!(problem["errors"][0]["code"], json!("too_large"));
    let each = api.post(&format!("{path}/batch"), json!({"operations": upserts})).await.expect(200);
    for result in each["results"].as_array().unwrap() {
        // Had the refused batch changed it, this were its third version.
        assert_eq!((&result["status"], &result["object"]["version"]), (&json!(200), &json!(2)), "{result}");
    }
}
