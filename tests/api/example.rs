//! The main job: a form platform holds a token that may create and update contacts, and nothing else.

use base::Permission::{ObjectCreate, ObjectUpdate};
use serde_json::json;

use crate::harness::{World, an_email};

#[tokio::test]
async fn the_first_submission_creates_the_contact_and_the_second_updates_it() {
    let world = World::new().await;
    let form = world.owner.token(&[ObjectCreate, ObjectUpdate]).await;
    let (path, email) = (format!("{}?match=email", world.contacts()), an_email());

    let first = form.put(&path, json!({"fields": {"email": email, "name": "Ada"}})).await;
    let first_body = first.clone().expect(201);
    let second =
        form.put(&path, json!({"fields": {"email": email.to_uppercase(), "company": "Engines"}})).await;
    let second_body = second.clone().expect(200);

    assert_eq!((&first_body["outcome"], &second_body["outcome"]), (&json!("created"), &json!("updated")));
    // A version would tell whether something has changed.
    assert!(!first.headers.contains_key("etag") && !second.headers.contains_key("etag"));
    assert_eq!(first_body["id"], second_body["id"]);
    let contacts = world.all_contacts().await;
    assert_eq!(contacts.len(), 1);
    assert_eq!(
        (&contacts[0]["fields"]["name"], &contacts[0]["fields"]["company"]),
        (&json!("Ada"), &json!("Engines"))
    );
}

#[tokio::test]
async fn fifty_submissions_at_once_make_one_contact() {
    let world = World::new().await;
    let form = world.owner.token(&[ObjectCreate, ObjectUpdate]).await;
    let (path, email) = (format!("{}?match=email", world.contacts()), an_email());

    let mut calls = tokio::task::JoinSet::new();
    for n in 0..50 {
        let (form, path, email) = (form.clone(), path.clone(), email.clone());
        calls.spawn(async move { form.put(&path, json!({"fields": {"email": email, "amount": n}})).await });
    }
    let answers = calls.join_all().await;

    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!(
        (count(201), count(200)),
        (1, 49),
        "{:?}",
        answers.iter().map(|answer| answer.status).collect::<Vec<_>>()
    );
    let contacts = world.all_contacts().await;
    assert_eq!((contacts.len(), &contacts[0]["version"]), (1, &json!(50)));
}

#[tokio::test]
async fn a_token_without_read_learns_no_data_from_any_answer() {
    let world = World::new().await;
    let form = world.owner.token(&[ObjectCreate, ObjectUpdate]).await;
    // No id is as long, and none has a space: it cannot stand in an answer by chance.
    let (path, secret) = (world.contacts(), "a secret that only readers see");
    let name = "ada, whose name only readers see";
    let email = an_email();
    let contact =
        world.contact(json!({"email": email, "name": name, "company": secret, "number": "7"})).await;
    let other = world.contact(json!({"email": an_email(), "notes": secret})).await;
    let own = format!("{path}/{}", contact["id"].as_str().unwrap());

    let answers = [
        form.put(&format!("{path}?match=email"), json!({"fields": {"email": email, "amount": 1}})).await,
        form.post(&path, json!({"fields": {"notes": secret.to_uppercase()}})).await,
        form.post(&path, json!({"fields": {"number": "7"}})).await,
        form.patch(&own, json!({"fields": {"amount": 2}})).await,
        form.patch(&own, json!({"fields": {}})).await,
        form.header("if-match", "\"1\"").patch(&own, json!({"fields": {"amount": 3}})).await,
        form.get(&path).await,
        form.get(&own).await,
        form.post(&format!("{own}/restore"), json!({})).await,
        form.delete(&own).await,
    ];

    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 201, 409, 200, 200, 403, 403, 403, 409, 403]);
    for answer in answers {
        let text = answer.text.to_lowercase();
        assert!(!text.contains(secret) && !text.contains(name) && !text.contains("\"fields\":"), "{text}");
        assert!(!text.contains(other["id"].as_str().unwrap()), "{text}");
        assert!(!text.contains(world.owner.id.as_str()), "{text}");
    }
}

#[tokio::test]
async fn a_token_without_update_is_refused_by_name_and_changes_nothing() {
    let world = World::new().await;
    let form = world.owner.token(&[ObjectCreate]).await;
    let path = format!("{}?match=email", world.contacts());

    let problem = form
        .put(&path, json!({"fields": {"email": an_email()}}))
        .await
        .expect_problem(403, "insufficient_scope");

    assert_eq!(problem["required_permissions"], json!(["object:update"]));
    assert!(problem["detail"].as_str().unwrap().contains("object:update"));
    assert_eq!(world.all_contacts().await.len(), 0);
}

#[tokio::test]
async fn twenty_submissions_at_once_with_two_unique_values_make_one_contact() {
    let world = World::new().await;
    let form = world.owner.token(&[ObjectCreate, ObjectUpdate]).await;
    let path = format!("{}?match=number", world.contacts());
    for round in 0..4 {
        let email = an_email();
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let (form, path, email) = (form.clone(), path.clone(), email.clone());
            let fields = json!({"number": format!("A{round}"), "email": email});
            calls.spawn(async move { form.put(&path, json!({"fields": fields})).await.status });
        }
        let mut statuses = calls.join_all().await;
        statuses.sort_unstable();
        assert_eq!(statuses, [[200; 19].as_slice(), &[201]].concat());
    }
    assert_eq!(world.all_contacts().await.len(), 4);
}
