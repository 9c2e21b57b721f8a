//! Object types: made, read, listed.

use base::Permission::{self, ObjectTypeRead};
use serde_json::{Value, json};

use crate::harness::{World, contacts};

fn deals() -> Value {
    json!({"slug": "deals", "singular_label": "Deal", "plural_label": "Deals", "fields": [{"slug": "title", "label": "Title", "type": "text"}]})
}

#[tokio::test]
async fn a_type_is_read_by_id_and_by_slug() {
    let world = World::new().await;
    let answer = world.owner.api.post(&world.types(), deals()).await;
    let (location, etag) = (answer.header("location"), answer.header("etag"));
    let made = answer.expect(201);
    assert_eq!((etag.as_str(), &made["version"]), ("\"1\"", &json!(1)));
    for path in [location, format!("{}/deals", world.types())] {
        let read = world.owner.api.get(&path).await;
        assert_eq!((read.header("etag").as_str(), read.expect(200)), ("\"1\"", made.clone()));
    }
}

#[tokio::test]
async fn fields_come_back_as_they_were_given_with_what_was_left_out() {
    let world = World::new().await;
    let read = world.owner.api.get(&format!("{}/contacts", world.types())).await.expect(200);
    for (sent, kept) in
        contacts()["fields"].as_array().unwrap().iter().zip(read["fields"].as_array().unwrap())
    {
        for (name, value) in sent.as_object().unwrap() {
            assert_eq!(&kept[name], value);
        }
        assert!(
            kept["required"].is_string() && kept["unique"].is_boolean() && kept["searchable"].is_boolean()
        );
    }
}

#[tokio::test]
async fn a_default_keeps_every_digit() {
    let world = World::new().await;
    let body = r#"{"slug": "rates", "singular_label": "Rate", "plural_label": "Rates", "fields": [{"slug": "rate", "label": "Rate", "type": "number", "default": 0.12345678901234567890123456789000}]}"#;
    let answer = world.owner.api.send("POST", &world.types(), Some(body.to_owned())).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert!(answer.text.contains(r#""default":0.12345678901234567890123456789000"#), "{}", answer.text);
    let object =
        world.owner.api.post(&format!("/v1/teams/{}/objects/rates", world.team), json!({"fields": {}})).await;
    assert!(object.text.contains(r#""rate":0.12345678901234567890123456789000"#), "{}", object.text);
}

#[tokio::test]
async fn a_slug_is_unique_in_its_team_under_concurrency_and_free_in_others() {
    let (world, other) = (World::new().await, World::new().await);
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let (api, path) = (world.owner.api.clone(), world.types());
        calls.spawn(async move { api.post(&path, deals()).await.status });
    }
    let mut statuses = calls.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [[201].as_slice(), &[409; 9]].concat());
    let problem = world.owner.api.post(&world.types(), deals()).await.expect_problem(409, "slug_taken");
    assert_eq!(problem["errors"][0]["pointer"], json!("/slug"));
    other.owner.api.post(&other.types(), deals()).await.expect(201);
    let list = world.owner.api.get(&world.types()).await.expect(200);
    let slugs: Vec<_> = list["data"].as_array().unwrap().iter().map(|found| &found["slug"]).collect();
    assert_eq!(slugs, ["contacts", "deals"]);
}

#[tokio::test]
async fn all_faults_are_told_at_once_and_nothing_is_made() {
    let world = World::new().await;
    let body = json!({
        "slug": "type_0000000000000000000000", "singular_label": "", "plural_label": "P", "item_label_fields": ["b"],
        "fields": [{"slug": "a", "label": "A", "type": "dropdown"}, {"slug": "a", "label": "A", "type": "checkbox", "unique": true}],
    });
    let problem = world.owner.api.post(&world.types(), body).await.expect_problem(422, "invalid_data");
    let places: Vec<_> =
        problem["errors"].as_array().unwrap().iter().map(|fault| fault["pointer"].clone()).collect();
    let expected = [
        "/singular_label",
        "/fields/0/settings/options",
        "/fields/1/unique",
        "/slug",
        "/fields/1/slug",
        "/item_label_fields/0",
    ];
    assert_eq!(json!(places), json!(expected));
    assert_eq!(world.owner.api.get(&world.types()).await.expect(200)["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_wrong_field_type_is_named_with_its_place() {
    let world = World::new().await;
    let mut body = deals();
    body["fields"][0]["type"] = json!("blob");
    let problem = world.owner.api.post(&world.types(), body).await.expect_problem(422, "invalid_data");
    assert_eq!(problem["errors"][0]["pointer"], json!("/fields/0/type"));
    assert_eq!(problem["errors"][0]["code"], json!("unknown_choice"));
}

#[tokio::test]
async fn a_type_that_is_too_large_to_keep_is_refused_in_good_order() {
    let world = World::new().await;
    let options: Vec<_> = (0..500).map(|n| format!("{n:0>100}")).collect();
    let field = |n: usize| json!({"slug": format!("f{n}"), "label": "F", "type": "dropdown", "settings": {"options": options}});
    let mut body = deals();
    body["fields"] = (0..10).map(field).collect();
    let problem = world.owner.api.post(&world.types(), body).await.expect_problem(422, "invalid_data");
    assert_eq!(problem["errors"][0]["code"], json!("too_large"));
    world.owner.api.get(&format!("{}/deals", world.types())).await.expect_problem(404, "not_found");
    world.owner.api.post(&world.types(), deals()).await.expect(201);
}

#[tokio::test]
async fn of_another_team_a_type_is_not_found() {
    let (world, other) = (World::new().await, World::new().await);
    let id =
        world.owner.api.get(&world.types()).await.expect(200)["data"][0]["id"].as_str().unwrap().to_owned();
    let token = other.owner.token(&[ObjectTypeRead]).await;
    token.get(&format!("{}/{id}", other.types())).await.expect_problem(404, "not_found");
    for name in ["nothing", "type_nonsense", "NOT-A-SLUG"] {
        token.get(&format!("{}/{name}", other.types())).await.expect_problem(404, "not_found");
    }
}

/// What a token that may only write learns of a type: its id, and what it sent itself.
#[tokio::test]
async fn without_read_an_answer_to_a_change_has_the_id_and_what_was_sent_and_no_version_is_compared() {
    let world = World::new().await;
    let id = world.owner.api.get(&format!("{}/contacts", world.types())).await.expect(200)["id"].clone();
    let path = format!("{}/{}", world.types(), id.as_str().unwrap());
    let token = world.owner.token(&[Permission::ObjectTypeCreate, Permission::ObjectTypeUpdate]).await;
    let thin = |answer: crate::harness::Answer, status: u16, id: Option<&Value>, sent: &Value| {
        assert_eq!(answer.header("etag"), "");
        let mut body = answer.expect(status);
        let found = body.as_object_mut().unwrap().remove("id").unwrap();
        assert!(id.is_none_or(|id| *id == found), "{found}");
        assert_eq!(body, *sent);
        found
    };
    let new = json!({"slug": "others", "singular_label": "Other", "plural_label": "Others"});
    let made = thin(token.post(&world.types(), new.clone()).await, 201, None, &new);
    let like = json!({"slug": "copies"});
    thin(token.post(&format!("{path}/duplicate"), like.clone()).await, 201, None, &like);
    let label = json!({"singular_label": "Person"});
    thin(token.patch(&path, label.clone()).await, 200, Some(&id), &label);
    thin(token.patch(&path, json!({})).await, 200, Some(&id), &json!({}));
    let field = json!({"slug": "city", "label": "City", "type": "text"});
    thin(token.post(&format!("{path}/fields"), field.clone()).await, 201, Some(&id), &field);
    let label = json!({"label": "Town"});
    thin(token.patch(&format!("{path}/fields/city"), label.clone()).await, 200, Some(&id), &label);
    thin(token.delete(&format!("{path}/fields/city")).await, 200, Some(&id), &json!({}));
    world.owner.api.delete(&format!("{}/others", world.types())).await.expect(204);
    let restore = format!("{}/{}/restore", world.types(), made.as_str().unwrap());
    thin(token.send("POST", &restore, None).await, 200, Some(&made), &json!({}));

    let before = world.owner.api.get(&path).await.expect(200);
    let guess = token.header("If-Match", "\"1\"");
    for answer in [
        guess.patch(&path, json!({"singular_label": "Guess"})).await,
        guess.post(&format!("{path}/fields"), field.clone()).await,
        guess.delete(&format!("{path}/fields/name")).await,
    ] {
        let problem = answer.expect_problem(403, "insufficient_scope");
        assert_eq!(problem["required_permissions"], json!(["object-type:read"]));
    }
    assert_eq!(world.owner.api.get(&path).await.expect(200), before);
    // Who may read sees all of it.
    let whole = world.owner.api.patch(&path, json!({"singular_label": "Contact"})).await;
    assert!(!whole.header("etag").is_empty() && whole.expect(200)["fields"].is_array());
}
