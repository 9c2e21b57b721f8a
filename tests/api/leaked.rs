//! The reporting of leaked tokens: whoever holds one may have it revoked, and learns nothing by it.

use base::Permission::ObjectRead;
use clap::Parser as _;
use serde_json::{Value, json};

use crate::{
    counter::Counter,
    harness::{Answer, Api, Person},
};

const PATH: &str = "/v1/credentials/revoke";

async fn report(credentials: &[&str]) -> Answer {
    Api::anonymous().post(PATH, json!({"credentials": credentials})).await
}

async fn path_of(token: &Api) -> String {
    format!("/v1/tokens/{}", token.get("/v1/token").await.expect(200)["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_reported_token_is_refused_from_the_next_request_on_and_its_owner_learns_of_it() {
    let owner = Person::new().await;
    let (token, other) = (owner.token(&[ObjectRead]).await, owner.token(&[ObjectRead]).await);
    let path = path_of(&token).await;
    let answer = report(&[token.credential()]).await;
    assert_eq!((answer.status, answer.text.as_str()), (202, ""));
    token.get("/v1/me").await.expect_problem(401, "invalid_token");
    other.get("/v1/me").await.expect(200);
    owner.api.get(&path).await.expect_problem(404, "not_found");
    let history = owner.api.get(&format!("{path}/history")).await.expect(200);
    let line =
        history["data"].as_array().unwrap().iter().find(|line| line["event"] == "revoked").unwrap().clone();
    assert_eq!((&line["reason"], &line["by"], &line["ip"]), (&json!("reported"), &Value::Null, &Value::Null));
}

#[tokio::test]
async fn the_answer_is_the_same_whatever_was_sent() {
    let owner = Person::new().await;
    let token = owner.token(&[ObjectRead]).await;
    let session = owner.api.credential().to_owned();
    let parts = token.credential();
    let forged =
        base::secret::Secret::new(base::secret::SecretKind::Token, &parts[7..29], &parts[29..51]).unwrap();
    let mistyped = format!("{}{}", &parts[..99], if parts.ends_with('0') { '1' } else { '0' });
    let mut answers = Vec::new();
    for sent in [token.credential(), token.credential(), forged.reveal(), &mistyped, "nonsense", "", &session]
    {
        let mut answer = report(&[sent]).await;
        for own in ["x-request-id", "date"] {
            answer.headers.remove(own);
        }
        let mut lines: Vec<_> = answer.headers.iter().map(|header| format!("{header:?}")).collect();
        lines.sort_unstable();
        answers.push(format!("{} {lines:?} {:?}", answer.status, answer.text));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    owner.api.get("/v1/me").await.expect(200);
}

#[tokio::test]
async fn what_is_no_live_token_changes_nothing() {
    let owner = Person::new().await;
    let token = owner.token(&[ObjectRead]).await;
    let path = path_of(&token).await;
    let parts = token.credential();
    let forged =
        base::secret::Secret::new(base::secret::SecretKind::Token, &parts[7..29], &parts[29..51]).unwrap();
    report(&[forged.reveal(), "nonsense", owner.api.credential()]).await.expect(202);
    token.get("/v1/me").await.expect(200);
    assert_eq!(owner.api.get(&path).await.expect(200)["version"], json!(1));
}

#[tokio::test]
async fn both_secrets_of_a_rotation_revoke_it_and_one_that_was_rotated_away_does_not() {
    let owner = Person::new().await;
    for is_old in [true, false] {
        let first = owner.token(&[ObjectRead]).await;
        let second = first.post("/v1/token/rotate", json!({"overlap_seconds": 60})).await.expect(200);
        let second = Api::with(second["token"].as_str().unwrap());
        report(&[if is_old { first.credential() } else { second.credential() }]).await.expect(202);
        first.get("/v1/me").await.expect_problem(401, "invalid_token");
        second.get("/v1/me").await.expect_problem(401, "invalid_token");
    }
    let first = owner.token(&[ObjectRead]).await;
    let second = first.post("/v1/token/rotate", json!({"overlap_seconds": 0})).await.expect(200);
    let second = Api::with(second["token"].as_str().unwrap());
    second.get("/v1/me").await.expect(200);
    report(&[first.credential()]).await.expect(202);
    second.get("/v1/me").await.expect(200);
    // One that was replaced and still works is a live one.
    let third = second.post("/v1/token/rotate", json!({"overlap_seconds": 60})).await.expect(200);
    let third = Api::with(third["token"].as_str().unwrap());
    third.get("/v1/me").await.expect(200);
    report(&[second.credential()]).await.expect(202);
    third.get("/v1/me").await.expect_problem(401, "invalid_token");
}

#[tokio::test]
async fn a_thousand_are_taken_at_once_and_the_name_and_the_place_become_free() {
    let owner = Person::new().await;
    let body = json!({"name": "Leaked", "permissions": ["object:read"]});
    let created = owner.api.post("/v1/tokens", body.clone()).await.expect(201);
    let token = created["token"].as_str().unwrap();
    let off = owner.token(&[ObjectRead]).await;
    owner.api.patch(&path_of(&off).await, json!({"active": false})).await.expect(200);
    let mut credentials: Vec<_> = (0..996).map(|number| format!("nonsense {number}")).collect();
    credentials.extend([token, off.credential(), token, "nonsense 1"].map(str::to_owned));
    Api::anonymous().post(PATH, json!({"credentials": credentials})).await.expect(202);
    assert_eq!(owner.api.get("/v1/tokens").await.expect(200)["data"], json!([]));
    owner.api.post("/v1/tokens", body).await.expect(201);

    credentials.push("one more".to_owned());
    let refused = Api::anonymous().post(PATH, json!({"credentials": credentials})).await;
    assert_eq!(refused.expect_problem(422, "invalid_data")["errors"][0]["pointer"], json!("/credentials"));
}

/// Made-up tokens cost reads alone, whether their owners and tokens are there or not.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_found_is_not_written_to() {
    let (database, counter) = Counter::start().await;
    let dynamodb = format!("--dynamodb={database}");
    let args = ["engine", "--in-memory", "--port=0", "--seed=none", "--without-relay", &dynamodb];
    let system = local::start(local::Options::parse_from(args)).await.unwrap();
    let nobody = Api::at(system.url());
    let owner = Person::at(&nobody).await;
    let token = owner.token(&[ObjectRead]).await;
    token.get("/v1/me").await.expect(200);
    let kind = base::secret::SecretKind::Token;
    let made_up =
        |user: &str, token: &str| base::secret::Secret::new(kind, user, token).unwrap().reveal().to_owned();
    let (own, id) = (&token.credential()[7..29], &token.credential()[29..51]);
    let mut credentials: Vec<_> = (0..40).map(|_| made_up(own, base::id::TokenId::new().suffix())).collect();
    credentials.extend((0..40).map(|_| made_up(base::id::UserId::new().suffix(), id)));
    credentials.extend([made_up(own, id), "nonsense".to_owned(), String::new()]);
    counter.reset();
    nobody.post(PATH, json!({"credentials": credentials})).await.expect(202);
    // One counts the report.
    assert_eq!(counter.writes().into_iter().collect::<Vec<_>>(), [("UpdateItem".to_owned(), 1)]);
    credentials.push(token.credential().to_owned());
    counter.reset();
    nobody.post(PATH, json!({"credentials": credentials})).await.expect(202);
    let writes = [("TransactWriteItems".to_owned(), 1), ("UpdateItem".to_owned(), 1)];
    assert_eq!(counter.writes().into_iter().collect::<Vec<_>>(), writes);
    token.get("/v1/me").await.expect_problem(401, "invalid_token");
    system.shutdown().await;
}
