//! What the owners of a team decide about tokens there: which reach it, and which are blocked.

use base::{
    Permission::{self, ObjectCreate, ObjectDelete, ObjectRead},
    Timestamp,
};
use serde_json::{Value, json};

use crate::harness::{Answer, Api, Person, System, World};

const DAY_SECONDS: i64 = 24 * 60 * 60;

fn team(world: &World) -> String {
    format!("/v1/teams/{}", world.team)
}

fn tokens(world: &World) -> String {
    format!("{}/tokens", team(world))
}

fn in_days(days: i64) -> String {
    Timestamp::now().plus_seconds(days * DAY_SECONDS).to_string()
}

/// A new token and its id; it was not used yet.
async fn made(person: &Person, mut about: Value) -> (Api, String) {
    about["name"] = json!(format!("token {}", crate::harness::unique()));
    let made = person.api.post("/v1/tokens", about).await.expect(201);
    (Api::with(made["token"].as_str().unwrap()), made["id"].as_str().unwrap().to_owned())
}

async fn reader(person: &Person) -> (Api, String) {
    made(person, json!({"permissions": [ObjectRead]})).await
}

/// All tokens of the team, page by page, as its owner sees them.
async fn listed(world: &World, limit: usize) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world.owner.api.get(&format!("{}?limit={limit}{cursor}", tokens(world))).await.expect(200);
        let data = page["data"].as_array().unwrap();
        assert!(data.len() <= limit);
        all.extend(data.clone());
        let Some(next) = page["next_cursor"].as_str() else { return all };
        cursor = format!("&cursor={next}");
    }
}

fn ids(tokens: &[Value]) -> Vec<String> {
    let mut ids: Vec<_> = tokens.iter().map(|token| token["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

async fn listed_ids(world: &World) -> Vec<String> {
    ids(&listed(world, 100).await)
}

async fn limit(world: &World, days: Value) -> Answer {
    world.owner.api.patch(&team(world), json!({"token_lifetime_days_max": days})).await
}

mod list {
    use super::*;

    #[tokio::test]
    async fn shows_whose_token_it_is_and_what_it_may_do_here_and_no_more() {
        let world = World::new().await;
        let person = world.member("update-only").await;
        let about = json!({
            "permissions": [ObjectCreate, ObjectRead, ObjectDelete], "description": "Private",
            "allowed_cidrs": ["127.0.0.0/8", "::1"], "team_ids": [world.team, person.team().await],
        });
        let (token, id) = made(&person, about).await;

        let found = listed(&world, 100).await;
        let name = person.api.get(&format!("/v1/tokens/{id}")).await.expect(200)["name"].clone();
        let whole = json!({
            "id": id, "user": {"id": person.id, "email": person.email, "name": "A Person"}, "name": name,
            "hint": format!("ea_pat_…{}", &token.credential()[96..]), "permissions": [ObjectRead],
            "last_used_at": null, "created_at": found[0]["created_at"], "expires_at": null,
            "allowed_cidrs": ["127.0.0.0/8", "::1/128"], "blocked": false, "blocked_at": null, "blocked_by": null,
        });
        assert!(found[0]["created_at"].is_string());
        assert_eq!(found, [whole]);

        token.get(&world.contacts()).await.expect(200);
        assert!(listed(&world, 100).await[0]["last_used_at"].is_string());
    }

    #[tokio::test]
    async fn leaves_out_what_cannot_be_used_here() {
        let system = System::start();
        let nobody = Api::at(&system.url);
        let (world, stranger) = (World::at(&nobody).await, Person::at(&nobody).await);
        let (person, former) = (Person::at(&nobody).await, Person::at(&nobody).await);
        for one in [&person, &former] {
            world.join(one, "member").await;
        }
        let (_, usable) = reader(&person).await;
        let kind = async |kind: &str, value: Value| {
            made(&person, json!({"permissions": [ObjectRead], kind: value})).await.1
        };
        kind("team_ids", json!([person.team().await])).await;
        let soon = system.clock.now().plus_seconds(3_600).to_string();
        kind("expires_at", json!(soon)).await;
        let (off, revoked) = (reader(&person).await.1, reader(&person).await.1);
        person.api.patch(&format!("/v1/tokens/{off}"), json!({"active": false})).await.expect(200);
        person.api.delete(&format!("/v1/tokens/{revoked}")).await.expect(204);
        reader(&former).await;
        world.owner.api.delete(&format!("{}/{}", world.members(), former.id)).await.expect(204);
        reader(&stranger).await;
        system.clock.advance(3_600);

        assert_eq!(listed_ids(&world).await, std::slice::from_ref(&usable));

        let (_, short) = made(&person, json!({"permissions": [ObjectRead], "expires_at": in_days(9)})).await;
        limit(&world, json!(10)).await.expect(200);
        assert_eq!(listed_ids(&world).await, std::slice::from_ref(&short));
        limit(&world, Value::Null).await.expect(200);
        assert_eq!(listed_ids(&world).await, [usable, short]);
    }

    #[tokio::test]
    async fn goes_on_from_page_to_page_and_from_member_to_member() {
        let world = World::new().await;
        let mut made = Vec::new();
        for count in [0, 3, 1, 0, 4] {
            let person = world.member("member").await;
            for _ in 0..count {
                made.push(reader(&person).await.1);
            }
        }
        made.sort();
        let whole = listed(&world, 100).await;
        assert_eq!(ids(&whole), made);
        for limit in [1, 2, 3, 8] {
            assert_eq!(listed(&world, limit).await, whole, "{limit}");
        }
    }

    #[tokio::test]
    async fn goes_on_when_a_member_leaves_on_the_way() {
        let world = World::new().await;
        let people = [world.member("member").await, world.member("member").await];
        for person in &people {
            reader(person).await;
            reader(person).await;
        }
        let first = world.owner.api.get(&format!("{}?limit=1", tokens(&world))).await.expect(200);
        let gone = first["data"][0]["user"]["id"].as_str().unwrap();
        let rest = people.iter().find(|person| person.id != gone).unwrap();
        world.owner.api.delete(&format!("{}/{gone}", world.members())).await.expect(204);

        let cursor = first["next_cursor"].as_str().unwrap();
        let next = world.owner.api.get(&format!("{}?cursor={cursor}", tokens(&world))).await.expect(200);
        let users: Vec<_> =
            next["data"].as_array().unwrap().iter().map(|token| &token["user"]["id"]).collect();
        assert_eq!(users, [&json!(rest.id), &json!(rest.id)]);
    }

    #[tokio::test]
    async fn finds_the_only_token_among_many_members() {
        let world = World::new().await;
        let mut people = vec![world.owner.clone()];
        for _ in 0..24 {
            people.push(world.member("view-only").await);
        }
        people.sort_by_key(|person| person.id.clone());
        let (_, id) = reader(people.last().unwrap()).await;
        let first = world.owner.api.get(&tokens(&world)).await.expect(200);
        assert!(first["data"] == json!([]) && first["next_cursor"].is_string(), "{first}");
        assert_eq!(listed_ids(&world).await, [id]);
    }
}

mod block {
    use super::*;

    #[tokio::test]
    async fn shuts_a_token_out_of_this_team_alone() {
        let (world, other) = (World::new().await, World::new().await);
        let person = world.member("member").await;
        other.join(&person, "member").await;
        let ((token, id), (unblocked, left)) = (reader(&person).await, reader(&person).await);
        let before = person.api.get(&format!("/v1/tokens/{id}")).await.expect(200);
        token.get(&world.contacts()).await.expect(200);

        world.owner.api.delete(&format!("{}/{id}", tokens(&world))).await.expect(204);

        token.get(&world.contacts()).await.expect_problem(403, "no_access");
        token.get(&other.contacts()).await.expect(200);
        unblocked.get(&world.contacts()).await.expect(200);
        person.api.get(&world.contacts()).await.expect(200);
        let mine = token.get("/v1/teams").await.expect(200)["data"].clone();
        assert_eq!((mine.as_array().unwrap().len(), &mine[0]["id"]), (1, &json!(other.team)));
        // Whoever blocks it by mistake finds it again.
        let listed = world.owner.api.get(&tokens(&world)).await.expect(200)["data"].clone();
        for token in listed.as_array().unwrap() {
            let is_blocked = token["id"] == json!(id);
            assert!(is_blocked || token["id"] == json!(left), "{token}");
            let by = if is_blocked { json!(world.owner.id) } else { Value::Null };
            assert_eq!((&token["blocked"], &token["blocked_by"]), (&json!(is_blocked), &by));
            assert!(token["blocked_at"].is_string() == is_blocked && token["created_at"].is_string());
        }
        assert_eq!((listed.as_array().unwrap().len(), listed_ids(&other).await.len()), (2, 2));

        let after = person.api.get(&format!("/v1/tokens/{id}")).await.expect(200);
        assert_eq!((&before["blocked_team_ids"], &before["version"]), (&json!([]), &json!(1)));
        assert_eq!((&after["blocked_team_ids"], &after["version"]), (&json!([world.team]), &json!(2)));
        let history = person.api.get(&format!("/v1/tokens/{id}/history")).await.expect(200);
        let lines = history["data"].as_array().unwrap();
        let line = lines.iter().find(|line| line["event"] == "blocked").unwrap();
        assert_eq!((&line["team_id"], &line["ip"]), (&json!(world.team), &Value::Null));
        assert_eq!(line["by"]["user_id"], json!(world.owner.id));
    }

    #[tokio::test]
    async fn of_what_is_no_token_of_the_team_is_404_and_changes_nothing() {
        let (world, stranger) = (World::new().await, Person::new().await);
        let person = world.member("member").await;
        let elsewhere = json!({"permissions": [ObjectRead], "team_ids": [person.team().await]});
        let (_, elsewhere) = made(&person, elsewhere).await;
        let (foreign, foreign_id) = reader(&stranger).await;
        let ((_, blocked), (_, revoked)) = (reader(&person).await, reader(&person).await);
        let block = async |id: &str| world.owner.api.delete(&format!("{}/{id}", tokens(&world))).await;
        block(&blocked).await.expect(204);
        person.api.delete(&format!("/v1/tokens/{revoked}")).await.expect(204);

        for id in [&elsewhere, &foreign_id, &revoked, "tok_0000000000000000000000", "nonsense"] {
            block(id).await.expect_problem(404, "not_found");
        }
        // A repeat changes nothing.
        block(&blocked).await.expect(204);

        for (id, teams, version) in [(elsewhere, json!([]), 1), (blocked, json!([world.team]), 2)] {
            let token = person.api.get(&format!("/v1/tokens/{id}")).await.expect(200);
            assert_eq!((&token["blocked_team_ids"], &token["version"]), (&teams, &json!(version)));
        }
        let foreign = foreign.get("/v1/token").await.expect(200);
        assert_eq!((&foreign["blocked_team_ids"], &foreign["version"]), (&json!([]), &json!(1)));
    }

    #[tokio::test]
    async fn is_for_owners_with_a_session_alone() {
        let world = World::new().await;
        let (person, administrator) = (world.member("member").await, world.member("administrator").await);
        let (token, id) = reader(&person).await;
        let path = format!("{}/{id}", tokens(&world));
        for all in [world.owner.token(Permission::ALL).await, administrator.token(Permission::ALL).await] {
            all.delete(&path).await.expect_problem(403, "session_required");
            all.get(&tokens(&world)).await.expect_problem(403, "session_required");
        }
        for api in [&administrator.api, &person.api] {
            api.delete(&path).await.expect_problem(403, "insufficient_role");
            api.get(&tokens(&world)).await.expect_problem(403, "insufficient_role");
        }
        token.get(&world.contacts()).await.expect(200);
        assert!(listed_ids(&world).await.contains(&id));
    }

    #[tokio::test]
    async fn can_be_undone_by_an_owner_and_by_who_made_it() {
        let world = World::new().await;
        let (person, second) = (world.member("member").await, world.member("owner").await);
        let (token, id) = reader(&person).await;
        let (path, member) =
            (format!("{}/{id}", tokens(&world)), format!("{}/{}", world.members(), second.id));
        let restore = format!("{path}/restore");
        for by in [&world.owner, &second] {
            second.api.delete(&path).await.expect(204);
            // Who made it need not be an owner any more.
            world.owner.api.patch(&member, json!({"role": "member"})).await.expect(200);
            token.get(&world.contacts()).await.expect_problem(403, "no_access");
            person.api.send("POST", &restore, None).await.expect_problem(403, "insufficient_role");
            by.api.send("POST", &restore, None).await.expect(204);
            token.get(&world.contacts()).await.expect(200);
            world.owner.api.patch(&member, json!({"role": "owner"})).await.expect(200);
        }
        let history = person.api.get(&format!("/v1/tokens/{id}/history")).await.expect(200);
        let line = &history["data"][0];
        assert_eq!((&line["event"], &line["by"]["user_id"]), (&json!("unblocked"), &json!(second.id)));
        assert_eq!((&line["team_id"], &line["ip"]), (&json!(world.team), &Value::Null));
        assert_eq!(token.get("/v1/token").await.expect(200)["blocked_team_ids"], json!([]));
    }

    #[tokio::test]
    async fn of_what_is_not_blocked_there_is_nothing_to_undo() {
        let (world, other) = (World::new().await, World::new().await);
        let person = world.member("member").await;
        other.join(&person, "member").await;
        let ((_, id), (_, there)) = (reader(&person).await, reader(&person).await);
        other.owner.api.delete(&format!("{}/{there}", tokens(&other))).await.expect(204);
        let stranger = world.member("administrator").await;
        for (id, is_listed) in [(id.as_str(), true), (&there, true), ("tok_0000000000000000000000", false)] {
            let restore = format!("{}/{id}/restore", tokens(&world));
            let answer = world.owner.api.send("POST", &restore, None).await;
            if is_listed {
                answer.expect(204);
            } else {
                answer.expect_problem(404, "not_found");
            }
            // Nobody else learns which tokens there are.
            stranger.api.send("POST", &restore, None).await.expect_problem(403, "insufficient_role");
            let all = world.owner.token(Permission::ALL).await;
            all.send("POST", &restore, None).await.expect_problem(403, "session_required");
        }
        let seen = person.api.get(&format!("/v1/tokens/{there}")).await.expect(200);
        assert_eq!((&seen["blocked_team_ids"], &seen["version"]), (&json!([other.team]), &json!(2)));
    }

    #[tokio::test]
    async fn stays_in_the_list_whatever_becomes_of_the_token_until_it_is_undone() {
        let system = System::start();
        let nobody = Api::at(&system.url);
        let (world, person) = (World::at(&nobody).await, Person::at(&nobody).await);
        world.join(&person, "member").await;
        let soon = system.clock.now().plus_seconds(3_600).to_string();
        let patches = [
            json!({"active": false}),
            json!({"team_ids": [person.team().await]}),
            json!({"expires_at": soon}),
        ];
        let mut blocked = Vec::new();
        for patch in patches {
            let (_, id) = reader(&person).await;
            world.owner.api.delete(&format!("{}/{id}", tokens(&world))).await.expect(204);
            person.api.patch(&format!("/v1/tokens/{id}"), patch).await.expect(200);
            blocked.push(id);
        }
        system.clock.advance(3_600);
        limit(&world, json!(1)).await.expect(200);
        blocked.sort();
        assert_eq!(listed_ids(&world).await, blocked);
        for id in &blocked {
            let restore = format!("{}/{id}/restore", tokens(&world));
            world.owner.api.send("POST", &restore, None).await.expect(204);
        }
        assert_eq!(listed_ids(&world).await, [""; 0], "none can be used here");
    }

    #[tokio::test]
    async fn outlasts_changes_of_the_token_and_leaving_the_team() {
        let world = World::new().await;
        let person = world.member("member").await;
        let (token, id) = reader(&person).await;
        let own = format!("/v1/tokens/{id}");
        world.owner.api.delete(&format!("{}/{id}", tokens(&world))).await.expect(204);

        let patch = json!({"name": "Another", "team_ids": [world.team]});
        person.api.patch(&own, patch).await.expect(200);
        person.api.delete(&format!("{}/{}", world.members(), person.id)).await.expect(204);
        world.join(&person, "manager").await;

        token.get(&world.contacts()).await.expect_problem(403, "no_access");
        assert_eq!(person.api.get(&own).await.expect(200)["blocked_team_ids"], json!([world.team]));
    }

    #[tokio::test]
    async fn by_two_teams_and_a_change_of_the_token_at_once_all_count() {
        let (world, other) = (World::new().await, World::new().await);
        let person = world.member("member").await;
        other.join(&person, "member").await;
        let (_, id) = reader(&person).await;
        let own = format!("/v1/tokens/{id}");
        let (here, there) = (format!("{}/{id}", tokens(&world)), format!("{}/{id}", tokens(&other)));

        let (here, there, changed) = tokio::join!(
            world.owner.api.delete(&here),
            other.owner.api.delete(&there),
            person.api.patch(&own, json!({"description": "Changed"})),
        );

        assert_eq!((here.status, there.status, changed.status), (204, 204, 200));
        let token = person.api.get(&own).await.expect(200);
        assert_eq!((&token["description"], &token["version"]), (&json!("Changed"), &json!(4)));
        let blocked = token["blocked_team_ids"].as_array().unwrap();
        assert!(blocked.contains(&json!(world.team)) && blocked.contains(&json!(other.team)));
    }
}
