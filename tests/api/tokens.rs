//! Tokens: made, seen, changed.

use base::Permission::{ObjectRead, Upload};
use serde_json::{Value, json};

use crate::harness::{Api, Person, World, unique};

mod create {
    use super::*;

    #[tokio::test]
    async fn shows_the_token_this_once_and_keeps_no_copy_of_it() {
        let person = Person::new().await;
        let body =
            json!({"name": "Zapier", "description": "Contacts", "permissions": ["object:read", "upload"]});
        let answer = person.api.post("/v1/tokens", body).await;
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("etag"), "\"1\"");
        let created = answer.clone().expect(201);
        let secret = created["token"].as_str().unwrap();
        assert_eq!(answer.header("location"), format!("/v1/tokens/{}", created["id"].as_str().unwrap()));
        assert!(secret.starts_with("ea_pat_") && secret.len() == 100);

        for path in [answer.header("location").as_str(), "/v1/tokens"] {
            let text = person.api.get(path).await.text;
            assert!(
                !text.contains(&secret[51..]) && !text.contains("\"secret") && !text.contains("\"token\""),
                "{text}"
            );
        }
        let shown = person.api.get(&answer.header("location")).await.expect(200);
        assert_eq!(shown["hint"], json!(format!("ea_pat_…{}", &secret[96..])));
        assert_eq!(
            (&shown["permissions"], &shown["status"]),
            (&json!(["object:read", "upload"]), &json!("active"))
        );
        assert_eq!((&shown["last_used"], &shown["description"]), (&Value::Null, &json!("Contacts")));
    }

    #[tokio::test]
    async fn a_name_is_unique_per_user_whatever_its_case_and_composition() {
        let (person, other) = (Person::new().await, Person::new().await);
        let named = |name: &str| json!({"name": name, "permissions": ["upload"]});
        person.api.post("/v1/tokens", named("  Zäpier ")).await.expect(201);
        for name in ["Zäpier", "ZÄPIER", "za\u{308}pier"] {
            let problem = person.api.post("/v1/tokens", named(name)).await.expect_problem(409, "name_taken");
            assert_eq!(problem["errors"][0]["pointer"], json!("/name"));
        }
        other.api.post("/v1/tokens", named("Zäpier")).await.expect(201);
        assert_eq!(person.api.get("/v1/tokens").await.expect(200)["data"].as_array().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn of_one_name_at_once_succeeds_once() {
        let person = Person::new().await;
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..10 {
            let api = person.api.clone();
            calls.spawn(async move {
                api.post("/v1/tokens", json!({"name": "Make", "permissions": ["upload"]})).await.status
            });
        }
        let mut statuses = calls.join_all().await;
        statuses.sort_unstable();
        assert_eq!(statuses, [[201].as_slice(), &[409; 9]].concat());
        assert_eq!(person.api.get("/v1/tokens").await.expect(200)["data"].as_array().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn tells_all_faults_at_once_and_makes_nothing() {
        let person = Person::new().await;
        let body = json!({"name": "", "permissions": ["object:everything"], "allowed_cidrs": ["x"], "expires_at": "2001-01-01T00:00:00Z"});
        let problem = person.api.post("/v1/tokens", body).await.expect_problem(422, "invalid_data");
        let places: Vec<_> =
            problem["errors"].as_array().unwrap().iter().map(|fault| fault["pointer"].clone()).collect();
        assert_eq!(json!(places), json!(["/name", "/permissions/0", "/expires_at", "/allowed_cidrs/0"]));
        assert_eq!(person.api.get("/v1/tokens").await.expect(200)["data"], json!([]));
    }

    #[tokio::test]
    async fn ends_at_five_hundred_and_goes_on_when_one_is_revoked() {
        let person = Person::new().await;
        let mut calls = tokio::task::JoinSet::new();
        for worker in 0..8 {
            let api = person.api.clone();
            calls.spawn(async move {
                let mut made = 0;
                for n in 0..65 {
                    let body = json!({"name": format!("{worker}/{n}"), "permissions": ["upload"]});
                    let answer = api.post("/v1/tokens", body).await;
                    made += usize::from(answer.status == 201);
                    if answer.status != 201 {
                        answer.expect_problem(409, "limit_reached");
                    }
                }
                made
            });
        }
        assert_eq!(calls.join_all().await.iter().sum::<usize>(), 500);
        let some = person.api.get("/v1/tokens?limit=1").await.expect(200)["data"][0]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        person.api.delete(&format!("/v1/tokens/{some}")).await.expect(204);
        let body = json!({"name": "one more", "permissions": ["upload"]});
        person.api.post("/v1/tokens", body).await.expect(201);
    }
}

mod read {
    use super::*;

    #[tokio::test]
    async fn of_another_user_s_token_is_404_like_none() {
        let (person, other) = (Person::new().await, Person::new().await);
        let id = other.token(&[Upload]).await.get("/v1/token").await.expect(200)["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let path = format!("/v1/tokens/{id}");
        person.api.get(&path).await.expect_problem(404, "not_found");
        person.api.patch(&path, json!({"active": false})).await.expect_problem(404, "not_found");
        person.api.delete(&path).await.expect_problem(404, "not_found");
        person.api.get("/v1/tokens/nonsense").await.expect_problem(404, "not_found");
        assert_eq!(other.api.get(&path).await.expect(200)["active"], json!(true));
    }

    #[tokio::test]
    async fn of_itself_tells_a_token_what_it_is() {
        let person = Person::new().await;
        let own = person.token(&[ObjectRead]).await.get("/v1/token").await.expect(200);
        assert_eq!((&own["permissions"], &own["active"]), (&json!(["object:read"]), &json!(true)));
        assert!(own.get("token").is_none() && own.get("hash").is_none());
    }

    #[tokio::test]
    async fn tells_when_and_from_where_it_was_last_used() {
        let person = Person::new().await;
        let token = person.token(&[Upload]).await.header("user-agent", "n8n/1.0");
        let id = token.get("/v1/token").await.expect(200)["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/tokens/{id}");
        // It is there with the answer: once an answer is sent, Lambda stops who has sent it.
        let last = person.api.get(&path).await.expect(200)["last_used"].clone();
        assert_eq!((&last["ip"], &last["user_agent"]), (&json!("127.0.0.1"), &json!("n8n/1.0")));
        assert_eq!(person.api.get(&path).await.expect(200)["version"], json!(1));
    }

    #[tokio::test]
    async fn of_a_list_can_be_narrowed_to_a_status() {
        let person = Person::new().await;
        person.token(&[Upload]).await;
        let off = person.token(&[Upload]).await.get("/v1/token").await.expect(200)["id"].clone();
        person
            .api
            .patch(&format!("/v1/tokens/{}", off.as_str().unwrap()), json!({"active": false}))
            .await
            .expect(200);
        let gone = person.token(&[Upload]).await.get("/v1/token").await.expect(200)["id"].clone();
        person.api.delete(&format!("/v1/tokens/{}", gone.as_str().unwrap())).await.expect(204);
        for (query, statuses) in [
            ("", vec!["active", "inactive"]),
            ("?status=active", vec!["active"]),
            ("?status=inactive", vec!["inactive"]),
            ("?status=expired", vec![]),
            ("?status=revoked", vec!["revoked"]),
        ] {
            let list = person.api.get(&format!("/v1/tokens{query}")).await.expect(200);
            let tokens = list["data"].as_array().unwrap();
            let mut found: Vec<_> = tokens.iter().map(|token| token["status"].as_str().unwrap()).collect();
            found.sort_unstable();
            assert_eq!(found, statuses, "{query}");
            for token in tokens {
                assert_eq!(token["revoked_at"].is_string(), token["id"] == gone, "{token}");
            }
        }
        person.api.get("/v1/tokens?status=gone").await.expect_problem(400, "invalid_request");
    }
}

mod update {
    use super::*;

    async fn token(person: &Person) -> (Api, String) {
        let token = person.token(&[Upload]).await;
        let id = token.get("/v1/token").await.expect(200)["id"].as_str().unwrap().to_owned();
        (token, format!("/v1/tokens/{id}"))
    }

    #[tokio::test]
    async fn renames_and_frees_the_old_name() {
        let person = Person::new().await;
        let (_, path) = token(&person).await;
        let old = person.api.get(&path).await.expect(200)["name"].clone();
        let new = format!("renamed {}", unique());

        let changed = person.api.patch(&path, json!({"name": new, "description": "about"})).await.expect(200);

        assert_eq!(
            (&changed["name"], &changed["description"], &changed["version"]),
            (&json!(new), &json!("about"), &json!(2))
        );
        person
            .api
            .post("/v1/tokens", json!({"name": new, "permissions": ["upload"]}))
            .await
            .expect_problem(409, "name_taken");
        person.api.post("/v1/tokens", json!({"name": old, "permissions": ["upload"]})).await.expect(201);
        person.api.patch(&path, json!({"name": old})).await.expect_problem(409, "name_taken");
        person.api.patch(&path, json!({"name": new.to_uppercase()})).await.expect(200);
    }

    #[tokio::test]
    async fn to_one_name_at_once_from_all_sides_succeeds_for_all() {
        let person = Person::new().await;
        let (_, path) = token(&person).await;
        let name = format!("renamed {}", unique());
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let (api, path, name) = (person.api.clone(), path.clone(), name.clone());
            calls.spawn(async move { api.patch(&path, json!({"name": name})).await.status });
        }
        assert_eq!(calls.join_all().await, [200; 6]);
    }

    #[tokio::test]
    async fn of_permissions_is_refused_and_changes_nothing() {
        let person = Person::new().await;
        let (token, path) = token(&person).await;
        let body = json!({"permissions": ["object:read"], "active": false});
        let problem = person.api.patch(&path, body).await.expect_problem(422, "permissions_fixed");
        assert!(problem["detail"].as_str().unwrap().contains("Create another one"));
        assert_eq!(token.get("/v1/token").await.expect(200)["permissions"], json!(["upload"]));
    }

    #[tokio::test]
    async fn sets_and_lifts_restrictions() {
        let person = Person::new().await;
        let (token, path) = token(&person).await;
        let limits = json!({"allowed_cidrs": ["192.0.2.1"], "expires_at": "2099-01-01T00:00:00Z"});
        let limited = person.api.patch(&path, limits).await.expect(200);
        assert_eq!(limited["allowed_cidrs"], json!(["192.0.2.1/32"]));
        token.get("/v1/token").await.expect_problem(401, "invalid_token");
        let free =
            person.api.patch(&path, json!({"allowed_cidrs": null, "expires_at": null})).await.expect(200);
        assert_eq!((&free["allowed_cidrs"], &free["expires_at"]), (&Value::Null, &Value::Null));
        token.get("/v1/token").await.expect(200);
    }
}

mod lifetime {
    use super::*;

    /// A person whose team lets tokens live this many days, and that team.
    async fn strict(days: u32) -> (Person, String) {
        let person = Person::new().await;
        let team = person.team().await;
        let patch = json!({"token_lifetime_days_max": days});
        person.api.patch(&format!("/v1/teams/{team}"), patch).await.expect(200);
        (person, team)
    }

    fn in_days(days: i64) -> String {
        base::Timestamp::now().plus_seconds(days * 24 * 60 * 60).to_string()
    }

    #[tokio::test]
    async fn that_a_team_does_not_allow_is_refused_at_creation_and_makes_nothing() {
        let (person, team) = strict(30).await;
        let about =
            |expires_at: Value| json!({"name": "a", "permissions": ["upload"], "expires_at": expires_at});
        for end in [Value::Null, json!(in_days(31))] {
            let problem = person.api.post("/v1/tokens", about(end)).await.expect_problem(422, "invalid_data");
            let fault = &problem["errors"][0];
            assert_eq!((&fault["pointer"], &fault["code"]), (&json!("/expires_at"), &json!("too_late")));
            assert!(fault["detail"].as_str().unwrap().contains(&team));
        }
        assert_eq!(person.api.get("/v1/tokens").await.expect(200)["data"], json!([]));
        person.api.post("/v1/tokens", about(json!(in_days(29)))).await.expect(201);
    }

    #[tokio::test]
    async fn is_no_matter_for_tokens_that_are_limited_to_other_teams() {
        let (person, strict) = strict(30).await;
        let free = person.team().await;
        let token = person.token_with(json!({"permissions": ["upload"], "team_ids": [free]})).await;
        let path = format!("/v1/tokens/{}", token.get("/v1/token").await.expect(200)["id"].as_str().unwrap());
        let patch = json!({"team_ids": [free, strict]});
        person.api.patch(&path, patch).await.expect_problem(422, "invalid_data");
        person.api.patch(&path, json!({"team_ids": null})).await.expect_problem(422, "invalid_data");
        assert_eq!(person.api.get(&path).await.expect(200)["team_ids"], json!([free]));
        person.api.patch(&path, json!({"team_ids": null, "expires_at": in_days(29)})).await.expect(200);
    }

    #[tokio::test]
    async fn of_an_older_token_does_not_stop_other_changes_and_begins_anew_with_a_rotation() {
        let person = Person::new().await;
        let team = person.team().await;
        let token = person.token(&[ObjectRead]).await;
        let path = format!("/v1/tokens/{}", token.get("/v1/token").await.expect(200)["id"].as_str().unwrap());
        let strict = json!({"token_lifetime_days_max": 30});
        person.api.patch(&format!("/v1/teams/{team}"), strict).await.expect(200);
        person.api.patch(&path, json!({"name": "other", "active": false})).await.expect(200);
        person.api.patch(&path, json!({"expires_at": in_days(31)})).await.expect_problem(422, "invalid_data");
        person.api.post(&format!("{path}/rotate"), json!({})).await.expect(200);
        person.api.patch(&path, json!({"expires_at": in_days(29)})).await.expect(200);
    }
}

#[tokio::test]
async fn a_token_manages_no_tokens() {
    let world = World::new().await;
    let token = world.owner.token(base::Permission::ALL).await;
    let id = token.get("/v1/token").await.expect(200)["id"].as_str().unwrap().to_owned();
    let body = json!({"name": "child", "permissions": ["upload"]});
    token.post("/v1/tokens", body).await.expect_problem(403, "session_required");
    token.get("/v1/tokens").await.expect_problem(403, "session_required");
    token.delete(&format!("/v1/tokens/{id}")).await.expect_problem(403, "session_required");
    token.post("/v1/teams", json!({"name": "T", "slug": "t"})).await.expect_problem(403, "session_required");
    assert_eq!(world.owner.api.get("/v1/tokens").await.expect(200)["data"].as_array().unwrap().len(), 1);
}
