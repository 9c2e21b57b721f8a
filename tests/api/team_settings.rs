//! The settings of a team: its name, and how long the tokens may live that reach it.

use base::{
    Permission::{ObjectRead, TeamUpdate},
    Timestamp,
};
use serde_json::{Value, json};

use crate::harness::{Answer, Api, Person, World};

const DAY_SECONDS: i64 = 24 * 60 * 60;

fn team(world: &World) -> String {
    format!("/v1/teams/{}", world.team)
}

async fn limit(world: &World, days: impl Into<Value>) -> Answer {
    world.owner.api.patch(&team(world), json!({"token_lifetime_days_max": days.into()})).await
}

/// A token that reads objects and ends after so many days.
async fn lasting(person: &Person, days: i64) -> Api {
    let end = Timestamp::now().plus_seconds(days * DAY_SECONDS).to_string();
    person.token_with(json!({"permissions": [ObjectRead], "expires_at": end})).await
}

/// Whether the token reaches the team; if not, then as if there were none.
async fn reaches(token: &Api, world: &World) -> bool {
    let answer = token.get(&world.contacts()).await;
    if answer.status != 200 {
        answer.expect_problem(403, "no_access");
        return false;
    }
    true
}

mod name {
    use super::*;

    #[tokio::test]
    async fn is_changed_by_who_may_update_the_team() {
        let world = World::new().await;
        let administrator = world.member("administrator").await;
        let before = world.owner.api.get(&team(&world)).await.expect(200);
        let token = administrator.token(&[TeamUpdate]).await;
        for (version, api) in [(2, &administrator.api), (3, &token)] {
            let name = format!("Vandelay {version}");
            let answer = api.patch(&team(&world), json!({"name": format!(" {name} ")})).await;
            assert_eq!(answer.header("etag"), format!("\"{version}\""));
            let changed = answer.expect(200);
            assert_eq!((&changed["name"], &changed["version"]), (&json!(name), &json!(version)));
            assert_eq!((&changed["slug"], &changed["created_at"]), (&before["slug"], &before["created_at"]));
            assert!(changed["updated_at"].as_str() > before["updated_at"].as_str());
            assert_eq!(world.owner.api.get(&team(&world)).await.expect(200), changed);
        }
    }

    #[tokio::test]
    async fn that_is_none_and_a_stale_version_are_refused_and_change_nothing() {
        let world = World::new().await;
        let before = world.owner.api.get(&team(&world)).await.expect(200);
        for (name, code) in [(" ", "required"), ("a\nb", "control_character"), (&"a".repeat(101), "too_long")]
        {
            let problem = world.owner.api.patch(&team(&world), json!({"name": name})).await;
            let problem = problem.expect_problem(422, "invalid_data");
            let fault = &problem["errors"][0];
            assert_eq!((&fault["pointer"], &fault["code"]), (&json!("/name"), &json!(code)));
        }
        let stale = world.owner.api.header("if-match", "\"2\"");
        let body = json!({"name": "Late", "token_lifetime_days_max": 30});
        let problem = stale.patch(&team(&world), body).await.expect_problem(412, "stale");
        assert_eq!(problem["current_version"], json!(1));
        assert_eq!(world.owner.api.get(&team(&world)).await.expect(200), before);
    }

    #[tokio::test]
    async fn and_limit_changed_at_once_are_both_kept() {
        let world = World::new().await;
        let mut calls = tokio::task::JoinSet::new();
        for body in [json!({"name": "Changed"}), json!({"token_lifetime_days_max": 30})] {
            let (api, path) = (world.owner.api.clone(), team(&world));
            calls.spawn(async move { api.patch(&path, body).await.status });
        }
        assert_eq!(calls.join_all().await, [200, 200]);
        let now = world.owner.api.get(&team(&world)).await.expect(200);
        let found = (&now["name"], &now["token_lifetime_days_max"], &now["version"]);
        assert_eq!(found, (&json!("Changed"), &json!(30), &json!(3)));
    }
}

mod limit {
    use super::*;

    #[tokio::test]
    async fn shuts_out_tokens_that_live_longer_until_it_is_removed() {
        let (world, other) = (World::new().await, World::new().await);
        let person = world.member("member").await;
        other.join(&person, "member").await;
        let (endless, long, short) =
            (person.token(&[ObjectRead]).await, lasting(&person, 31).await, lasting(&person, 30).await);

        assert_eq!(limit(&world, 30).await.expect(200)["token_lifetime_days_max"], json!(30));
        assert!(!reaches(&endless, &world).await && !reaches(&long, &world).await);
        assert!(reaches(&short, &world).await && reaches(&endless, &other).await);
        person.api.get(&world.contacts()).await.expect(200);
        let teams = endless.get("/v1/teams").await.expect(200)["data"].clone();
        assert_eq!((teams.as_array().unwrap().len(), &teams[0]["id"]), (1, &json!(other.team)));

        limit(&world, 31).await.expect(200);
        assert!(!reaches(&endless, &world).await && reaches(&long, &world).await);

        assert_eq!(limit(&world, Value::Null).await.expect(200)["token_lifetime_days_max"], Value::Null);
        for token in [&endless, &long, &short] {
            assert!(reaches(token, &world).await);
        }
    }

    #[tokio::test]
    async fn stands_in_every_answer_about_the_team() {
        let (world, person) = (World::new().await, Person::new().await);
        let days = |team: &Value| team["token_lifetime_days_max"].clone();
        let before = world.owner.api.get(&team(&world)).await.expect(200);
        assert!(before.as_object().unwrap().contains_key("token_lifetime_days_max"));
        assert_eq!(days(&before), Value::Null);

        limit(&world, 7).await.expect(200);

        let invitation = json!({"email": person.email, "role": "member"});
        let secret =
            world.owner.api.post(&world.invitations(), invitation).await.expect(201)["secret"].clone();
        let joined = person.api.post("/v1/invitations/accept", json!({"secret": secret})).await.expect(201);
        let listed = person.api.get("/v1/teams").await.expect(200)["data"][0].clone();
        let me = person.api.get("/v1/me").await.expect(200)["teams"][0].clone();
        let read = person.api.get(&team(&world)).await.expect(200);
        assert_eq!([joined, listed, me, read].each_ref().map(days), [7, 7, 7, 7].map(Value::from));
    }

    #[tokio::test]
    async fn is_left_alone_by_a_change_of_the_name() {
        let world = World::new().await;
        let token = world.owner.token(&[ObjectRead]).await;
        limit(&world, 30).await.expect(200);
        let named = world.owner.api.patch(&team(&world), json!({"name": "Changed"})).await.expect(200);
        assert_eq!(named["token_lifetime_days_max"], json!(30));
        assert!(!reaches(&token, &world).await);
    }

    #[tokio::test]
    async fn is_set_by_an_owner_with_a_session_alone() {
        let world = World::new().await;
        let administrator = world.member("administrator").await;
        let before = world.owner.api.get(&team(&world)).await.expect(200);
        let (token, endless) = (world.owner.token(&[TeamUpdate]).await, lasting(&administrator, 9).await);
        for days in [json!(1), json!(0)] {
            let body = json!({"name": "Changed", "token_lifetime_days_max": days});
            for (api, code) in [(&token, "session_required"), (&administrator.api, "insufficient_role")] {
                let problem = api.patch(&team(&world), body.clone()).await.expect_problem(403, code);
                assert_eq!(problem["errors"][0]["pointer"], json!("/token_lifetime_days_max"));
            }
        }
        assert_eq!(world.owner.api.get(&team(&world)).await.expect(200), before);
        assert!(reaches(&endless, &world).await);
        limit(&world, 30).await.expect(200);
        let refused = administrator.api.patch(&team(&world), json!({"token_lifetime_days_max": null})).await;
        refused.expect_problem(403, "insufficient_role");
        let limited = world.owner.api.get(&team(&world)).await.expect(200);
        assert_eq!(limited["token_lifetime_days_max"], json!(30));
    }

    #[tokio::test]
    async fn is_a_whole_number_of_days_within_ten_years() {
        let world = World::new().await;
        let before = world.owner.api.get(&team(&world)).await.expect(200);
        for (days, status, code) in [
            (json!(0), 422, "invalid_data"),
            (json!(-1), 422, "invalid_data"),
            (json!(3651), 422, "invalid_data"),
            (json!(1.5), 400, "invalid_request"),
            (json!("30"), 400, "invalid_request"),
        ] {
            let problem = limit(&world, days).await.expect_problem(status, code);
            assert_eq!(problem["errors"][0]["pointer"], json!("/token_lifetime_days_max"));
        }
        assert_eq!(world.owner.api.get(&team(&world)).await.expect(200), before);
        for days in [1, 3650] {
            limit(&world, days).await.expect(200);
        }
    }

    #[tokio::test]
    async fn binds_who_joins_later_and_whose_role_changes() {
        let world = World::new().await;
        let person = Person::new().await;
        let (endless, short) = (person.token(&[ObjectRead]).await, lasting(&person, 5).await);
        limit(&world, 30).await.expect(200);
        world.join(&person, "member").await;
        assert!(!reaches(&endless, &world).await && reaches(&short, &world).await);
        let path = format!("{}/{}", world.members(), person.id);
        for role in ["manager", "owner", "view-only"] {
            world.owner.api.patch(&path, json!({"role": role})).await.expect(200);
            assert!(!reaches(&endless, &world).await && reaches(&short, &world).await, "{role}");
        }
        limit(&world, Value::Null).await.expect(200);
        assert!(reaches(&endless, &world).await);
        world.owner.api.patch(&path, json!({"role": "member"})).await.expect(200);
        assert!(reaches(&endless, &world).await);
    }

    #[tokio::test]
    async fn reaches_every_one_of_many_members_and_may_be_set_again() {
        let world = World::new().await;
        let mut tokens = Vec::new();
        for _ in 0..43 {
            tokens.push(world.member("view-only").await.token(&[ObjectRead]).await);
        }
        for (days, expected) in [(json!(30), false), (json!(30), false), (Value::Null, true)] {
            limit(&world, days).await.expect(200);
            for token in &tokens {
                assert_eq!(reaches(token, &world).await, expected);
            }
        }
        assert_eq!(world.owner.api.get(&team(&world)).await.expect(200)["version"], json!(3));
    }

    #[tokio::test]
    async fn binds_those_who_join_or_change_roles_while_it_is_set() {
        let world = World::new().await;
        let mut people = Vec::new();
        for _ in 0..4 {
            let (joining, staying) = (Person::new().await, world.member("member").await);
            // These reach a team whose limit is 20 days, but none whose limit is 10.
            people.push((joining.clone(), lasting(&joining, 15).await, "joins"));
            people.push((staying.clone(), lasting(&staying, 15).await, "stays"));
        }
        for round in 0..24 {
            let mut calls = tokio::task::JoinSet::new();
            for (person, _, part) in &people {
                if *part == "joins" {
                    let invitation = json!({"email": person.email, "role": "member"});
                    let made = world.owner.api.post(&world.invitations(), invitation).await.expect(201);
                    let (api, body) = (person.api.clone(), json!({"secret": made["secret"]}));
                    calls.spawn(
                        async move { drop(api.post("/v1/invitations/accept", body).await.expect(201)) },
                    );
                } else {
                    let path = format!("{}/{}", world.members(), person.id);
                    let api = world.owner.api.clone();
                    calls.spawn(async move {
                        for role in ["manager", "update-only", "view-only"] {
                            api.patch(&path, json!({"role": role})).await.expect(200);
                        }
                    });
                }
            }
            for days in [&[10, 20][..], &[10], &[20]][round % 3] {
                let (api, path) = (world.owner.api.clone(), team(&world));
                let body = json!({"token_lifetime_days_max": days});
                calls.spawn(async move { drop(api.patch(&path, body).await.expect(200)) });
            }
            calls.join_all().await;

            let days =
                world.owner.api.get(&team(&world)).await.expect(200)["token_lifetime_days_max"].clone();
            for (person, token, part) in &people {
                assert_eq!(reaches(token, &world).await, days == json!(20), "round {round}: who {part}");
                if *part == "joins" {
                    let path = format!("{}/{}", world.members(), person.id);
                    world.owner.api.delete(&path).await.expect(204);
                }
            }
        }
    }
}
