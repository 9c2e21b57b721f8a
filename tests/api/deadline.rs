//! The time of an invocation: whoever waits is answered before it is over.

use base::{Timestamp, id::UserId};
use lambda_http::{Context, request::LambdaRequest};
use serde_json::{Value, json};

use crate::{
    authorizer,
    counter::Counter,
    harness::{system, unique},
    invocation::invoke,
    jobs::platform,
};

/// An invocation that must be answered so many seconds from now.
pub(crate) fn context(seconds: i64) -> Context {
    let mut context = Context::default();
    context.deadline = u64::try_from(Timestamp::now().plus_seconds(seconds).millis()).unwrap();
    context
}

#[tokio::test]
async fn a_request_whose_time_is_over_is_answered_with_503() {
    let platform = platform(&system().dynamodb);
    let router = teams::routes().router(teams::Store::new(&platform), Some(platform));
    for (context, status) in [(Context::default(), 200), (context(60), 200), (context(0), 503)] {
        let event: LambdaRequest = serde_json::from_str(include_str!("../../events/teams-me.json")).unwrap();
        let answer = invoke(router.clone(), event, context).await;
        assert_eq!(answer["statusCode"], json!(status), "{answer}");
        if status == 503 {
            let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
            assert_eq!(body["code"], "unavailable");
            assert!(
                body["request_id"].is_string() && answer["multiValueHeaders"]["retry-after"][0].is_string()
            );
        }
    }
}

#[tokio::test]
async fn a_run_that_does_not_end_in_time_frees_its_key_for_the_same_request() {
    let (database, counter) = Counter::start().await;
    let platform = authorizer::platform(&database);
    let router = teams::routes().router(teams::Store::new(&platform), Some(platform));
    let mut event: Value = serde_json::from_str(include_str!("../../events/teams-me.json")).unwrap();
    event["requestContext"]["authorizer"]["user_id"] =
        json!(UserId::of_subject("deadline", &unique().to_string()));
    let body = json!({"name": "A", "slug": format!("late-{}", unique())}).to_string();
    let headers = json!({"content-type": "application/json", "idempotency-key": "k"});
    for (name, value) in [
        ("httpMethod", json!("POST")),
        ("path", json!("/v1/teams")),
        ("resource", json!("/v1/teams")),
        ("headers", headers),
        ("multiValueHeaders", json!({})),
        ("body", json!(body)),
    ] {
        event[name] = value;
    }
    counter.hold_the_next("TransactWriteItems");
    for (context, status) in [(context(3), 503), (Context::default(), 201)] {
        let event: LambdaRequest = serde_json::from_value(event.clone()).unwrap();
        let answer = invoke(router.clone(), event, context).await;
        assert_eq!(answer["statusCode"], json!(status), "{answer}");
    }
}
