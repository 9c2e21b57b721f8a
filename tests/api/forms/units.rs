//! What a visitor costs in the database: which calls there are, counted by a proxy in front of it.

use super::*;
use crate::{
    harness::{System, an_email, system},
    units::{Calls, proxy},
};

/// A form of a system behind a proxy.
async fn counted(change: Value) -> (Api, String, Calls) {
    let (url, calls) = proxy(&system().dynamodb).await;
    let options = vec![format!("--dynamodb={url}"), "--without-relay".to_owned()];
    let system = tokio::task::spawn_blocking(|| System::with(options)).await.unwrap();
    let world = World::at(&Api::at(&system.url)).await;
    let made = world.owner.api.post(&forms(&world), with(a_form(), change)).await.expect(201);
    (Api::at(&system.url), format!("/v1/forms/{}", made["key"].as_str().unwrap()), calls)
}

/// The names of the calls of one request.
async fn calling(calls: &Calls, request: impl Future<Output = Answer>) -> Vec<String> {
    let before = calls.lock().unwrap().len();
    let answer = request.await;
    assert!(answer.status < 300, "{}", answer.text);
    let seen = calls.lock().unwrap()[before..].to_vec();
    seen.into_iter().map(|call| call.operation).collect()
}

#[tokio::test]
async fn a_form_is_read_in_two_round_trips_and_in_one_as_long_as_it_is_known() {
    let (nobody, path, calls) = counted(json!({})).await;
    let cold = calling(&calls, nobody.get(&path)).await;
    // The key, and then the form and its type at once.
    assert_eq!(cold, ["GetItem", "GetItem", "GetItem"]);
    assert_eq!(calling(&calls, nobody.get(&path)).await, ["GetItem"]);
    let before = calls.lock().unwrap().len();
    nobody.get("/v1/forms/0000000000000000000000000000").await.expect_problem(404, "not_found");
    assert_eq!(calls.lock().unwrap().len(), before, "a mistyped key is refused without a read");
}

#[tokio::test]
async fn a_submission_takes_three_round_trips() {
    let (nobody, path, calls) = counted(json!({})).await;
    let post = async |fields: Value| {
        let token = nobody.get(&path).await.expect(200)["token"].clone();
        let body = json!({"token": token, "fields": fields});
        calling(&calls, nobody.post(&format!("{path}/submissions"), body)).await
    };
    // The key; the address and the hour at once; and the object with all that tells of it.
    assert_eq!(
        post(json!({"name": a_name()})).await,
        ["GetItem", "UpdateItem", "UpdateItem", "TransactWriteItems"]
    );
    let with_unique = ["GetItem", "UpdateItem", "UpdateItem", "BatchGetItem", "TransactWriteItems"];
    let email = an_email();
    for _ in 0..2 {
        // A value that is taken costs as much as one that is free.
        assert_eq!(post(json!({"name": a_name(), "email": email})).await, with_unique);
    }
    let written =
        calls.lock().unwrap().iter().rev().find(|call| call.operation == "TransactWriteItems").cloned();
    let items = written.unwrap().asked.matches("\"TableName\"").count();
    assert!(items <= 10, "twenty write units are ten small items: {items}");
}
