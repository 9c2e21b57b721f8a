//! One token is one submission, whoever sends it how often.

use super::*;
use crate::harness::System;

#[tokio::test]
async fn the_same_submission_is_answered_the_same_and_another_one_with_its_token_is_refused() {
    let desk = Desk::new(json!({})).await;
    let (token, name) = (desk.token().await, a_name());
    let first = desk.send_with(&token, json!({"name": name})).await;
    let expected = json!({"accepted": true, "confirmation": {"message": "Thank you."}});
    assert_eq!(first.expect(201), expected);
    assert_eq!(desk.send_with(&token, json!({"name": name})).await.expect(201), expected);
    desk.send_with(&token, json!({"name": a_name()})).await.expect_problem(409, "already_submitted");
    desk.patch(json!({"status": "closed", "confirmation": {}})).await.expect(200);
    assert_eq!(desk.send_with(&token, json!({"name": name})).await.expect(201), expected);
    desk.send_with(&token, json!({"name": a_name()})).await.expect_problem(409, "form_closed");
    assert_eq!((desk.contacts().await.len(), desk.submissions("").await.len()), (1, 1));
}

#[tokio::test]
async fn a_refused_submission_leaves_its_token_good() {
    let desk = Desk::new(json!({})).await;
    let token = desk.token().await;
    expect_fault(desk.send_with(&token, json!({})).await, "/fields/name", "required");
    desk.send_with(&token, json!({"name": a_name()})).await.expect(201);
}

#[tokio::test]
async fn a_token_is_good_for_its_form_alone_and_for_a_day() {
    let system = System::isolated();
    let world = World::at(&Api::at(&system.url)).await;
    let made = async |change: Value| {
        let made = world.owner.api.post(&forms(&world), with(a_form(), change)).await.expect(201);
        format!("/v1/forms/{}", made["key"].as_str().unwrap())
    };
    let (one, other) = (made(json!({})).await, made(json!({"protection": {"min_seconds": 2}})).await);
    let nobody = Api::at(&system.url);
    let token = async |path: &str| nobody.get(path).await.expect(200)["token"].as_str().unwrap().to_owned();
    let send = async |path: &str, body: Value| nobody.post(&format!("{path}/submissions"), body).await;
    let fields = || json!({"name": a_name()});
    expect_fault(send(&one, json!({"fields": fields()})).await, "/token", "token_missing");
    let good = token(&one).await;
    let changed = format!("{}{}", &good[..good.len() - 2], if good.ends_with("AA") { "BB" } else { "AA" });
    for bad in [String::new(), "x".into(), changed, token(&other).await] {
        expect_fault(send(&one, json!({"token": bad, "fields": fields()})).await, "/token", "token_invalid");
    }
    let early = token(&other).await;
    let body = json!({"token": early, "fields": fields()});
    expect_fault(send(&other, body.clone()).await, "/token", "too_fast");
    system.clock.advance(2);
    send(&other, body).await.expect(201);
    system.clock.advance(24 * 60 * 60 - 3);
    send(&one, json!({"token": good, "fields": fields()})).await.expect(201);
    let late = token(&one).await;
    system.clock.advance(24 * 60 * 60);
    expect_fault(send(&one, json!({"token": late, "fields": fields()})).await, "/token", "token_invalid");
}

#[tokio::test]
async fn without_tokens_an_idempotency_key_tells_the_same_submission() {
    let desk = Desk::new(json!({"protection": {"token": false, "min_seconds": 0}})).await;
    assert_eq!(desk.shown().await["token"], Value::Null);
    let path = format!("{}/submissions", desk.public());
    let key = Api::anonymous().header("Idempotency-Key", "one");
    let body = json!({"fields": {"name": a_name()}});
    for _ in 0..2 {
        key.post(&path, body.clone()).await.expect(201);
    }
    key.post(&path, json!({"fields": {"name": a_name()}}))
        .await
        .expect_problem(422, "idempotency_key_reused");
    for _ in 0..2 {
        Api::anonymous().post(&path, body.clone()).await.expect(201);
    }
    assert_eq!(desk.contacts().await.len(), 3);
}
