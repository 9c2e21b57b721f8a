//! What has become of a token, which of its permissions were used, and what a token may ask about itself.

use base::Permission::{ObjectCreate, ObjectRead};
use serde_json::{Value, json};

use crate::harness::{Api, Person, System, World};

/// The path of the token that asks.
async fn path_of(token: &Api) -> String {
    format!("/v1/tokens/{}", token.get("/v1/token").await.expect(200)["id"].as_str().unwrap())
}

/// The lines of a history, the latest first. They are there with the answers that they are about: once it has answered,
/// Lambda stops a function.
async fn lines(api: &Api, path: &str, expected: usize) -> Vec<Value> {
    let list = api.get(&format!("{path}/history")).await.expect(200);
    let lines = list["data"].as_array().unwrap().clone();
    assert!(lines.len() >= expected, "the history of {path} has not {expected} lines: {lines:?}");
    lines
}

fn events(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["event"].as_str().unwrap()).collect()
}

mod history {
    use super::*;

    #[tokio::test]
    async fn tells_of_every_change_and_who_made_it() {
        let owner = Person::new().await;
        let token = owner.token(&[ObjectRead]).await;
        let path = path_of(&token).await;
        owner.api.patch(&path, json!({"name": "Renamed", "active": false})).await.expect(200);
        owner.api.patch(&path, json!({"active": true})).await.expect(200);
        owner.api.patch(&path, json!({"description": "Other"})).await.expect(200);
        owner.api.patch(&path, json!({"active": true, "name": "Renamed"})).await.expect(200);
        owner.api.post(&format!("{path}/rotate"), json!({})).await.expect(200);
        let lines = lines(&owner.api, &path, 7).await;
        let mut found = events(&lines);
        found[4..6].sort_unstable();
        assert_eq!(
            found[..4],
            ["rotated", "changed", "activated", "renamed"].map(|event| if event == "renamed" {
                found[3]
            } else {
                event
            })
        );
        assert!(found.contains(&"deactivated") && found.contains(&"renamed") && found.contains(&"created"));
        let by = &lines[0]["by"];
        assert_eq!(
            (&by["user_id"], &by["credential"], &by["token_id"]),
            (&json!(owner.id), &json!("session"), &Value::Null)
        );
        assert!(lines[0]["ip"].is_string() && lines[0]["at"].is_string());
    }

    #[tokio::test]
    async fn groups_refusals_by_their_reason() {
        // What is refused on a day is one line: the day does not end here.
        let system = System::start();
        system.clock.stop();
        let world = World::at(&Api::at(&system.url)).await;
        let token = world.owner.token(&[ObjectRead]).await;
        let path = path_of(&token).await;
        token.post(&world.contacts(), json!({"fields": {}})).await.expect_problem(403, "insufficient_scope");
        world.owner.api.patch(&path, json!({"active": false})).await.expect(200);
        for _ in 0..3 {
            token.get(&world.contacts()).await.expect_problem(401, "invalid_token");
        }
        world
            .owner
            .api
            .patch(&path, json!({"active": true, "allowed_cidrs": ["192.0.2.0/24"]}))
            .await
            .expect(200);
        token.get(&world.contacts()).await.expect_problem(401, "invalid_token");
        let soon = system.clock.now().plus_seconds(3_600).to_string();
        world.owner.api.patch(&path, json!({"allowed_cidrs": null, "expires_at": soon})).await.expect(200);
        system.clock.advance(3_600);
        token.get(&world.contacts()).await.expect_problem(401, "invalid_token");

        let lines = lines(&world.owner.api, &path, 10).await;
        let mut reasons: Vec<_> = lines
            .iter()
            .filter(|line| line["event"] == "refused")
            .map(|line| line["reason"].as_str().unwrap())
            .collect();
        reasons.sort_unstable();
        assert_eq!(reasons, ["address", "expired", "inactive", "insufficient_scope"]);
        for line in lines.iter().filter(|line| line["event"] == "refused") {
            assert!(line["count"].as_u64().unwrap() >= 1 && line["first_at"].is_string(), "{line}");
            assert!(line["ip"].is_string() && line["by"].is_null());
        }
    }

    #[tokio::test]
    async fn tells_of_a_new_address_once() {
        let owner = Person::new().await;
        let token = owner.token(&[ObjectRead]).await;
        let path = path_of(&token).await;
        for _ in 0..3 {
            token.get("/v1/me").await.expect(200);
        }
        let lines = lines(&owner.api, &path, 2).await;
        assert_eq!(events(&lines), ["new_address", "created"]);
        assert_eq!(lines[0]["ip"], json!("127.0.0.1"));
    }

    #[tokio::test]
    async fn outlives_the_token_and_shows_the_use_of_what_is_left_of_it() {
        let owner = Person::new().await;
        let token = owner.token(&[ObjectRead]).await;
        let path = path_of(&token).await;
        lines(&owner.api, &path, 2).await;
        owner.api.delete(&path).await.expect(204);
        token.get("/v1/me").await.expect_problem(401, "invalid_token");
        let lines = lines(&owner.api, &path, 4).await;
        // Of two that happen in one millisecond either may come first.
        let mut found = events(&lines);
        found[..2].sort_unstable();
        assert_eq!(found, ["refused", "revoked", "new_address", "created"]);
        assert!(lines.iter().any(|line| line["event"] == "refused" && line["reason"] == "revoked"));
        owner.api.get(&path).await.expect_problem(404, "not_found");
        assert_eq!(owner.api.get("/v1/tokens").await.expect(200)["data"], json!([]));
    }

    #[tokio::test]
    async fn is_for_the_owner_only() {
        let (owner, other) = (Person::new().await, Person::new().await);
        let token = owner.token(&[ObjectRead]).await;
        let path = path_of(&token).await;
        other.api.get(&format!("{path}/history")).await.expect_problem(404, "not_found");
        token.get(&format!("{path}/history")).await.expect_problem(403, "session_required");
        let nowhere = "/v1/tokens/tok_0000000000000000000000/history";
        owner.api.get(nowhere).await.expect_problem(404, "not_found");
    }

    #[tokio::test]
    async fn is_in_order_of_time_whatever_happened_and_however_it_is_cut_into_pages() {
        let system = System::start();
        system.clock.stop();
        let world = World::at(&Api::at(&system.url)).await;
        let token = world.owner.token(&[ObjectRead]).await;
        let path = path_of(&token).await;
        let refused = async || {
            system.clock.advance(60);
            token
                .post(&world.contacts(), json!({"fields": {}}))
                .await
                .expect_problem(403, "insufficient_scope");
        };
        let set = async |patch: Value| {
            system.clock.advance(60);
            world.owner.api.patch(&path, patch).await.expect(200);
        };
        for day in 0..3 {
            set(json!({"description": format!("{day} a")})).await;
            refused().await;
            set(json!({"description": format!("{day} b")})).await;
            set(json!({"active": false})).await;
            system.clock.advance(60);
            token.get("/v1/me").await.expect_problem(401, "invalid_token");
            set(json!({"active": true})).await;
            refused().await;
            set(json!({"description": format!("{day} c")})).await;
            system.clock.advance(24 * 60 * 60);
        }
        let all = lines(&world.owner.api, &path, 23).await;
        let times: Vec<_> = all.iter().map(|line| line["at"].as_str().unwrap()).collect();
        assert!(times.is_sorted_by(|one, next| one >= next), "{times:?}");
        assert_eq!(events(&all).iter().filter(|event| **event == "refused").count(), 6, "two reasons a day");
        for limit in 1..=8 {
            assert_eq!(in_pages(&world.owner.api, &path, limit).await, all, "by {limit}");
        }
    }

    #[tokio::test]
    async fn comes_in_pages() {
        let owner = Person::new().await;
        let path = path_of(&owner.token(&[ObjectRead]).await).await;
        for number in 0..6 {
            owner.api.patch(&path, json!({"description": number.to_string()})).await.expect(200);
        }
        let all = lines(&owner.api, &path, 8).await;
        assert_eq!(in_pages(&owner.api, &path, 3).await, all);
    }

    async fn in_pages(api: &Api, path: &str, limit: usize) -> Vec<Value> {
        let (mut paged, mut next) = (Vec::new(), String::new());
        loop {
            let page = api.get(&format!("{path}/history?limit={limit}{next}")).await.expect(200);
            let lines = page["data"].as_array().unwrap();
            assert!(lines.len() <= limit);
            paged.extend(lines.clone());
            let Some(cursor) = page["next_cursor"].as_str() else { return paged };
            next = format!("&cursor={cursor}");
        }
    }
}

mod used_permissions {
    use super::*;

    #[tokio::test]
    async fn tells_used_from_never_used_ones() {
        let world = World::new().await;
        let token = world.owner.token(&[ObjectRead, ObjectCreate]).await;
        let path = path_of(&token).await;
        assert_eq!(world.owner.api.get(&path).await.expect(200)["used_permissions"], json!([]));
        token.get(&world.contacts()).await.expect(200);
        let seen = seen_with(&world, &path, 1).await;
        assert_eq!(seen["used_permissions"][0]["permission"], json!("object:read"));
        assert!(seen["used_permissions"][0]["last_used_at"].is_string());
        assert_eq!(seen["unused_permissions"], json!(["object:create"]));
        // The next one within the same minute counts too: a service that works once an hour has no other minute.
        token.post(&world.contacts(), json!({"fields": {"name": "Ada"}})).await.expect(201);
        let seen = seen_with(&world, &path, 2).await;
        assert_eq!((&seen["unused_permissions"], &seen["version"]), (&json!([]), &json!(1)));
    }

    #[tokio::test]
    async fn what_was_refused_was_not_used() {
        let world = World::new().await;
        let viewer = world.member("view-only").await;
        let token = viewer.token(&[ObjectRead, ObjectCreate]).await;
        let path = path_of(&token).await;
        token.post(&world.contacts(), json!({"fields": {}})).await.expect_problem(403, "insufficient_role");
        token.get(&world.contacts()).await.expect(200);
        let seen = viewer.api.get(&path).await.expect(200);
        assert_ne!(seen["used_permissions"], json!([]));
        assert_eq!(seen["unused_permissions"], json!(["object:create"]));
    }

    async fn seen_with(world: &World, path: &str, count: usize) -> Value {
        let seen = world.owner.api.get(path).await.expect(200);
        assert_eq!(seen["used_permissions"].as_array().unwrap().len(), count, "{seen}");
        seen
    }
}

mod check {
    use super::*;

    async fn asked(token: &Api, method: &str, path: &str) -> Value {
        token.post("/v1/token/check", json!({"method": method, "path": path})).await.expect(200)
    }

    #[tokio::test]
    async fn says_what_the_gate_would_say_and_does_nothing_else() {
        let world = World::new().await;
        let token = world.owner.token(&[ObjectRead]).await;
        let yes = asked(&token, "GET", &format!("{}?limit=1", world.contacts())).await;
        assert_eq!(
            yes,
            json!({"allowed": true, "reason": null, "detail": null, "required_permissions": ["object:read"],
                "missing_permissions": [], "role": "owner", "token_status": "active"})
        );
        let no = asked(&token, "PUT", &world.contacts()).await;
        assert_eq!((&no["allowed"], &no["reason"]), (&json!(false), &json!("insufficient_scope")));
        assert_eq!(no["required_permissions"], json!(["object:create", "object:update"]));
        assert_eq!(no["missing_permissions"], json!(["object:create", "object:update"]));
        assert_eq!(world.all_contacts().await, [] as [Value; 0]);
    }

    #[tokio::test]
    async fn agrees_with_the_gate_on_every_route() {
        let world = World::new().await;
        let member = world.member("member").await;
        let stranger = Person::new().await.team().await;
        let token = member.token(&[ObjectRead, ObjectCreate]).await;
        for info in crate::every_route::all() {
            for team in [&world.team, &stranger] {
                let path = crate::every_route::path_in(&info.route.path, team);
                // Asking must not do it.
                if ["/v1/token", "/v1/token/rotate"].contains(&path.as_str()) {
                    continue;
                }
                let said = asked(&token, &info.route.method, &path).await;
                let body = info.reads_body.then(|| "{}".to_owned());
                let answer = token.send(&info.route.method, &path, body).await;
                let is_refused = answer.status == 403;
                assert_eq!(
                    said["allowed"],
                    json!(!is_refused),
                    "{} {path} {}",
                    info.route.method,
                    answer.text
                );
                if is_refused {
                    let problem = answer.json();
                    assert_eq!((&said["reason"], &said["detail"]), (&problem["code"], &problem["detail"]));
                    let missing = problem.get("required_permissions").cloned().unwrap_or(json!([]));
                    assert_eq!(said["missing_permissions"], missing);
                }
            }
        }
    }

    #[tokio::test]
    async fn knows_no_route_that_is_not_there() {
        let world = World::new().await;
        let token = world.owner.token(&[ObjectRead]).await;
        for (method, path) in
            [("GET", "/v1/nowhere"), ("BREW", "/v1/me"), ("GET", "v1/me"), ("GET", ""), ("GET", "/v1//me")]
        {
            let said = asked(&token, method, path).await;
            assert_eq!(
                (&said["allowed"], &said["reason"]),
                (&json!(false), &json!("not_found")),
                "{method} {path}"
            );
        }
    }

    #[tokio::test]
    async fn tells_the_role_that_is_too_low() {
        let world = World::new().await;
        let token = world.member("view-only").await.token(&[ObjectCreate]).await;
        let said = asked(&token, "POST", &world.contacts()).await;
        assert_eq!((&said["reason"], &said["role"]), (&json!("insufficient_role"), &json!("view-only")));
        assert_eq!(said["missing_permissions"], json!(["object:create"]));
    }
}
