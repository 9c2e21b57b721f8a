//! Who may open a form: who may do what it does. And what those see who may not see forms.

use base::Permission::{FormCreate, FormRead, FormUpdate, ObjectCreate, ObjectRead, ObjectUpdate};

use super::*;

#[tokio::test]
async fn who_may_not_make_objects_opens_no_form() {
    let desk = Desk::new(json!({"status": "draft"})).await;
    let without = desk.world.owner.token(&[FormCreate, FormRead, FormUpdate]).await;
    let problem = without.post(&forms(&desk.world), a_form()).await.expect_problem(403, "insufficient_scope");
    assert_eq!(problem["required_permissions"], json!(["object:create"]));
    without.patch(&desk.path(""), json!({"status": "open"})).await.expect_problem(403, "insufficient_scope");
    without.patch(&desk.path(""), json!({"title": "Other"})).await.expect(200);
    let upsert = json!({"action": {"kind": "upsert", "match": "email"}, "status": "open"});
    let creates = desk.world.owner.token(&[FormRead, FormUpdate, ObjectCreate]).await;
    let problem =
        creates.patch(&desk.path(""), upsert.clone()).await.expect_problem(403, "insufficient_scope");
    assert_eq!(problem["required_permissions"], json!(["object:update"]));
    assert_eq!(desk.read().await["status"], json!("draft"));
    creates.patch(&desk.path(""), json!({"status": "open"})).await.expect(200);
    // An open form does for others whatever it is changed to; how it looks is no right.
    for change in [
        json!({"limit": 5}),
        json!({"confirmation": {"redirect": "https://evil.example", "append": ["email"]}}),
    ] {
        without.patch(&desk.path(""), change).await.expect_problem(403, "insufficient_scope");
    }
    without.patch(&desk.path(""), json!({"title": "Third"})).await.expect(200);
    creates.patch(&desk.path(""), upsert).await.expect_problem(403, "insufficient_scope");
    without.patch(&desk.path(""), json!({"status": "closed"})).await.expect(200);
    assert_eq!(
        (&desk.read().await["title"], &desk.read().await["action"]["kind"]),
        (&json!("Third"), &json!("create"))
    );
}

#[tokio::test]
async fn an_open_form_is_brought_back_by_who_may_open_it() {
    let desk = Desk::new(json!({})).await;
    desk.owner().delete(&desk.path("")).await.expect(204);
    let without = desk.world.owner.token(&[FormRead, FormUpdate]).await;
    without.send("POST", &desk.path("/restore"), None).await.expect_problem(403, "insufficient_scope");
    let with = desk.world.owner.token(&[FormRead, FormUpdate, ObjectCreate]).await;
    with.send("POST", &desk.path("/restore"), None).await.expect(200);
}

#[tokio::test]
async fn who_may_not_see_forms_is_refused_by_what_was_sent_alone() {
    let (open, draft) = (Desk::new(json!({})).await, Desk::new(json!({"status": "draft"})).await);
    for desk in [open, draft] {
        let blind = desk.world.owner.token(&[FormUpdate]).await;
        for change in [json!({"limit": 5}), json!({"status": "open"})] {
            let problem = blind.patch(&desk.path(""), change).await.expect_problem(403, "insufficient_scope");
            assert_eq!(problem["required_permissions"], json!(["object:create", "object:update"]));
        }
        let answer = blind.patch(&desk.path(""), json!({"status": "closed"})).await;
        assert_eq!(answer.header("etag"), "");
        assert_eq!(answer.expect(200), json!({"id": desk.id, "status": "closed"}));
        blind
            .header("If-Match", "\"1\"")
            .patch(&desk.path(""), json!({"status": "closed"}))
            .await
            .expect_problem(403, "insufficient_scope");
    }
}

#[tokio::test]
async fn a_member_fills_in_a_form_and_is_told_no_more_than_objects_would_tell() {
    let upsert = json!({"kind": "upsert", "match": "email", "on_match": "update"});
    let desk = Desk::new(json!({"audience": "members", "action": upsert})).await;
    Api::anonymous().get(&desk.public()).await.expect_problem(404, "not_found");
    let path = desk.path("/submissions");
    let body = |name: &str| json!({"fields": {"email": "ada@example.com", "name": name}});
    let creates = desk.world.owner.token(&[FormRead, ObjectCreate]).await;
    creates.post(&path, body("Ada")).await.expect_problem(403, "insufficient_scope");
    let blind = desk.world.owner.token(&[FormRead, ObjectCreate, ObjectUpdate]).await;
    let made = blind.post(&path, body("Ada")).await.expect(201);
    assert_eq!((&made["outcome"], &made["object"]["fields"]), (&json!("created"), &Value::Null));
    let again = blind.post(&path, body("Ada")).await.expect(201);
    assert_eq!(again["outcome"], json!("updated"), "no word of whether it was a change");
    let reader = desk.world.owner.token(&[FormRead, ObjectCreate, ObjectUpdate, ObjectRead]).await;
    let same = reader.post(&path, body("Ada")).await.expect(201);
    assert_eq!((&same["outcome"], &same["object"]["fields"]["name"]), (&json!("unchanged"), &json!("Ada")));
    let contact = &desk.contacts().await[0];
    assert_eq!(contact["created_by"], json!(desk.world.owner.id));
    assert_eq!(contact["version"], json!(1));
}

#[tokio::test]
async fn a_try_tells_what_would_come_of_it_and_does_nothing() {
    let desk = Desk::new(json!({"status": "draft"})).await;
    let path = desk.path("/submissions?dry_run=true");
    let tried = desk.owner().post(&path, json!({"fields": {"name": "Ada"}})).await.expect(200);
    assert_eq!(tried, json!({"accepted": true, "outcome": "created", "faults": []}));
    let faulty = json!({"fields": {"email": "x", "amount": 1}});
    let tried = desk.owner().post(&path, faulty).await.expect(200);
    let mut codes: Vec<_> =
        tried["faults"].as_array().unwrap().iter().map(|fault| fault["code"].as_str().unwrap()).collect();
    codes.sort_unstable();
    assert_eq!((&tried["accepted"], codes), (&json!(false), vec!["not_an_email", "not_in_form", "required"]));
    desk.patch(json!({"status": "closed"})).await.expect(200);
    desk.owner().post(&path, json!({"fields": {"name": "Ada"}})).await.expect_problem(409, "form_closed");
    desk.patch(json!({"status": "draft"})).await.expect(200);
    desk.world.contact(json!({"email": "taken@example.com"})).await;
    let taken = json!({"fields": {"email": "taken@example.com", "name": "Ada"}});
    assert_eq!(desk.owner().post(&path, taken).await.expect(200)["outcome"], json!("conflict"));
    assert_eq!((desk.contacts().await.len(), desk.submissions("").await.len()), (1, 0));
    let sent = desk.owner().post(&desk.path("/submissions"), json!({"fields": {"name": "Ada"}})).await;
    sent.expect_problem(409, "form_closed");
}
