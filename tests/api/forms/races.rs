//! A hundred visitors at the same moment: no limit is passed, no value is there twice, and one token is one submission.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::*;
use crate::harness::System;

const VISITORS: usize = 100;

/// Sends all of these at once. Who is told to come back does.
async fn at_once(desk: &Arc<Desk>, bodies: Vec<Value>) -> Vec<Answer> {
    let mut sending = JoinSet::new();
    for body in bodies {
        let desk = desk.clone();
        sending.spawn(async move {
            loop {
                let answer = desk.post(body.clone()).await;
                if answer.status != 503 {
                    return answer;
                }
            }
        });
    }
    sending.join_all().await
}

async fn each_with_a_token(desk: &Desk, fields: impl Fn(usize) -> Value) -> Vec<Value> {
    let mut bodies = Vec::new();
    for number in 0..VISITORS {
        bodies.push(json!({"token": desk.token().await, "fields": fields(number)}));
    }
    bodies
}

fn counted(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

#[tokio::test]
async fn a_hundred_visitors_for_ten_places_get_ten() {
    let desk = Arc::new(Desk::new(json!({"limit": 10})).await);
    let bodies = each_with_a_token(&desk, |number| json!({"name": format!("Visitor {number}")})).await;
    let answers = at_once(&desk, bodies).await;
    assert_eq!((counted(&answers, 201), counted(&answers, 409)), (10, 90));
    assert!(
        answers
            .iter()
            .filter(|answer| answer.status == 409)
            .all(|answer| answer.json()["code"] == "form_closed")
    );
    assert_eq!((desk.contacts().await.len(), desk.submissions("").await.len()), (10, 10));
    let form = desk.read().await;
    assert_eq!((&form["state"], &form["counts"]["accepted"]), (&json!("full"), &json!(10)));
    let more = desk.patch(json!({"limit": 11})).await.expect(200);
    assert_eq!(more["state"], json!("open"));
    desk.send(json!({"name": a_name()})).await.expect(201);
    assert_eq!(desk.shown().await["state"], json!("full"));
    // What is thrown away gives no place free.
    let contact = desk.contacts().await[0]["id"].as_str().unwrap().to_owned();
    desk.owner().delete(&format!("{}/{contact}", desk.world.contacts())).await.expect(204);
    assert_eq!(desk.shown().await["state"], json!("full"));
}

#[tokio::test]
async fn a_limit_counts_what_was_accepted_before_there_was_one() {
    let desk = Desk::new(json!({})).await;
    for _ in 0..3 {
        desk.send(json!({"name": a_name()})).await.expect(201);
    }
    desk.patch(json!({"limit": 4})).await.expect(200);
    let (one, other) = (desk.token().await, desk.token().await);
    desk.send_with(&one, json!({"name": a_name()})).await.expect(201);
    desk.send_with(&other, json!({"name": a_name()})).await.expect_problem(409, "form_closed");
    desk.patch(json!({"limit": 2})).await.expect(200);
    desk.send_with(&other, json!({"name": a_name()})).await.expect_problem(409, "form_closed");
    assert_eq!(desk.read().await["counts"]["accepted"], json!(4));
}

#[tokio::test]
async fn a_hundred_visitors_with_one_value_make_one_object_and_are_told_the_same() {
    let desk = Arc::new(Desk::new(json!({})).await);
    let bodies =
        each_with_a_token(&desk, |number| json!({"name": format!("V {number}"), "email": "one@example.com"}))
            .await;
    let answers = at_once(&desk, bodies).await;
    assert_eq!(counted(&answers, 201), VISITORS);
    assert!(answers.iter().all(|answer| answer.text == answers[0].text));
    assert_eq!(desk.contacts().await.len(), 1);
    let outcomes = desk.submissions("").await;
    let conflicts = outcomes.iter().filter(|one| one["outcome"] == "conflict").count();
    assert_eq!((outcomes.len(), conflicts), (VISITORS, VISITORS - 1));
    assert_eq!(desk.read().await["counts"]["held"], json!(VISITORS - 1));
}

#[tokio::test]
async fn a_hundred_times_the_same_is_one_submission() {
    let desk = Arc::new(Desk::new(json!({"limit": 5})).await);
    let body = json!({"token": desk.token().await, "fields": {"name": a_name(), "email": "x@example.com"}});
    let answers = at_once(&desk, vec![body; VISITORS]).await;
    assert_eq!(counted(&answers, 201), VISITORS);
    assert!(answers.iter().all(|answer| answer.text == answers[0].text));
    assert_eq!((desk.contacts().await.len(), desk.submissions("").await.len()), (1, 1));
    assert_eq!(desk.read().await["counts"]["accepted"], json!(1));
}

#[tokio::test]
async fn a_hundred_visitors_who_are_matched_change_one_object() {
    let action = json!({"kind": "upsert", "match": "email", "on_match": "update"});
    let desk = Arc::new(Desk::new(json!({"action": action})).await);
    let bodies =
        each_with_a_token(&desk, |number| json!({"name": format!("V {number}"), "email": "one@example.com"}))
            .await;
    let answers = at_once(&desk, bodies).await;
    assert_eq!(counted(&answers, 201), VISITORS, "{:?}", answers.iter().find(|answer| answer.status != 201));
    let contacts = desk.contacts().await;
    assert_eq!((contacts.len(), &contacts[0]["version"]), (1, &json!(VISITORS)));
}

#[tokio::test]
async fn what_is_accepted_as_the_form_closes_is_there_and_what_is_refused_is_not() {
    let system = System::isolated();
    let desk = Arc::new(Desk::in_system(Api::at(&system.url), json!({})).await);
    let bodies = each_with_a_token(&desk, |number| json!({"name": format!("V {number}")})).await;
    let closes_at = system.clock.now().plus_seconds(60);
    desk.patch(json!({"closes_at": closes_at})).await.expect(200);
    let (early, late) = bodies.split_at(VISITORS / 2);
    let sending = tokio::spawn({
        let (desk, early) = (desk.clone(), early.to_vec());
        async move { at_once(&desk, early).await }
    });
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    system.clock.advance(61);
    let (early, late) = (sending.await.unwrap(), at_once(&desk, late.to_vec()).await);
    assert_eq!(counted(&late, 409), late.len(), "nothing comes in when it is closed");
    assert_eq!(counted(&early, 201) + counted(&early, 409), early.len());
    assert_eq!(desk.contacts().await.len(), counted(&early, 201));
    assert_eq!(desk.submissions("").await.len(), counted(&early, 201));
}
