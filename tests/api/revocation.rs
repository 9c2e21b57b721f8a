//! What is taken away is gone with the very next request.

use base::Permission::{ObjectCreate, ObjectRead};
use serde_json::json;

use crate::harness::{Api, Person, System, World, an_email};

/// The id of the token that asks.
async fn own_id(token: &Api) -> String {
    token.get("/v1/token").await.expect(200)["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_revoked_token_is_refused_for_good() {
    let world = World::new().await;
    let token = world.owner.token(&[ObjectRead]).await;
    let path = format!("/v1/tokens/{}", own_id(&token).await);
    token.get(&world.contacts()).await.expect(200);

    world.owner.api.delete(&path).await.expect(204);

    token.get(&world.contacts()).await.expect_problem(401, "invalid_token");
    world.owner.api.get(&path).await.expect_problem(404, "not_found");
    world.owner.api.patch(&path, json!({"active": true})).await.expect_problem(404, "not_found");
    token.get(&world.contacts()).await.expect_problem(401, "invalid_token");
}

#[tokio::test]
async fn a_token_can_be_switched_off_and_on() {
    let world = World::new().await;
    let token = world.owner.token(&[ObjectRead]).await;
    let path = format!("/v1/tokens/{}", own_id(&token).await);

    for _ in 0..3 {
        let off = world.owner.api.patch(&path, json!({"active": false})).await.expect(200);
        assert_eq!((&off["active"], &off["status"]), (&json!(false), &json!("inactive")));
        token.get(&world.contacts()).await.expect_problem(401, "invalid_token");
        let on = world.owner.api.patch(&path, json!({"active": true})).await.expect(200);
        assert_eq!(on["status"], json!("active"));
        token.get(&world.contacts()).await.expect(200);
    }
}

#[tokio::test]
async fn who_is_removed_from_a_team_is_out_with_session_and_tokens() {
    let world = World::new().await;
    let person = world.member("member").await;
    let token = person.token(&[ObjectRead]).await;
    token.get(&world.contacts()).await.expect(200);

    world.owner.api.delete(&format!("{}/{}", world.members(), person.id)).await.expect(204);

    token.get(&world.contacts()).await.expect_problem(403, "no_access");
    person.api.get(&world.contacts()).await.expect_problem(403, "no_access");
    assert_eq!(person.api.get("/v1/teams").await.expect(200)["data"], json!([]));
    token.get("/v1/me").await.expect(200);
}

#[tokio::test]
async fn who_leaves_a_team_is_out() {
    let world = World::new().await;
    let person = world.member("view-only").await;

    person.api.delete(&format!("{}/{}", world.members(), person.id)).await.expect(204);

    person.api.get(&world.contacts()).await.expect_problem(403, "no_access");
}

#[tokio::test]
async fn a_change_of_role_acts_on_session_and_tokens() {
    let world = World::new().await;
    let person = world.member("member").await;
    let token = person.token(&[ObjectCreate, ObjectRead]).await;
    let path = format!("{}/{}", world.members(), person.id);
    let contact = || json!({"fields": {"email": an_email()}});
    for caller in [&token, &person.api] {
        caller.post(&world.contacts(), contact()).await.expect(201);
    }

    world.owner.api.patch(&path, json!({"role": "view-only"})).await.expect(200);

    for caller in [&token, &person.api] {
        let problem =
            caller.post(&world.contacts(), contact()).await.expect_problem(403, "insufficient_role");
        assert!(problem["detail"].as_str().unwrap().contains("view-only"));
        caller.get(&world.contacts()).await.expect(200);
    }
    assert_eq!(world.all_contacts().await.len(), 2);

    world.owner.api.patch(&path, json!({"role": "manager"})).await.expect(200);

    token.post(&world.contacts(), contact()).await.expect(201);
}

#[tokio::test]
async fn a_token_limited_to_a_team_reaches_no_other() {
    let (world, other) = (World::new().await, World::new().await);
    other.join(&world.owner, "owner").await;
    let about = json!({"permissions": ["object:read"], "team_ids": [world.team]});
    let token = world.owner.token_with(about).await;

    token.get(&world.contacts()).await.expect(200);
    token.get(&other.contacts()).await.expect_problem(403, "no_access");

    let teams = token.get("/v1/teams").await.expect(200)["data"].clone();
    assert_eq!((teams.as_array().unwrap().len(), &teams[0]["id"]), (1, &json!(world.team)));
    assert_eq!(token.get("/v1/me").await.expect(200)["teams"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_token_is_of_use_only_from_its_addresses_and_until_its_end() {
    let system = System::start();
    let person = Person::at(&Api::at(&system.url)).await;
    let elsewhere =
        person.token_with(json!({"permissions": ["upload"], "allowed_cidrs": ["192.0.2.0/24"]})).await;
    elsewhere.get("/v1/token").await.expect_problem(401, "invalid_token");
    let here =
        person.token_with(json!({"permissions": ["upload"], "allowed_cidrs": ["127.0.0.0/8", "::1"]})).await;
    here.get("/v1/token").await.expect(200);

    let end = system.clock.now().plus_seconds(3_600);
    let short = person.token_with(json!({"permissions": ["upload"], "expires_at": end})).await;
    let id = own_id(&short).await;
    system.clock.advance(3_600);

    short.get("/v1/token").await.expect_problem(401, "invalid_token");
    assert_eq!(person.api.get(&format!("/v1/tokens/{id}")).await.expect(200)["status"], json!("expired"));
}
