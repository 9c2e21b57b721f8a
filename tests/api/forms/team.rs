//! What was sent, as the team sees it: held, released, deleted; what webhooks and the audit log are told; rates.

use super::*;
use crate::{
    harness::{System, an_email},
    jobs::until,
};

/// The answer without the id of its request, by which alone two may differ.
fn comparable(answer: &Answer) -> String {
    let mut headers: Vec<_> =
        answer.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
    headers.retain(|line| !line.starts_with("x-request-id") && !line.starts_with("date"));
    headers.sort();
    format!("{} {headers:?} {}", answer.status, answer.text)
}

#[tokio::test]
async fn what_filled_the_trap_is_answered_as_ever_and_waits_for_the_team() {
    let desk = Desk::new(json!({})).await;
    let shown = desk.shown().await;
    let (token, trap) = (shown["token"].as_str().unwrap(), shown["trap"]["name"].as_str().unwrap());
    let trapped = desk.send_with(token, json!({"name": "Bot", "email": "bot@example.com", trap: "x"})).await;
    let fresh = desk.send(json!({"name": "Ada"})).await;
    assert_eq!(comparable(&trapped), comparable(&fresh));
    assert_eq!(desk.contacts().await.len(), 1);
    let held = desk.submissions("&outcome=held").await;
    assert_eq!((held.len(), &held[0]["reason"]), (1, &json!("trap")));
    assert_eq!(held[0]["fields"], json!({"name": "Bot", "email": "bot@example.com"}));
    let id = held[0]["id"].as_str().unwrap();
    let released =
        desk.owner().post(&desk.path(&format!("/submissions/{id}/release")), json!({})).await.expect(200);
    assert_eq!(
        (&released["outcome"], &released["released_by"]),
        (&json!("created"), &json!(desk.world.owner.id))
    );
    assert_eq!((&released["fields"], &released["reason"]), (&Value::Null, &Value::Null));
    let again = desk.owner().post(&desk.path(&format!("/submissions/{id}/release")), json!({})).await;
    again.expect_problem(409, "wrong_state");
    let contacts = desk.contacts().await;
    let bot = contacts.iter().find(|contact| contact["fields"]["name"] == "Bot").unwrap();
    assert_eq!((&bot["created_by"], &bot["id"]), (&Value::Null, &released["object"]));
    let counts = desk.read().await["counts"].clone();
    assert_eq!((&counts["accepted"], &counts["held"]), (&json!(2), &json!(0)));
}

#[tokio::test]
async fn a_value_that_another_object_has_is_kept_and_not_told() {
    let desk = Desk::new(json!({})).await;
    let email = an_email();
    desk.world.contact(json!({"email": email, "name": "First"})).await;
    let fresh = desk.send(json!({"name": "Ada", "email": an_email()})).await;
    let taken = desk.send(json!({"name": "Eve", "email": email.to_uppercase()})).await;
    assert_eq!(comparable(&fresh), comparable(&taken));
    let conflict = desk.submissions("&outcome=conflict").await.pop().unwrap();
    assert_eq!((&conflict["reason"], &conflict["conflicts"]), (&json!("not_unique"), &json!(["email"])));
    let path = desk.path(&format!("/submissions/{}", conflict["id"].as_str().unwrap()));
    assert_eq!(desk.owner().get(&path).await.expect(200), conflict);
    desk.owner().post(&format!("{path}/release"), json!({})).await.expect_problem(409, "not_unique");
    desk.owner().delete(&path).await.expect(204);
    desk.owner().delete(&path).await.expect_problem(404, "not_found");
    assert_eq!((desk.submissions("").await.len(), desk.contacts().await.len()), (1, 2));
    assert_eq!(desk.read().await["counts"]["held"], json!(0));
    let frank = json!({"protection": {"min_seconds": 0, "tell_conflicts": true}});
    desk.patch(frank).await.expect(200);
    let problem = desk.send(json!({"name": "Eve", "email": email})).await.expect_problem(409, "not_unique");
    assert_eq!(faults(&problem), [("/fields/email".to_owned(), "not_unique".to_owned())]);
    assert_eq!(desk.submissions("").await.len(), 1);
}

#[tokio::test]
async fn who_is_matched_is_kept_filled_or_updated_and_nobody_is_told_which() {
    for (on_match, name, notes, version, outcome) in [
        ("keep", "First", Value::Null, 1, "unchanged"),
        ("fill", "First", json!("New"), 2, "updated"),
        ("update", "Second", json!("New"), 2, "updated"),
    ] {
        let action = json!({"kind": "upsert", "match": "email", "on_match": on_match});
        let desk = Desk::new(json!({"action": action})).await;
        let email = an_email();
        desk.world.contact(json!({"email": email, "name": "First"})).await;
        let fields = |email: &str| json!({"email": email, "name": "Second", "notes": "New"});
        let (matched, fresh) = (desk.send(fields(&email)).await, desk.send(fields(&an_email())).await);
        assert_eq!(comparable(&matched), comparable(&fresh));
        expect_fault(desk.send(json!({"name": "Second"})).await, "/fields/email", "required");
        let contacts = desk.contacts().await;
        let found = contacts.iter().find(|contact| contact["fields"]["email"] == json!(email)).unwrap();
        assert_eq!(
            (&found["fields"]["name"], &found["fields"]["notes"]),
            (&json!(name), &notes),
            "{on_match}"
        );
        assert_eq!((&found["version"], contacts.len()), (&json!(version), 2));
        assert_eq!(found["created_by"], json!(desk.world.owner.id));
        let outcomes = desk.submissions(&format!("&outcome={outcome}")).await;
        assert_eq!((outcomes.len(), &outcomes[0]["object"]), (1, &found["id"]));
    }
}

#[tokio::test]
async fn a_locked_field_of_who_is_matched_stays_and_the_answer_is_the_same() {
    let world = World::new().await;
    let locked = json!({"locked": "once_set"});
    world.owner.api.patch(&format!("{}/contacts/fields/name", world.types()), locked).await.expect(200);
    let action = json!({"kind": "upsert", "match": "email", "on_match": "update"});
    let desk = Desk::of(world, json!({"action": action})).await;
    let email = an_email();
    desk.world.contact(json!({"email": email, "name": "First"})).await;
    let matched = desk.send(json!({"email": email, "name": "Second", "notes": "New"})).await;
    let fresh = desk.send(json!({"email": an_email(), "name": "Third"})).await;
    assert_eq!(comparable(&matched), comparable(&fresh));
    let contacts = desk.contacts().await;
    let found = contacts.iter().find(|contact| contact["fields"]["email"] == json!(email)).unwrap();
    assert_eq!((&found["fields"]["name"], &found["fields"]["notes"]), (&json!("First"), &json!("New")));
}

#[tokio::test]
async fn what_is_suspicious_or_too_much_is_held_with_its_reason() {
    for (protection, fields, reason) in [
        (json!({"max_links": 0}), json!({"name": "Ada", "notes": "see https://spam.example"}), "links"),
        (json!({"hold": "always"}), json!({"name": "Ada"}), "always"),
    ] {
        let desk = Desk::new(json!({"protection": with(json!({"min_seconds": 0}), protection)})).await;
        desk.send(fields.clone()).await.expect(201);
        let held = desk.submissions("").await;
        assert_eq!(
            (&held[0]["outcome"], &held[0]["reason"], &held[0]["fields"]),
            (&json!("held"), &json!(reason), &fields)
        );
        assert!(desk.contacts().await.is_empty());
        expect_fault(desk.send(json!({"notes": "https://spam.example"})).await, "/fields/name", "required");
    }
    let desk = Desk::new(json!({"protection": {"min_seconds": 0, "per_hour": 2}})).await;
    for _ in 0..3 {
        desk.send(json!({"name": a_name()})).await.expect(201);
    }
    let held = desk.submissions("&outcome=held").await;
    assert_eq!((held.len(), &held[0]["reason"], desk.contacts().await.len()), (1, &json!("per_hour"), 2));
}

#[tokio::test]
async fn an_address_sends_as_often_as_it_may_and_another_one_goes_on() {
    let system = System::isolated();
    let world = World::at(&Api::at(&system.url)).await;
    let limited =
        json!({"min_seconds": 0, "token": false, "per_address": {"limit": 3, "window_seconds": 600}});
    let made = world
        .owner
        .api
        .post(&forms(&world), with(a_form(), json!({"protection": limited})))
        .await
        .expect(201);
    let path = format!("/v1/forms/{}/submissions", made["key"].as_str().unwrap());
    let nobody = Api::at(&system.url);
    let body = || json!({"fields": {"name": a_name()}});
    for _ in 0..3 {
        nobody.post(&path, body()).await.expect(201);
    }
    let refused = nobody.post(&path, json!([])).await;
    assert!(refused.header("retry-after").parse::<u32>().unwrap() <= 600);
    refused.expect_problem(429, "rate_limited");
    nobody.from([127, 0, 0, 2]).post(&path, body()).await.expect(201);
    system.clock.advance(601);
    nobody.post(&path, body()).await.expect(201);
    assert_eq!(world.all_contacts().await.len(), 5);
}

#[tokio::test]
async fn the_log_names_the_form_and_an_address_only_if_it_is_kept() {
    for keeps in [false, true] {
        let desk = Desk::new(json!({"keep_address": keeps})).await;
        desk.send(json!({"name": "Ada"})).await.expect(201);
        let log = format!("/v1/teams/{}/audit-logs?kind=object", desk.world.team);
        let entries = async || desk.owner().get(&log).await.expect(200)["data"].clone();
        until(|| async { entries().await != json!([]) }).await;
        let actor = entries().await[0]["actor"].clone();
        assert_eq!(actor["form"], json!({"id": desk.id, "name": "Newsletter"}));
        assert_eq!(
            (&actor["source"], &actor["user_id"], &actor["token"]),
            (&json!("form"), &Value::Null, &Value::Null)
        );
        let ip = if keeps { json!("127.0.0.1") } else { Value::Null };
        assert_eq!((&actor["ip"], &desk.submissions("").await[0]["ip"]), (&ip, &ip));
    }
}

#[tokio::test]
async fn webhooks_are_told_of_what_is_accepted_unless_they_except_forms() {
    let desk = Desk::new(json!({})).await;
    let hooks = format!("/v1/teams/{}/webhooks", desk.world.team);
    let hook = |sources: Value| {
        json!({
            "name": "Hook", "url": format!("https://receiver.invalid/{}", unique()), "topics": ["object.created"],
            "except_sources": sources,
        })
    };
    let told = desk.owner().post(&hooks, hook(json!([]))).await.expect(201)["id"].clone();
    let excepting = desk.owner().post(&hooks, hook(json!(["form"]))).await.expect(201);
    assert_eq!(excepting["except_sources"], json!(["form"]));
    let deliveries = async |id: &Value| {
        let path = format!("{hooks}/{}/deliveries", id.as_str().unwrap());
        desk.owner().get(&path).await.expect(200)["data"].as_array().unwrap().clone()
    };
    let shown = desk.shown().await;
    let trap = shown["trap"]["name"].as_str().unwrap();
    desk.send_with(shown["token"].as_str().unwrap(), json!({"name": "Bot", trap: "x"})).await.expect(201);
    desk.send(json!({"name": "Ada"})).await.expect(201);
    until(|| async { !deliveries(&told).await.is_empty() }).await;
    desk.world.contact(json!({"name": "By hand"})).await;
    until(|| async { !deliveries(&excepting["id"]).await.is_empty() }).await;
    assert_eq!((deliveries(&told).await.len(), deliveries(&excepting["id"]).await.len()), (2, 1));
    let delivery = deliveries(&told).await.pop().unwrap();
    let path = format!("{hooks}/{}/deliveries/{}", told.as_str().unwrap(), delivery["id"].as_str().unwrap());
    let detail = desk.owner().get(&path).await.expect(200);
    let text = detail.to_string().replace("\\\"", "\"");
    assert!(
        text.contains(&format!("\"form\":\"{}\"", desk.id)) && text.contains("\"source\":\"form\""),
        "{text}"
    );
    let held = desk.submissions("&outcome=held").await;
    let release = desk.path(&format!("/submissions/{}/release", held[0]["id"].as_str().unwrap()));
    desk.owner().post(&release, json!({})).await.expect(200);
    until(|| async { deliveries(&told).await.len() == 3 }).await;
    assert_eq!(deliveries(&excepting["id"]).await.len(), 1);
}
