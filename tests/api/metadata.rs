//! What pictures tell of who took them: it is cut out, unless somebody asks that it stays, and then few fields take them.

use serde_json::{Value, json};

use crate::{
    harness::World,
    uploads::{at, complete, fetched, put, sha256, uploads},
    variants::picture_that_tells,
};

const SECRET: &[u8] = b"at 48.4011 9.9876";

fn tells(bytes: &[u8]) -> bool {
    bytes.windows(SECRET.len()).any(|window| window == SECRET)
}

/// A picture that tells a place, sent like this.
async fn sent_so(world: &World, bytes: &[u8], more: Value) -> Value {
    let owner = &world.owner.api;
    let mut about = json!({"filename": "a.png", "size": bytes.len()});
    about.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let mut begun = owner.post(&uploads(world), about).await.expect(201);
    if begun["put"].is_null() {
        let parts = owner.post(&at(world, &begun, "/parts"), json!({"numbers": [1]})).await.expect(200);
        begun["put"] = parts["parts"][0].clone();
    }
    assert_eq!(put(&begun, bytes, &[]).await.status(), 200);
    complete(owner, world, &begun).await
}

#[tokio::test]
async fn it_is_cut_out_unless_it_is_to_stay() {
    let world = World::new().await;
    let bytes = picture_that_tells(20, 20, Some(std::str::from_utf8(SECRET).unwrap()));
    assert!(tells(&bytes));
    for (more, stays) in [
        (json!({}), false),
        (json!({"keep_metadata": false}), false),
        (json!({"keep_metadata": null, "parts": true}), false),
        (json!({"keep_metadata": true}), true),
        (json!({"keep_metadata": true, "parts": true}), true),
    ] {
        let upload = sent_so(&world, &bytes, more.clone()).await;
        assert_eq!((&upload["status"], &upload["keep_metadata"]), (&json!("ready"), &json!(stays)), "{more}");
        let (_, response) = fetched(&world.owner.api, &world, &upload, "").await;
        let served = response.bytes().await.unwrap();
        assert_eq!(tells(&served), stays, "{more}");
        assert_eq!(upload["original_sha256"], sha256(&bytes));
        assert_eq!(upload["sha256"], sha256(&served));
        let (found, response) = fetched(&world.owner.api, &world, &upload, "?variant=small").await;
        assert_eq!(found["variant"], "small");
        assert!(!tells(&response.bytes().await.unwrap()), "no smaller picture tells");
    }
    // Whoever sends it by the URL cannot change that.
    let about = json!({"filename": "a.png", "size": bytes.len(), "keep_metadata": true});
    let begun = world.owner.api.post(&uploads(&world), about).await.expect(201);
    assert_eq!(begun["put"]["headers"]["x-amz-meta-keep-metadata"], "true");
    assert_eq!(put(&begun, &bytes, &[("x-amz-meta-keep-metadata", None)]).await.status(), 403);
    let cut = json!({"filename": "a.txt", "size": 1, "keep_metadata": "yes"});
    world.owner.api.post(&uploads(&world), cut).await.expect_problem(400, "invalid_request");
}

#[tokio::test]
async fn only_fields_that_say_so_take_what_tells() {
    let world = World::new().await;
    let owner = &world.owner.api;
    let keeping = json!({"keep_metadata": true});
    let of_type = json!({
        "slug": "shots", "singular_label": "Shot", "plural_label": "Shots", "fields": [
            {"slug": "shown", "label": "Shown", "type": "image"},
            {"slug": "archived", "label": "Archived", "type": "image", "settings": keeping},
        ],
    });
    owner.post(&world.types(), of_type).await.expect(201);
    let bytes = picture_that_tells(20, 20, Some(std::str::from_utf8(SECRET).unwrap()));
    let (told, cut) = (sent_so(&world, &bytes, keeping).await, sent_so(&world, &bytes, json!({})).await);
    let objects = format!("/v1/teams/{}/objects/shots", world.team);
    let body = json!({"fields": {"shown": [cut["id"], told["id"]], "archived": [told["id"], cut["id"]]}});
    let problem = owner.post(&objects, body).await.expect_problem(422, "invalid_data");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 1, "{problem}");
    assert_eq!(
        (&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]),
        (&json!("/fields/shown/1"), &json!("keeps_metadata"))
    );
    assert_eq!(owner.get(&objects).await.expect(200)["data"], json!([]));
    let body = json!({"fields": {"shown": [cut["id"]], "archived": [told["id"], cut["id"]]}});
    let made = owner.post(&objects, body).await.expect(201);
    // What is in a list already stays there when the setting goes.
    let field = format!("{}/shots/fields/archived", world.types());
    owner.patch(&field, json!({"settings": {}})).await.expect(200);
    let path = format!("{objects}/{}", made["id"].as_str().unwrap());
    owner.patch(&path, json!({"fields": {"archived": [cut["id"], told["id"]]}})).await.expect(200);
    let number = json!({"slug": "n", "label": "N", "type": "number", "settings": {"keep_metadata": true}});
    let problem = owner
        .post(&format!("{}/shots/fields", world.types()), number)
        .await
        .expect_problem(422, "invalid_data");
    assert_eq!(problem["errors"][0]["pointer"], "/settings/keep_metadata");
}
