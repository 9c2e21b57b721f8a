//! Batches: several operations in one request, each for itself or all together.

use base::Permission::{ObjectCreate, ObjectDelete, ObjectRead, ObjectUpdate};
use serde_json::{Value, json};

use crate::harness::{Answer, Api, System, World, an_email};

impl World {
    async fn batch(&self, api: &Api, operations: Value, atomic: bool) -> Answer {
        let body = json!({"operations": operations, "atomic": atomic});
        api.post(&format!("{}/batch", self.contacts()), body).await
    }

    async fn done(&self, operations: Value) -> Vec<Value> {
        let results = self.batch(&self.owner.api, operations, false).await.expect(200);
        results["results"].as_array().unwrap().clone()
    }
}

fn statuses(results: &Value) -> Vec<u64> {
    results["results"].as_array().unwrap().iter().map(|result| result["status"].as_u64().unwrap()).collect()
}

/// Where the faults of a refusal are, and what they are.
fn places(problem: &Value) -> Vec<(String, String)> {
    let text = |fault: &Value, name: &str| fault[name].as_str().unwrap().to_owned();
    let faults = problem["errors"].as_array().unwrap().iter();
    faults.map(|fault| (text(fault, "pointer"), text(fault, "code"))).collect()
}

fn at(pointer: &str, code: &str) -> (String, String) {
    (pointer.to_owned(), code.to_owned())
}

fn create(email: &str) -> Value {
    json!({"op": "create", "fields": {"email": email}})
}

fn upsert(email: &str, name: &str) -> Value {
    json!({"op": "upsert", "match": "email", "fields": {"email": email, "name": name}})
}

mod of_its_parts {
    use super::*;

    #[tokio::test]
    async fn each_counts_for_itself_in_its_order() {
        let world = World::new().await;
        let (old, gone) = (world.contact(json!({"name": "Old"})).await, world.contact(json!({})).await);
        let email = an_email();
        let operations = json!([
            upsert(&email, "first"),
            upsert(&email.to_uppercase(), "second"),
            create(&email),
            {"op": "update", "id": old["id"], "fields": {"amount": 12.5}},
            {"op": "delete", "id": gone["id"]},
            {"op": "update", "id": gone["id"], "fields": {"name": "Late"}},
            {"op": "create", "fields": {"email": "nobody", "nope": 1}},
            {"op": "upsert", "match": "name", "fields": {"name": "x"}},
        ]);
        let results = world.batch(&world.owner.api, operations, false).await.expect(200);

        assert_eq!(statuses(&results), [201, 200, 409, 200, 204, 404, 422, 422]);
        assert_eq!(results["failed"], json!(4));
        let problem = |place: usize| &results["results"][place]["problem"];
        assert_eq!(places(problem(2)), [at("/operations/2/fields/email", "not_unique")]);
        assert_eq!(problem(5)["code"], json!("not_found"));
        assert_eq!(
            places(problem(6)),
            [
                at("/operations/6/fields/email", "not_an_email"),
                at("/operations/6/fields/nope", "unknown_field")
            ]
        );
        assert_eq!(places(problem(7)), [at("/operations/7/match", "not_a_unique_field")]);
        assert_eq!(results["results"][4], json!({"op": "delete", "status": 204}));

        let contacts = world.all_contacts().await;
        assert_eq!(
            contacts,
            [results["results"][3]["object"].clone(), results["results"][1]["object"].clone()]
        );
        assert_eq!((&contacts[1]["fields"]["name"], &contacts[1]["version"]), (&json!("second"), &json!(2)));
    }

    #[tokio::test]
    async fn a_version_is_that_of_the_object_not_of_the_request() {
        let world = World::new().await;
        let id = world.contact(json!({"name": "1"})).await["id"].clone();
        let rename = |name: &str, version: u64| json!({"op": "update", "id": id, "fields": {"name": name}, "if_match": version});
        let results = world.done(json!([rename("2", 1), rename("3", 1), rename("4", 2)])).await;
        let told: Vec<_> = results.iter().map(|result| result["status"].as_u64().unwrap()).collect();
        assert_eq!(told, [200, 412, 200]);
        assert_eq!(results[1]["problem"]["current_version"], json!(2));
        assert_eq!(world.all_contacts().await[0]["fields"]["name"], json!("4"));
    }

    #[tokio::test]
    async fn each_needs_what_it_would_need_alone() {
        let world = World::new().await;
        let id = world.contact(json!({"name": "Ada"})).await["id"].clone();
        let operations = json!([
            {"op": "create", "fields": {"name": "New"}},
            {"op": "update", "id": id, "fields": {"name": "Changed"}},
            upsert(&an_email(), "Either"),
            {"op": "delete", "id": id},
        ]);
        for (held, told) in [
            (vec![ObjectCreate], [201, 403, 403, 403]),
            (vec![ObjectUpdate], [403, 200, 403, 403]),
            (vec![ObjectCreate, ObjectUpdate], [201, 200, 201, 403]),
            (vec![ObjectDelete, ObjectRead], [403, 403, 403, 204]),
        ] {
            let token = world.owner.token(&held).await;
            let results = world.batch(&token, operations.clone(), false).await.expect(200);
            assert_eq!(statuses(&results), told, "{held:?}");
            world.batch(&token, operations.clone(), true).await.expect_problem(403, "insufficient_scope");
        }
        let session = world.member("member").await.api;
        let id = world.contact(json!({})).await["id"].clone();
        let refused = world.batch(&session, json!([{"op": "delete", "id": id}]), false).await.expect(200);
        let problem = &refused["results"][0]["problem"];
        assert_eq!(
            (&problem["code"], &problem["required_permissions"]),
            (&json!("insufficient_role"), &json!(["object:delete"]))
        );
        world.owner.api.get(&format!("{}/{}", world.contacts(), id.as_str().unwrap())).await.expect(200);
    }

    #[tokio::test]
    async fn those_without_read_learn_no_data() {
        let world = World::new().await;
        let secret = "a secret that only readers see";
        let (email, other) = (an_email(), an_email());
        world.contact(json!({"email": email, "notes": secret})).await;
        let id = world.contact(json!({"email": other, "notes": secret})).await["id"].clone();
        let token = world.owner.token(&[ObjectCreate, ObjectUpdate, ObjectDelete]).await;
        let operations = json!([
            upsert(&email, "x"),
            create(&email),
            {"op": "update", "id": id, "fields": {"email": email}},
            {"op": "update", "id": id, "fields": {"amount": 1}},
        ]);
        let each = world.batch(&token, operations.clone(), false).await;
        let all = world.batch(&token, json!(operations.as_array().unwrap()[..3]), true).await;
        assert_eq!(statuses(&each.json()), [200, 409, 409, 200]);
        assert_eq!(all.status, 409);
        for answer in [each, all] {
            let text = answer.text;
            assert!(
                !text.contains(secret) && !text.contains("\"fields\":") && !text.contains("\"label\":"),
                "{text}"
            );
            assert!(!text.contains(&other) && !text.contains(world.owner.id.as_str()), "{text}");
        }
    }

    #[tokio::test]
    async fn what_is_begun_too_late_is_left_for_another_request() {
        // It may be done before the clock is moved: then it is tried again.
        while !is_left_for_another_request().await {}
    }

    async fn is_left_for_another_request() -> bool {
        let system = System::start();
        let world = World::at(&Api::at(&system.url)).await;
        let operations: Vec<_> = (0..100).map(|n| json!({"op": "create", "fields": {"amount": n}})).collect();
        let api = world.owner.api.clone();
        let (path, body) = (format!("{}/batch", world.contacts()), json!({"operations": operations}));
        let running = tokio::spawn(async move { api.post(&path, body).await });
        while !running.is_finished() && world.all_contacts().await.is_empty() {}
        system.clock.advance(21);
        let results = running.await.unwrap().expect(200);
        let told = statuses(&results);
        let made = told.iter().filter(|status| **status == 201).count();
        assert!(made > 0);
        assert_eq!(told, [vec![201; made], vec![503; 100 - made]].concat());
        assert_eq!(world.all_contacts().await.len(), made);
        made < 100
    }

    #[tokio::test]
    async fn the_same_request_with_its_key_is_done_once() {
        let world = World::new().await;
        let api = world.owner.api.header("idempotency-key", &an_email());
        let operations = json!([{"op": "create", "fields": {"name": "Once"}}]);
        let first = world.batch(&api, operations.clone(), false).await;
        let again = world.batch(&api, operations, false).await;
        assert_eq!((again.header("idempotency-replayed").as_str(), again.text), ("true", first.text));
        assert_eq!(world.all_contacts().await.len(), 1);
    }
}

mod all_together {
    use super::*;

    #[tokio::test]
    async fn is_done_at_once() {
        let world = World::new().await;
        let (one, two) = (an_email(), an_email());
        let first = world.contact(json!({"email": one, "name": "One"})).await;
        let second = world.contact(json!({"email": two, "name": "Two"})).await;
        let third = world.contact(json!({"number": "3"})).await;
        let operations = json!([
            {"op": "update", "id": first["id"], "fields": {"email": two}, "if_match": 1},
            {"op": "update", "id": second["id"], "fields": {"email": one}},
            {"op": "delete", "id": third["id"]},
            {"op": "create", "fields": {"number": "3", "name": "Three"}},
            upsert(&an_email(), "Four"),
            {"op": "upsert", "match": "number", "fields": {"number": "5"}},
        ]);
        let results = world.batch(&world.owner.api, operations, true).await.expect(200);
        assert_eq!((statuses(&results), &results["failed"]), (vec![200, 200, 204, 201, 201, 201], &json!(0)));
        let contacts = world.all_contacts().await;
        let names: Vec<_> =
            contacts.iter().map(|contact| contact["fields"]["name"].as_str().unwrap_or("")).collect();
        assert_eq!((names.len(), &names[..2]), (5, &["One", "Two"][..]));
        for (email, id) in [(&two, &first["id"]), (&one, &second["id"])] {
            let path = format!("{}?match=email", world.contacts());
            let found = world.owner.api.put(&path, json!({"fields": {"email": email}})).await.expect(200);
            assert_eq!(&found["id"], id);
        }
    }

    #[tokio::test]
    async fn or_not_at_all_and_every_fault_is_told() {
        let world = World::new().await;
        let taken = an_email();
        let contact = world.contact(json!({"email": taken, "name": "Ada"})).await;
        let id = &contact["id"];
        let absent = "obj_0000000000000000000000";
        let operations = json!([
            {"op": "create", "fields": {"name": "New"}},
            {"op": "update", "id": id, "fields": {"name": "Changed"}, "if_match": 7},
            {"op": "delete", "id": absent},
            {"op": "create", "fields": {"amount": "x", "nope": 1}},
        ]);
        let problem = world.batch(&world.owner.api, operations, true).await.expect_problem(412, "stale");
        assert_eq!(
            places(&problem),
            [
                at("/operations/1", "stale"),
                at("/operations/2", "not_found"),
                at("/operations/3/fields/amount", "wrong_type"),
                at("/operations/3/fields/nope", "unknown_field"),
            ]
        );
        assert_eq!(problem["current_version"], json!(1));
        let operations = json!([{"op": "update", "id": id, "fields": {"name": "Changed"}}, create(&taken), create(&an_email())]);
        let problem = world.batch(&world.owner.api, operations, true).await.expect_problem(409, "not_unique");
        assert_eq!(places(&problem), [at("/operations/1/fields/email", "not_unique")]);
        assert_eq!(world.all_contacts().await, [contact]);
    }

    #[tokio::test]
    async fn nothing_to_change_is_done_and_a_version_counts_all_the_same() {
        let world = World::new().await;
        let (first, second) = (world.contact(json!({})).await, world.contact(json!({})).await);
        let same = |object: &Value, version: u64| json!({"op": "update", "id": object["id"], "fields": {}, "if_match": version});
        let results = world.batch(&world.owner.api, json!([same(&first, 1), same(&second, 1)]), true).await;
        assert_eq!(statuses(&results.expect(200)), [200, 200]);

        // Of two that each go by what the other one writes, one is too late.
        let mut calls = tokio::task::JoinSet::new();
        for (kept, changed) in [(&first, &second), (&second, &first)] {
            let rename = json!({"op": "update", "id": changed["id"], "fields": {"name": "Changed"}});
            let body = json!({"operations": [same(kept, 1), rename], "atomic": true});
            let (api, path) = (world.owner.api.clone(), format!("{}/batch", world.contacts()));
            calls.spawn(async move { api.post(&path, body).await.status });
        }
        let mut told = calls.join_all().await;
        told.sort_unstable();
        assert_eq!(told, [200, 412]);
        let versions: Vec<_> =
            world.all_contacts().await.iter().map(|contact| contact["version"].clone()).collect();
        assert!(versions == [1, 2] || versions == [2, 1], "{versions:?}");
    }

    #[tokio::test]
    async fn a_refused_upsert_is_told_in_its_turn_and_so_is_every_permission() {
        let world = World::new().await;
        let contact = world.contact(json!({})).await;
        let operations = json!([
            {"op": "update", "id": contact["id"], "fields": {"name": "x"}, "if_match": 9},
            {"op": "create", "fields": {"nope": 1}},
            {"op": "upsert", "match": "email", "fields": {"amount": "x"}},
        ]);
        let problem = world.batch(&world.owner.api, operations, true).await.expect_problem(412, "stale");
        let expected = [
            at("/operations/0", "stale"),
            at("/operations/1/fields/nope", "unknown_field"),
            at("/operations/2/fields/amount", "wrong_type"),
        ];
        assert_eq!(places(&problem), expected);
        let token = world.owner.token(&[ObjectUpdate]).await;
        let operations = json!([create("a@b.de"), {"op": "delete", "id": contact["id"]}]);
        let problem = world.batch(&token, operations, true).await.expect_problem(403, "insufficient_scope");
        assert_eq!(problem["required_permissions"], json!(["object:create", "object:delete"]));
        assert_eq!(world.all_contacts().await, [contact]);
    }

    #[tokio::test]
    async fn changes_each_object_and_takes_each_value_once() {
        let world = World::new().await;
        let email = an_email();
        let contact = world.contact(json!({"email": email})).await;
        let rename = json!({"op": "update", "id": contact["id"], "fields": {"name": "Changed"}});
        for (operations, status, code, place) in [
            (json!([rename, upsert(&email, "Again")]), 422, "invalid_data", at("/operations/1", "repeated")),
            (
                json!([create("a@b.de"), upsert("A@b.de", "x")]),
                409,
                "not_unique",
                at("/operations/1/fields/email", "not_unique"),
            ),
        ] {
            let problem = world.batch(&world.owner.api, operations, true).await.expect_problem(status, code);
            assert_eq!(places(&problem), [place]);
        }
        assert_eq!(world.all_contacts().await, [contact]);
    }

    #[tokio::test]
    async fn has_a_limit_of_writes() {
        let world = World::new().await;
        let both =
            |n: usize| json!({"op": "create", "fields": {"email": an_email(), "number": format!("{n}")}});
        let operations: Vec<_> = (0..34).map(both).collect();
        let problem =
            world.batch(&world.owner.api, json!(operations), true).await.expect_problem(422, "invalid_data");
        assert_eq!(places(&problem), [at("/operations", "too_many")]);
        assert_eq!(world.all_contacts().await.len(), 0);
        let operations: Vec<_> = (0..33).map(both).collect();
        world.batch(&world.owner.api, json!(operations), true).await.expect(200);
    }

    #[tokio::test]
    async fn of_many_at_once_each_is_whole() {
        let world = World::new().await;
        let emails: Vec<_> = (0..3).map(|_| an_email()).collect();
        let mut calls = tokio::task::JoinSet::new();
        for n in 0..10 {
            let (api, path, mut emails) =
                (world.owner.api.clone(), format!("{}/batch", world.contacts()), emails.clone());
            emails.rotate_left(n % 3);
            let operations: Vec<_> = emails.iter().map(|email| upsert(email, &n.to_string())).collect();
            calls.spawn(async move {
                let body = json!({"operations": operations, "atomic": true});
                loop {
                    let answer = api.post(&path, body.clone()).await;
                    if answer.status != 503 {
                        break answer.expect(200);
                    }
                }
            });
        }
        let answers = calls.join_all().await;
        let created = answers.iter().filter(|answer| statuses(answer) == [201; 3]).count();
        let updated = answers.iter().filter(|answer| statuses(answer) == [200; 3]).count();
        assert_eq!((created, updated), (1, 9));
        let contacts = world.all_contacts().await;
        assert_eq!(contacts.len(), 3);
        assert!(contacts.iter().all(|contact| contact["version"] == 10));
        assert!(contacts.iter().all(|contact| contact["fields"]["name"] == contacts[0]["fields"]["name"]));
    }
}

#[tokio::test]
async fn a_batch_that_is_not_whole_is_refused_at_its_places_and_does_nothing() {
    let world = World::new().await;
    let id = "obj_0000000000000000000000";
    let operations = json!([
        {"op": "create", "fields": {"name": "New"}},
        {"op": "create", "id": id, "if_match": 1},
        {"op": "update", "match": "email"},
        {"op": "upsert", "id": id, "fields": {}},
        {"op": "delete", "fields": {}},
    ]);
    for atomic in [false, true] {
        let refused = world.batch(&world.owner.api, operations.clone(), atomic).await;
        assert_eq!(
            places(&refused.expect_problem(400, "invalid_request")),
            [
                at("/operations/1/id", "unknown_member"),
                at("/operations/1/fields", "missing_member"),
                at("/operations/1/if_match", "unknown_member"),
                at("/operations/2/id", "missing_member"),
                at("/operations/2/match", "unknown_member"),
                at("/operations/2/fields", "missing_member"),
                at("/operations/3/id", "unknown_member"),
                at("/operations/3/match", "missing_member"),
                at("/operations/4/id", "missing_member"),
                at("/operations/4/fields", "unknown_member"),
            ]
        );
        for (operations, code) in [(json!([]), "required"), (json!(vec![create("a@b.de"); 101]), "too_many")]
        {
            let problem =
                world.batch(&world.owner.api, operations, atomic).await.expect_problem(422, "invalid_data");
            assert_eq!(places(&problem), [at("/operations", code)]);
        }
        for (operations, status, place) in [
            (json!([{"op": "destroy", "id": id}]), 422, "/operations/0/op"),
            (json!([{"op": "delete", "id": "7"}]), 422, "/operations/0/id"),
            (json!([{"op": "delete", "id": id, "force": true}]), 400, "/operations/0/force"),
        ] {
            let code = if status == 400 { "invalid_request" } else { "invalid_data" };
            let refused = world.batch(&world.owner.api, operations, atomic).await;
            let problem = refused.expect_problem(status, code);
            assert_eq!(problem["errors"][0]["pointer"], json!(place));
        }
    }
    assert_eq!(world.all_contacts().await.len(), 0);
}
