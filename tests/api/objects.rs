//! Objects: made, read, listed, changed, thrown away, brought back, destroyed.

use resources::TRASH_SECONDS;
use serde_json::{Value, json};

use crate::harness::{Answer, Api, System, World, an_email, unique};

fn id(object: &Value) -> &str {
    object["id"].as_str().unwrap()
}

impl World {
    fn object(&self, object: &Value) -> String {
        format!("{}/{}", self.contacts(), id(object))
    }

    async fn trash(&self) -> Vec<Value> {
        let list = self.owner.api.get(&format!("{}?trashed=only", self.contacts())).await.expect(200);
        list["data"].as_array().unwrap().clone()
    }
}

fn not_unique(answer: Answer, field: &str) {
    let problem = answer.expect_problem(409, "not_unique");
    assert_eq!(problem["errors"][0]["pointer"], json!(format!("/fields/{field}")));
}

mod create {
    use super::*;

    #[tokio::test]
    async fn keeps_each_type_of_value() {
        let world = World::new().await;
        let body = r#"{"fields": {"email": "Ada@Example.com", "name": "Ada Löv\u0065lace", "notes": "one\ntwo", "amount": 12.30, "newsletter": false, "since": "2028-02-29"}}"#;
        let answer = world.owner.api.send("POST", &world.contacts(), Some(body.to_owned())).await;
        assert!(answer.text.contains(r#""amount":12.30"#), "{}", answer.text);
        let location = answer.header("location");
        let made = answer.expect(201);
        assert_eq!(made["fields"]["stage"], json!("New"));
        assert_eq!((&made["label"], &made["fields"]["company"]), (&json!("Ada Lövelace"), &Value::Null));
        assert_eq!((&made["created_by"], &made["version"]), (&json!(world.owner.id), &json!(1)));
        assert_eq!(world.owner.api.get(&location).await.expect(200), made);
        assert_eq!(world.owner.api.get(&world.object(&made)).await.expect(200), made);
    }

    #[tokio::test]
    async fn tells_all_faults_at_once_and_makes_nothing() {
        let world = World::new().await;
        let fields = json!({"email": "nobody", "amount": "12", "stage": "new", "since": "2026-02-30", "newsletter": 1, "nope": 1, "company": "x".repeat(101)});
        let problem = world
            .owner
            .api
            .post(&world.contacts(), json!({"fields": fields}))
            .await
            .expect_problem(422, "invalid_data");
        let codes: std::collections::BTreeMap<_, _> = problem["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|fault| (fault["pointer"].as_str().unwrap(), fault["code"].as_str().unwrap()))
            .collect();
        assert_eq!(
            codes,
            [
                ("/fields/amount", "wrong_type"),
                ("/fields/company", "too_long"),
                ("/fields/email", "not_an_email"),
                ("/fields/newsletter", "wrong_type"),
                ("/fields/nope", "unknown_field"),
                ("/fields/since", "not_a_date"),
                ("/fields/stage", "not_an_option"),
            ]
            .into()
        );
        assert_eq!(world.all_contacts().await.len(), 0);
    }

    #[tokio::test]
    async fn of_a_value_that_another_object_has_is_refused_and_makes_nothing() {
        let world = World::new().await;
        let email = an_email();
        world.contact(json!({"email": email, "number": "A1"})).await;
        let post =
            async |fields: Value| world.owner.api.post(&world.contacts(), json!({"fields": fields})).await;
        not_unique(post(json!({"email": email.to_uppercase(), "number": "B2"})).await, "email");
        not_unique(post(json!({"email": an_email(), "number": "a1"})).await, "number");
        assert_eq!(world.all_contacts().await.len(), 1);
        post(json!({"email": an_email(), "number": "B2"})).await.expect(201);
    }

    #[tokio::test]
    async fn of_an_unknown_type_is_404() {
        let world = World::new().await;
        let path = format!("/v1/teams/{}/objects/nothing", world.team);
        world.owner.api.post(&path, json!({"fields": {}})).await.expect_problem(404, "not_found");
        world.owner.api.get(&path).await.expect_problem(404, "not_found");
    }

    #[tokio::test]
    async fn of_more_than_fits_is_refused_in_good_order() {
        let world = World::new().await;
        let fields: Vec<_> =
            (0..9).map(|n| json!({"slug": format!("f{n}"), "label": "F", "type": "textarea"})).collect();
        let body =
            json!({"slug": "books", "singular_label": "Book", "plural_label": "Books", "fields": fields});
        world.owner.api.post(&world.types(), body).await.expect(201);
        let path = format!("/v1/teams/{}/objects/books", world.team);
        let fields: Value = (0..9)
            .map(|n| (format!("f{n}"), json!("x".repeat(50_000))))
            .collect::<serde_json::Map<_, _>>()
            .into();
        let problem =
            world.owner.api.post(&path, json!({"fields": fields})).await.expect_problem(422, "invalid_data");
        assert_eq!(problem["errors"][0]["code"], json!("too_large"));
        assert_eq!(world.owner.api.get(&path).await.expect(200)["data"], json!([]));
    }
}

mod update {
    use super::*;

    #[tokio::test]
    async fn merges_and_null_clears() {
        let world = World::new().await;
        let contact = world.contact(json!({"name": "Ada", "company": "Engines", "amount": 7})).await;
        let fields = json!({"company": null, "amount": 8, "notes": "new"});
        let changed =
            world.owner.api.patch(&world.object(&contact), json!({"fields": fields})).await.expect(200);
        let fields = &changed["fields"];
        assert_eq!(
            (&fields["name"], &fields["company"], &fields["amount"], &fields["notes"]),
            (&json!("Ada"), &Value::Null, &json!(8), &json!("new"))
        );
        assert_eq!((&changed["version"], &changed["created_at"]), (&json!(2), &contact["created_at"]));
        assert_eq!(world.owner.api.get(&world.object(&contact)).await.expect(200), changed);
    }

    #[tokio::test]
    async fn of_a_unique_value_moves_its_index_entry() {
        let world = World::new().await;
        let (old, new) = (an_email(), an_email());
        let contact = world.contact(json!({"email": old, "number": "A1"})).await;
        let other = world.contact(json!({"email": an_email()})).await;
        let patch = async |object: &Value, fields: Value| {
            world.owner.api.patch(&world.object(object), json!({"fields": fields})).await
        };

        let moved = patch(&contact, json!({"email": new, "number": null})).await.expect(200);
        assert_eq!((&moved["fields"]["email"], &moved["fields"]["number"]), (&json!(new), &Value::Null));
        not_unique(patch(&other, json!({"email": new})).await, "email");
        assert_eq!(world.owner.api.get(&world.object(&other)).await.expect(200), other);
        patch(&other, json!({"email": old, "number": "a1"})).await.expect(200);
        patch(&contact, json!({"email": new.to_uppercase()})).await.expect(200);
    }

    #[tokio::test]
    async fn of_what_is_not_there_is_404_and_makes_nothing() {
        let world = World::new().await;
        for id in ["obj_0000000000000000000000", "nonsense"] {
            let path = format!("{}/{id}", world.contacts());
            world
                .owner
                .api
                .patch(&path, json!({"fields": {"name": "Ada"}}))
                .await
                .expect_problem(404, "not_found");
            world
                .owner
                .api
                .patch(&path, json!({"fields": {"email": an_email()}}))
                .await
                .expect_problem(404, "not_found");
            world
                .owner
                .api
                .header("if-match", "\"1\"")
                .patch(&path, json!({"fields": {"name": "A"}}))
                .await
                .expect_problem(404, "not_found");
        }
        assert_eq!(world.all_contacts().await.len(), 0);
    }
}

mod upsert {
    use super::*;

    #[tokio::test]
    async fn needs_a_unique_field_and_a_value_for_it() {
        let world = World::new().await;
        let put = async |query: &str, fields: Value| {
            world.owner.api.put(&format!("{}{query}", world.contacts()), json!({"fields": fields})).await
        };
        for (query, fields, pointer) in [
            ("?match=name", json!({"name": "Ada"}), "?match"),
            ("?match=nothing", json!({"name": "Ada"}), "?match"),
            ("?match=email", json!({"name": "Ada"}), "/fields/email"),
            ("?match=email", json!({"email": ""}), "/fields/email"),
        ] {
            let problem = put(query, fields).await.expect_problem(422, "invalid_data");
            assert_eq!(problem["errors"][0]["pointer"], json!(pointer), "{query}");
        }
        put("", json!({"email": an_email()})).await.expect_problem(400, "invalid_request");
        assert_eq!(world.all_contacts().await.len(), 0);
    }

    #[tokio::test]
    async fn that_would_take_another_object_s_value_is_refused_and_changes_nothing() {
        let world = World::new().await;
        let (email, path) = (an_email(), format!("{}?match=email", world.contacts()));
        let contact = world.contact(json!({"email": email, "number": "A1"})).await;
        let other = world.contact(json!({"email": an_email(), "number": "B2"})).await;

        not_unique(
            world.owner.api.put(&path, json!({"fields": {"email": email, "number": "b2"}})).await,
            "number",
        );
        not_unique(
            world.owner.api.put(&path, json!({"fields": {"email": an_email(), "number": "b2"}})).await,
            "number",
        );

        let contacts = world.all_contacts().await;
        assert!(contacts.len() == 2 && contacts.contains(&contact) && contacts.contains(&other));
        let free =
            world.owner.api.put(&path, json!({"fields": {"email": email, "number": "C3"}})).await.expect(200);
        assert_eq!((id(&free), &free["fields"]["number"]), (id(&contact), &json!("C3")));
    }

    #[tokio::test]
    async fn finds_nothing_in_the_trash_and_makes_a_new_object() {
        let world = World::new().await;
        let (email, path) = (an_email(), format!("{}?match=email", world.contacts()));
        let contact = world.contact(json!({"email": email})).await;
        world.owner.api.delete(&world.object(&contact)).await.expect(204);
        let made = world.owner.api.put(&path, json!({"fields": {"email": email}})).await.expect(201);
        assert_ne!(id(&made), id(&contact));
        not_unique(
            world.owner.api.post(&format!("{}/restore", world.object(&contact)), json!({})).await,
            "email",
        );
        assert_eq!((world.all_contacts().await.len(), world.trash().await.len()), (1, 1));
    }

    /// Upserts, changes of the matched value, trash and restore at once: at the end each live object has its values for
    /// itself, and every value of one is found by an upsert.
    #[tokio::test]
    async fn beside_everything_else_leaves_no_orphan_and_no_twin() {
        let world = std::sync::Arc::new(World::new().await);
        let emails: Vec<_> = (0..3).map(|_| an_email()).collect();
        let mut workers = tokio::task::JoinSet::new();
        for worker in 0..6_usize {
            let (world, emails) = (world.clone(), emails.clone());
            workers.spawn(async move {
                for step in 0..25_usize {
                    let (email, other) = (&emails[(worker + step) % 3], &emails[(worker + 2 * step + 1) % 3]);
                    let path = format!("{}?match=email", world.contacts());
                    let upsert =
                        world.owner.api.put(&path, json!({"fields": {"email": email, "amount": step}})).await;
                    assert!([200, 201].contains(&upsert.status), "{}", upsert.text);
                    let object = world.object(&upsert.json());
                    let next = match worker % 3 {
                        0 => world.owner.api.patch(&object, json!({"fields": {"email": other}})).await,
                        1 => world.owner.api.delete(&object).await,
                        _ => world.owner.api.post(&format!("{object}/restore"), json!({})).await,
                    };
                    assert!([200, 204, 404, 409].contains(&next.status), "{} {}", next.status, next.text);
                }
            });
        }
        workers.join_all().await;
        let live = world.all_contacts().await;
        let held: std::collections::BTreeMap<_, _> =
            live.iter().map(|contact| (contact["fields"]["email"].as_str().unwrap(), id(contact))).collect();
        assert_eq!(held.len(), live.len(), "two objects have one value");
        for email in &emails {
            let path = format!("{}?match=email", world.contacts());
            let found = world.owner.api.put(&path, json!({"fields": {"email": email}})).await;
            match held.get(email.as_str()) {
                Some(holder) => assert_eq!((found.status, id(&found.json())), (200, *holder)),
                None => assert_eq!(found.status, 201, "an entry has no object: {}", found.text),
            }
        }
    }
}

mod trash {
    use super::*;

    #[tokio::test]
    async fn hides_an_object_everywhere_and_restoring_brings_it_back_whole() {
        let world = World::new().await;
        let contact = world.contact(json!({"email": an_email(), "name": "Ada"})).await;
        let path = world.object(&contact);
        let api = &world.owner.api;

        api.delete(&path).await.expect(204);

        api.get(&path).await.expect_problem(404, "not_found");
        api.patch(&path, json!({"fields": {"name": "Eda"}})).await.expect_problem(404, "not_found");
        api.patch(&path, json!({"fields": {"email": an_email()}})).await.expect_problem(404, "not_found");
        api.delete(&path).await.expect_problem(404, "not_found");
        assert_eq!(world.all_contacts().await.len(), 0);
        let trashed = world.trash().await;
        assert_eq!((trashed.len(), id(&trashed[0])), (1, id(&contact)));
        assert!(trashed[0]["trashed_at"].is_string());
        assert_eq!(api.get(&format!("{path}?trashed=only")).await.expect(200), trashed[0]);

        let restored = api.post(&format!("{path}/restore"), json!({})).await.expect(200);

        assert_eq!(
            (&restored["fields"], &restored["trashed_at"], &restored["version"]),
            (&contact["fields"], &Value::Null, &json!(3))
        );
        assert_eq!((world.trash().await.len(), world.all_contacts().await), (0, vec![restored]));
        api.post(&format!("{path}/restore"), json!({})).await.expect_problem(409, "wrong_state");
        api.get(&format!("{path}?trashed=only")).await.expect_problem(404, "not_found");
    }

    #[tokio::test]
    async fn keeps_an_object_for_thirty_days() {
        let system = System::isolated();
        let world = World::at(&Api::at(&system.url)).await;
        let api = &world.owner.api;
        let (first, second) = (world.contact(json!({})).await, world.contact(json!({})).await);
        api.delete(&world.object(&first)).await.expect(204);
        system.clock.advance(60 * 60);
        api.delete(&world.object(&second)).await.expect(204);
        system.clock.advance(TRASH_SECONDS - 60 * 60 - 60);
        assert_eq!(world.trash().await.len(), 2);
        let page = api.get(&format!("{}?trashed=only&limit=1", world.contacts())).await.expect(200);
        system.clock.advance(2 * 60);

        let trashed = world.trash().await;
        assert_eq!(trashed.iter().map(id).collect::<Vec<_>>(), [id(&second)]);
        // Where a walk began is gone meanwhile.
        let next =
            format!("{}?trashed=only&cursor={}", world.contacts(), page["next_cursor"].as_str().unwrap());
        assert_eq!(api.get(&next).await.expect(200)["data"], json!(trashed));
        let path = world.object(&first);
        for (method, behind) in
            [("GET", "?trashed=only"), ("GET", "/history"), ("POST", "/restore"), ("DELETE", "/force")]
        {
            api.send(method, &format!("{path}{behind}"), None).await.expect_problem(404, "not_found");
        }
        api.post(&format!("{}/restore", world.object(&second)), json!({})).await.expect(200);
        system.clock.advance(TRASH_SECONDS);
        assert_eq!(world.all_contacts().await.iter().map(id).collect::<Vec<_>>(), [id(&second)]);
    }
}

mod destroy {
    use super::*;

    #[tokio::test]
    async fn from_the_trash_or_past_it_leaves_nothing_and_frees_its_values() {
        let world = World::new().await;
        for via_trash in [false, true] {
            let fields = json!({"email": an_email(), "number": unique().to_string()});
            let contact = world.contact(fields.clone()).await;
            let path = world.object(&contact);
            if via_trash {
                world.owner.api.delete(&path).await.expect(204);
            }
            world.owner.api.delete(&format!("{path}/force")).await.expect(204);

            for query in ["", "?trashed=only"] {
                world.owner.api.get(&format!("{path}{query}")).await.expect_problem(404, "not_found");
            }
            world
                .owner
                .api
                .post(&format!("{path}/restore"), json!({}))
                .await
                .expect_problem(404, "not_found");
            world.owner.api.delete(&format!("{path}/force")).await.expect_problem(404, "not_found");
            let again = world.contact(fields).await;
            world.owner.api.delete(&format!("{}/force", world.object(&again))).await.expect(204);
        }
        assert_eq!((world.all_contacts().await.len(), world.trash().await.len()), (0, 0));
    }

    #[tokio::test]
    async fn of_a_trashed_object_leaves_the_value_that_another_one_has_taken() {
        let world = World::new().await;
        let email = an_email();
        let contact = world.contact(json!({"email": email})).await;
        world.owner.api.delete(&world.object(&contact)).await.expect(204);
        world.contact(json!({"email": email})).await;
        world.owner.api.delete(&format!("{}/force", world.object(&contact))).await.expect(204);
        let post = world.owner.api.post(&world.contacts(), json!({"fields": {"email": email}})).await;
        not_unique(post, "email");
    }
}

#[tokio::test]
async fn a_list_leaves_out_the_trash_and_goes_on_behind_it() {
    let world = World::new().await;
    for n in 0..12 {
        let contact = world.contact(json!({"amount": n})).await;
        if n % 4 != 0 {
            world.owner.api.delete(&world.object(&contact)).await.expect(204);
        }
    }
    let list = world.owner.api.get(&format!("{}?limit=3", world.contacts())).await.expect(200);
    let amounts: Vec<_> =
        list["data"].as_array().unwrap().iter().map(|contact| &contact["fields"]["amount"]).collect();
    assert_eq!(amounts, [0, 4, 8]);
    assert_eq!(world.trash().await.len(), 9);
}
