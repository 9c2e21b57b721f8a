//! Conventions of the whole API: versions, idempotency, cursors, the forms of refusals.

use api::routes::RouteInfo;
use base::Permission::{self, ObjectCreate, ObjectRead, ObjectUpdate};
use serde_json::{Value, json};

use crate::{
    every_route,
    harness::{Answer, Api, Person, World, an_email, unique},
    hostile::Scene,
};

fn key() -> String {
    format!("key-{}", unique())
}

#[tokio::test]
async fn a_read_has_an_etag_and_a_write_honours_it() {
    let world = World::new().await;
    let contact = world.contact(json!({"name": "Ada"})).await;
    let path = format!("{}/{}", world.contacts(), contact["id"].as_str().unwrap());
    let api = &world.owner.api;
    assert_eq!(api.get(&path).await.header("etag"), "\"1\"");

    let changed = api.header("if-match", "\"1\"").patch(&path, json!({"fields": {"name": "Eda"}})).await;
    assert_eq!((changed.status, changed.header("etag")), (200, "\"2\"".to_owned()));

    for stale in ["\"1\"", "\"3\"", "\"abc\""] {
        let write = api.header("if-match", stale);
        let patch = write.patch(&path, json!({"fields": {"name": "Ida"}})).await.expect_problem(412, "stale");
        assert_eq!(patch["current_version"], json!(2), "{stale}");
        let patch =
            write.patch(&path, json!({"fields": {"number": key()}})).await.expect_problem(412, "stale");
        assert_eq!(patch["current_version"], json!(2), "{stale}");
        assert_eq!(write.delete(&path).await.expect_problem(412, "stale")["current_version"], json!(2));
        assert_eq!(
            write.delete(&format!("{path}/force")).await.expect_problem(412, "stale")["current_version"],
            json!(2)
        );
    }
    let now = api.get(&path).await.expect(200);
    assert_eq!((&now["fields"]["name"], &now["version"]), (&json!("Eda"), &json!(2)));

    api.header("if-match", "*").patch(&path, json!({"fields": {"name": "Ida"}})).await.expect(200);
    let many = vec!["\"1\""; 51].join(",");
    let refused = api.header("if-match", &many).patch(&path, json!({"fields": {"name": "x"}})).await;
    assert_eq!(refused.expect_problem(400, "invalid_request")["errors"][0]["pointer"], json!("If-Match"));
    let upsert = format!("{}?match=email", world.contacts());
    let absent = api.header("if-match", "*").put(&upsert, json!({"fields": {"email": an_email()}})).await;
    absent.expect_problem(412, "stale");
    api.header("if-match", "3")
        .patch(&path, json!({"fields": {}}))
        .await
        .expect_problem(400, "invalid_request");
}

#[tokio::test]
async fn tokens_and_members_honour_if_match_too() {
    let world = World::new().await;
    let member = world.member("member").await;
    let path = format!("{}/{}", world.members(), member.id);
    let token = world.owner.token(&[ObjectRead]).await.get("/v1/token").await.expect(200);
    let token = format!("/v1/tokens/{}", token["id"].as_str().unwrap());
    let stale = world.owner.api.header("if-match", "\"9\"");

    stale.patch(&path, json!({"role": "manager"})).await.expect_problem(412, "stale");
    stale.patch(&token, json!({"active": false})).await.expect_problem(412, "stale");

    assert_eq!(world.owner.api.get(&token).await.expect(200)["active"], json!(true));
    let fresh = world.owner.api.header("if-match", "\"1\"");
    fresh.patch(&path, json!({"role": "manager"})).await.expect(200);
    fresh.patch(&token, json!({"active": false})).await.expect(200);
}

#[tokio::test]
async fn the_same_request_with_the_same_key_is_done_once() {
    let world = World::new().await;
    let (api, body) = (world.owner.api.header("idempotency-key", &key()), json!({"fields": {"name": "Ada"}}));

    let first = api.post(&world.contacts(), body.clone()).await;
    let again = api.post(&world.contacts(), body).await;

    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(
        (first.header("idempotency-replayed"), again.header("idempotency-replayed")),
        (String::new(), "true".to_owned())
    );
    assert_eq!(
        (&first.text, first.header("etag"), first.header("location")),
        (&again.text, again.header("etag"), again.header("location"))
    );
    assert_ne!(first.header("x-request-id"), again.header("x-request-id"));
    assert_eq!(world.all_contacts().await.len(), 1);
}

#[tokio::test]
async fn another_request_with_the_same_key_is_refused_and_not_done() {
    let world = World::new().await;
    let api = world.owner.api.header("idempotency-key", &key());
    let contact = api.post(&world.contacts(), json!({"fields": {"name": "Ada"}})).await.expect(201);

    let own = format!("{}/{}", world.contacts(), contact["id"].as_str().unwrap());
    for answer in [
        api.post(&world.contacts(), json!({"fields": {"name": "Eda"}})).await,
        api.put(&format!("{}?match=email", world.contacts()), json!({"fields": {"name": "Ada"}})).await,
        api.patch(&own, json!({"fields": {"name": "Ada"}})).await,
    ] {
        answer.expect_problem(422, "idempotency_key_reused");
    }

    let contacts = world.all_contacts().await;
    assert_eq!((contacts.len(), &contacts[0]["version"]), (1, &json!(1)));
}

#[tokio::test]
async fn a_key_belongs_to_its_caller() {
    let world = World::new().await;
    let key = key();
    let body = json!({"fields": {"name": "Ada"}});
    for caller in
        [world.owner.api.clone(), world.owner.token(&[ObjectCreate]).await, world.member("member").await.api]
    {
        let answer = caller.header("idempotency-key", &key).post(&world.contacts(), body.clone()).await;
        assert_eq!((answer.status, answer.header("idempotency-replayed")), (201, String::new()));
    }
    assert_eq!(world.all_contacts().await.len(), 3);
}

#[tokio::test]
async fn twenty_requests_at_once_with_one_key_are_done_once() {
    let world = World::new().await;
    let api = world.owner.api.header("idempotency-key", &key());
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (api, path) = (api.clone(), world.contacts());
        calls.spawn(async move { api.post(&path, json!({"fields": {"name": "Ada"}})).await });
    }
    for answer in calls.join_all().await {
        if answer.status == 409 {
            answer.expect_problem(409, "idempotency_in_progress");
        } else {
            answer.expect(201);
        }
    }
    assert_eq!(world.all_contacts().await.len(), 1);
}

#[tokio::test]
async fn a_refused_request_may_be_mended_and_sent_again_with_its_key() {
    let world = World::new().await;
    let api = world.owner.api.header("idempotency-key", &key());
    let email = an_email();
    let taken = world.contact(json!({"email": email})).await;
    let own = format!("{}/{}", world.contacts(), taken["id"].as_str().unwrap());
    let body = json!({"fields": {"email": email}});
    api.post(&world.contacts(), json!({"field": {}})).await.expect_problem(400, "invalid_request");
    api.post(&world.contacts(), json!({"fields": {"amount": "x"}})).await.expect_problem(422, "invalid_data");
    api.header("if-match", "\"9\"").patch(&own, body.clone()).await.expect_problem(412, "stale");
    for _ in 0..2 {
        let again = api.post(&world.contacts(), body.clone()).await;
        assert_eq!(again.header("idempotency-replayed"), "");
        again.expect_problem(409, "not_unique");
    }
    world.owner.api.delete(&own).await.expect(204);

    let done = api.post(&world.contacts(), body.clone()).await;
    let again = api.post(&world.contacts(), body).await;

    assert_eq!((done.status, done.header("idempotency-replayed")), (201, String::new()));
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true".to_owned()));
    let other = api.post(&world.contacts(), json!({"fields": {}})).await;
    other.expect_problem(422, "idempotency_key_reused");
    assert_eq!(world.all_contacts().await.len(), 1);
}

#[tokio::test]
async fn nothing_is_kept_for_a_key_where_nothing_is_written() {
    let scene = Scene::new().await;
    let everything = scene.world.owner.token(Permission::ALL).await;
    let mut asked = 0;
    for info in every_route::all().into_iter().filter(|info| !info.writes) {
        for caller in [&scene.world.owner.api, &everything] {
            let caller = caller.header("idempotency-key", &key());
            let body = || match info.id.as_str() {
                "tokens.check" => Some(json!({"method": "GET", "path": "/v1/me"}).to_string()),
                _ => info.reads_body.then(|| "{}".to_owned()),
            };
            let path = scene.path(&info.route.path);
            let first = caller.send(&info.route.method, &path, body()).await;
            let again = caller.send(&info.route.method, &path, body()).await;
            assert_eq!((first.status, again.header("idempotency-replayed")), (again.status, String::new()));
            asked += usize::from(first.status == 200 && info.route.method == "POST");
            // Had anything been kept, this would be another request with the same key.
            let made = caller.post(&scene.world.contacts(), json!({"fields": {}})).await;
            assert_eq!(made.status, 201, "{:?} {}", info.route, made.text);
        }
    }
    let asking = every_route::all().into_iter().filter(|info| !info.writes && info.route.method == "POST");
    assert!(asked >= asking.count());
}

#[test]
fn a_route_that_needs_no_more_than_to_read_is_said_to_write_nothing() {
    for info in every_route::all().into_iter().filter(|info| info.writes) {
        let needed = info.route.access.permissions();
        let reads = needed.iter().filter(|permission| permission.name().ends_with(":read")).count();
        assert!(reads < needed.iter().count().max(1), "{:?} is a row for `ask`", info.route);
    }
}

#[tokio::test]
async fn a_kept_answer_with_a_secret_is_given_again_only_to_who_got_it() {
    let (person, key) = (Person::new().await, key());
    let body = json!({"name": "Zapier", "permissions": ["object:read"]});
    let first = person.api.header("idempotency-key", &key).post("/v1/tokens", body.clone()).await.expect(201);
    let again = person.api.header("idempotency-key", &key).post("/v1/tokens", body.clone()).await.expect(201);
    assert_eq!(first["token"], again["token"]);
    let other =
        Person::new().await.api.header("idempotency-key", &key).post("/v1/tokens", body).await.expect(201);
    assert_ne!(first["token"], other["token"]);
}

/// All pages of a list, by its cursors.
async fn pages(api: &Api, path: &str) -> Vec<Value> {
    let (mut all, mut next) = (Vec::new(), String::new());
    loop {
        let page = api.get(&format!("{path}{next}")).await.expect(200);
        all.extend(page["data"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return all,
        }
    }
}

#[tokio::test]
async fn cursors_lead_through_a_list_without_gap_or_repetition() {
    let world = World::new().await;
    for n in 0..7 {
        world.contact(json!({"name": format!("Ada {n}")})).await;
    }
    for limit in [1, 2, 3, 7, 100] {
        let all = pages(&world.owner.api, &format!("{}?limit={limit}", world.contacts())).await;
        let names: Vec<_> = all.iter().map(|contact| contact["fields"]["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["Ada 0", "Ada 1", "Ada 2", "Ada 3", "Ada 4", "Ada 5", "Ada 6"], "{limit}");
    }
}

#[tokio::test]
async fn a_cursor_leads_nowhere_else() {
    let (world, other) = (World::new().await, World::new().await);
    other.join(&world.owner, "owner").await;
    let member = world.member("member").await;
    for _ in 0..3 {
        world.contact(json!({})).await;
    }
    let list = format!("{}?limit=1", world.contacts());
    let cursor = world.owner.api.get(&list).await.expect(200)["next_cursor"].as_str().unwrap().to_owned();
    let refused = |answer: Answer| drop(answer.expect_problem(400, "invalid_cursor"));

    let mut changed = cursor.clone();
    let last = if changed.pop() == Some('A') { 'B' } else { 'A' };
    changed.push(last);
    for bad in [changed.as_str(), "x", &cursor[..cursor.len() / 2]] {
        refused(world.owner.api.get(&format!("{list}&cursor={bad}")).await);
    }
    refused(world.owner.api.get(&format!("{}?limit=1&cursor={cursor}", other.contacts())).await);
    refused(world.owner.api.get(&format!("{list}&trashed=only&cursor={cursor}")).await);
    refused(world.owner.api.get(&format!("{}?cursor={cursor}", world.members())).await);
    refused(member.api.get(&format!("{list}&cursor={cursor}")).await);
    world.owner.api.get(&format!("{}?limit=2&cursor={cursor}", world.contacts())).await.expect(200);
}

#[tokio::test]
async fn an_empty_cursor_is_that_of_the_first_page_of_every_list() {
    let scene = Scene::new().await;
    let document = scene.send("GET", "/v1/openapi.json", "").expect(200);
    let takes_cursor = |info: &RouteInfo| {
        let parameters = &document["paths"][&info.route.path]["get"]["parameters"];
        parameters.as_array().is_some_and(|all| all.iter().any(|one| one["name"] == json!("cursor")))
    };
    let mut lists = 0;
    for info in every_route::all().into_iter().filter(takes_cursor) {
        let first = scene.send("GET", &info.route.path, "");
        let empty = scene.send("GET", &format!("{}?cursor=", info.route.path), "");
        assert_eq!(first.status, empty.status, "{:?} {}", info.route, empty.text);
        if empty.status == 200 {
            assert_eq!(first.text, empty.text, "{:?}", info.route);
            lists += 1;
        }
    }
    assert!(lists > 5, "{lists}");
    let body = json!({"cursor": "", "limit": 1}).to_string();
    let page = scene.send("POST", "/v1/teams/{team}/objects/contacts/query", body).expect(200);
    assert_eq!(page["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_limit_is_a_number_from_1_to_100() {
    let world = World::new().await;
    for limit in ["0", "101", "-1", "x", "1e1", ""] {
        let problem = world.owner.api.get(&format!("{}?limit={limit}", world.contacts())).await;
        let problem = problem.expect_problem(400, "invalid_request");
        assert_eq!(problem["errors"][0]["pointer"], json!("?limit"), "{limit}");
    }
    world
        .owner
        .api
        .get(&format!("{}?limit=1&limit=2", world.contacts()))
        .await
        .expect_problem(400, "invalid_request");
}

#[tokio::test]
async fn an_unknown_path_is_404_and_a_wrong_method_405_with_the_right_ones() {
    let world = World::new().await;
    let api = &world.owner.api;
    for path in ["/v1", "/v2/me", "/v1/nothing", "/v1/tokens/a/b", "/v1/teams/x/y/z"] {
        api.get(path).await.expect_problem(404, "not_found");
    }
    let answer = api.put("/v1/tokens", json!({})).await;
    let allow = answer.header("allow");
    answer.expect_problem(405, "method_not_allowed");
    assert!(allow.contains("GET") && allow.contains("POST") && !allow.contains("PUT"), "{allow}");
    let health = Api::anonymous().delete("/v1/health").await;
    assert!(health.header("allow").contains("GET"));
    health.expect_problem(405, "method_not_allowed");
}

#[tokio::test]
async fn changes_of_different_fields_at_once_all_survive() {
    let world = World::new().await;
    let token = world.owner.token(&[ObjectUpdate]).await;
    let contact = world.contact(json!({"name": "Ada"})).await;
    let path = format!("{}/{}", world.contacts(), contact["id"].as_str().unwrap());
    let number = key();
    let changes = json!({"company": "Engines", "notes": "first", "amount": 7, "stage": "Won", "newsletter": true, "email": an_email(), "number": number});
    let mut calls = tokio::task::JoinSet::new();
    for (name, value) in changes.as_object().unwrap().clone() {
        let (token, path) = (token.clone(), path.clone());
        calls.spawn(async move { token.patch(&path, json!({"fields": {name: value}})).await.status });
    }
    assert!(calls.join_all().await.iter().all(|status| *status == 200));

    let now = world.owner.api.get(&path).await.expect(200);
    for (name, value) in changes.as_object().unwrap() {
        assert_eq!(&now["fields"][name], value);
    }
    assert_eq!((&now["fields"]["name"], &now["version"]), (&json!("Ada"), &json!(8)));
}

#[tokio::test]
async fn a_removal_and_an_upsert_honour_if_match_too() {
    let world = World::new().await;
    let member = world.member("member").await;
    let token = world.owner.token(&[ObjectRead]).await.get("/v1/token").await.expect(200);
    let invitation = json!({"email": an_email(), "role": "member"});
    let invitation = world.owner.api.post(&world.invitations(), invitation).await.expect(201);
    let email = an_email();
    world.contact(json!({"email": email})).await;
    let upsert = format!("{}?match=email", world.contacts());
    let (stale, fresh) =
        (world.owner.api.header("if-match", "\"9\""), world.owner.api.header("if-match", "\"1\""));

    for path in [
        format!("/v1/tokens/{}", token["id"].as_str().unwrap()),
        format!("{}/{}", world.members(), member.id),
        format!("{}/{}", world.invitations(), invitation["id"].as_str().unwrap()),
    ] {
        assert_eq!(stale.delete(&path).await.expect_problem(412, "stale")["current_version"], json!(1));
        fresh.delete(&path).await.expect(204);
    }
    let fields = json!({"fields": {"email": email, "name": "Ada"}});
    stale.put(&upsert, fields.clone()).await.expect_problem(412, "stale");
    fresh.put(&upsert, fields).await.expect(200);
    fresh.put(&upsert, json!({"fields": {"email": an_email()}})).await.expect_problem(412, "stale");
    assert_eq!(world.all_contacts().await.len(), 1);
}

#[tokio::test]
async fn a_key_holds_for_a_long_answer_too() {
    let world = World::new().await;
    let api = world.owner.api.header("idempotency-key", &key());
    let fields: Vec<_> =
        (0..7).map(|n| json!({"slug": format!("f{n}"), "label": "F", "type": "textarea"})).collect();
    let books = json!({"slug": "books", "singular_label": "Book", "plural_label": "Books", "fields": fields});
    world.owner.api.post(&world.types(), books).await.expect(201);
    let path = format!("/v1/teams/{}/objects/books", world.team);
    let quotes: Value = (0..7)
        .map(|n| (format!("f{n}"), json!("\"".repeat(45_000))))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let first = api.post(&path, json!({"fields": quotes})).await;
    let again = api.post(&path, json!({"fields": quotes})).await;
    assert_eq!(
        (first.status, again.status, again.header("idempotency-replayed")),
        (201, 201, "true".to_owned())
    );
    assert_eq!(first.header("location"), again.header("location"));
    assert_eq!(world.owner.api.get(&path).await.expect(200)["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_refusal_is_short_whatever_was_sent() {
    let api = Person::new().await.api;
    for body in [
        format!("{{\"{}\": 0}}", "~".repeat(900_000)),
        format!("{{\"permissions\": [\"{}\"]}}", "x".repeat(900_000)),
    ] {
        let answer = api.header("idempotency-key", &key()).send("POST", "/v1/tokens", Some(body)).await;
        assert!(
            (400..500).contains(&answer.status) && answer.text.len() < 5_000,
            "{} {}",
            answer.status,
            answer.text.len()
        );
    }
}

#[tokio::test]
async fn a_body_over_one_mebibyte_is_413_even_where_none_is_read() {
    let world = World::new().await;
    let contact = world.contact(json!({"name": "Ada"})).await;
    let path = format!("{}/{}", world.contacts(), contact["id"].as_str().unwrap());
    let long = || Some(" ".repeat(1024 * 1024 + 1));
    world.owner.api.send("DELETE", &path, long()).await.expect_problem(413, "too_large");
    world.owner.api.send("POST", &format!("{path}/restore"), long()).await.expect_problem(413, "too_large");
    assert_eq!(world.all_contacts().await, [contact]);
}
